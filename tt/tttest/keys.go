package tttest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ttkit/ttkit/tt"
)

var keyRules = []rule{
	{
		name:  "keys/sequential",
		says:  "Creating again with a key returns the ticket of that key, says that it existed, and ignores the request's other fields.",
		check: keysSequential,
	},
	{
		name:  "keys/other-process",
		says:  "The key lives in the remote ticket: another process finds the ticket by CreateTT and FindTT, also when its maker is gone.",
		check: keysOtherProcess,
	},
	{
		name:  "keys/goroutines",
		says:  "Sixteen goroutines that create with one key at once on one System get one ticket, which exactly one of them made.",
		check: keysGoroutines,
	},
	{
		name: "keys/two-systems",
		says: "Two processes that create with one key at once end with one open ticket, to which the ids of both lead; " +
			"a converging system may have more only until Late, Settle and Window have passed.",
		check: keysTwoSystems,
	},
	{
		name:  "keys/after-close",
		says:  "Creating again with the key of a closed ticket returns that ticket and says that it is closed: a new episode needs a new key.",
		check: keysAfterClose,
	},
	{
		name:  "keys/other-object",
		says:  "The same key with another object is ErrConflict, and nothing is made.",
		check: keysOtherObject,
	},
	{
		name:  "keys/find",
		says:  "FindTT returns the ticket of a key, open or not, and ErrNotFound for a key that no ticket has.",
		check: keysFind,
	},
	{
		name:  "keys/exact",
		says:  "Keys are compared exactly, byte by byte, up to 255 bytes, and GetTT shows the key that was given.",
		check: keysExact,
	},
	{
		name:  "keys/none",
		says:  "Without a key every create is a ticket of its own, which is listed like any other, and GetTT shows no key.",
		check: keysNone,
	},
}

// openKeyed opens a System that has to support keys.
func (e *env) openKeyed(ctx context.Context) (tt.System, error) {
	sys, err := e.open(ctx)
	if err != nil {
		return nil, err
	}
	return sys, e.needsKeys(sys)
}

func keysSequential(ctx context.Context, e *env) error {
	sys, err := e.openKeyed(ctx)
	if err != nil {
		return err
	}
	req := e.request(e.object(0), e.key("again"))
	first, err := e.createAs(ctx, sys, req)
	if err != nil {
		return err
	}
	if first.Existed {
		return fmt.Errorf("CreateTT with a new key: expected Existed to be false, got %+v", first)
	}
	other := req
	other.Subject, other.Body, other.Reason = "another subject", "another body", "another reason"
	for n := 2; n <= 3; n++ {
		again, err := e.createAs(ctx, sys, other)
		if err != nil {
			return err
		}
		if again.ID != first.ID || !again.Existed || again.Closed || again.Expired {
			return fmt.Errorf("CreateTT number %d with one key: expected the open ticket %q with Existed, got %+v", n, first.ID, again)
		}
	}
	t, err := e.get(ctx, sys, first.ID)
	if err != nil {
		return err
	}
	if err := holds(t, req); err != nil {
		return fmt.Errorf("GetTT %q after a second CreateTT with other fields: %w", first.ID, err)
	}
	if err := e.converge(ctx); err != nil {
		return err
	}
	_, err = e.oneOpen(req.Key)
	return err
}

func keysOtherProcess(ctx context.Context, e *env) error {
	maker, err := e.openKeyed(ctx)
	if err != nil {
		return err
	}
	obj, key := e.object(0), e.key("remote")
	id, err := e.create(ctx, maker, obj, key)
	if err != nil {
		return err
	}
	if err := e.settle(ctx); err != nil {
		return err
	}
	if err := e.shutdownAll(ctx); err != nil {
		return err
	}
	next, err := e.open(ctx)
	if err != nil {
		return err
	}
	found, err := e.find(ctx, next, key)
	if err != nil {
		return fmt.Errorf("in the next process: %w", err)
	}
	again, err := e.createAs(ctx, next, e.request(obj, key))
	if err != nil {
		return fmt.Errorf("in the next process: %w", err)
	}
	if found != id || again.ID != id || !again.Existed {
		return fmt.Errorf("in the next process: expected FindTT and CreateTT to give %q, which existed, got %q and %+v", id, found, again)
	}
	_, err = e.oneOpen(key)
	return err
}

func keysAfterClose(ctx context.Context, e *env) error {
	sys, other, err := e.openTwo(ctx)
	if err != nil {
		return err
	}
	if err := e.needsKeys(sys); err != nil {
		return err
	}
	req := e.request(e.object(0), e.key("over"))
	first, err := e.createAs(ctx, sys, req)
	if err != nil {
		return err
	}
	if err := e.end(ctx, sys, first.ID); err != nil {
		return err
	}
	if err := e.settle(ctx); err != nil {
		return err
	}
	for _, sys := range []tt.System{sys, other} {
		again, err := e.createAs(ctx, sys, req)
		if err != nil {
			return err
		}
		if again.ID != first.ID || !again.Existed || !again.Closed || again.Expired {
			return fmt.Errorf("CreateTT with the key of the closed ticket %q: expected it with Existed and Closed, got %+v", first.ID, again)
		}
	}
	if err := e.converge(ctx); err != nil {
		return err
	}
	open, err := e.openOf(req.Key)
	if err == nil && len(open) != 0 {
		err = fmt.Errorf("CreateTT with the key of a closed ticket: expected no open ticket in the backend, it holds %s", describe(open))
	}
	return err
}

func keysOtherObject(ctx context.Context, e *env) error {
	sys, other, err := e.openTwo(ctx)
	if err != nil {
		return err
	}
	if err := e.needsKeys(sys); err != nil {
		return err
	}
	key := e.key("conflict")
	id, err := e.create(ctx, sys, e.object(0), key)
	if err != nil {
		return err
	}
	if err := e.converge(ctx); err != nil {
		return err
	}
	before, err := e.records()
	if err != nil {
		return err
	}
	for _, sys := range []tt.System{sys, other} {
		_, err := sys.CreateTT(ctx, e.request(e.object(1), key))
		if err := refused("CreateTT with the key of a ticket of another object", err, tt.ErrConflict); err != nil {
			return err
		}
	}
	if err := e.unchanged(before); err != nil {
		return err
	}
	if err := e.end(ctx, sys, id); err != nil {
		return err
	}
	_, err = sys.CreateTT(ctx, e.request(e.object(1), key))
	return refused("CreateTT with the key of a closed ticket of another object", err, tt.ErrConflict)
}

func keysFind(ctx context.Context, e *env) error {
	sys, other, err := e.openTwo(ctx)
	if err != nil {
		return err
	}
	if err := e.needsKeys(sys); err != nil {
		return err
	}
	key := e.key("found")
	id, err := e.create(ctx, sys, e.object(0), key)
	if err != nil {
		return err
	}
	for _, state := range []string{"open", "closed"} {
		for _, sys := range []tt.System{sys, other} {
			found, err := e.find(ctx, sys, key)
			if err != nil {
				return fmt.Errorf("the ticket is %s: %w", state, err)
			}
			if found != id {
				return fmt.Errorf("FindTT %q, whose ticket is %s: expected %q, got %q", key, state, id, found)
			}
			missing, err := sys.FindTT(ctx, e.key("never"))
			if err := expect("FindTT of a key that no ticket has", err, tt.ErrNotFound); err != nil {
				return err
			}
			if missing != "" {
				return fmt.Errorf("FindTT of a key that no ticket has: expected no id, got %q", missing)
			}
		}
		if state == "open" {
			if err := e.end(ctx, sys, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// similarKeys differ in ways that databases and searches like to overlook.
var similarKeys = []string{
	"episode", "Episode", "episode ", " episode", "episode2", "isode", "épisode", "e\u0301pisode", "эпизод",
	`"episode"`, "epis*de", "epis%de", "epis_de", "episode/1", "episode+1", "episode&a=b", `{"key":"episode"}`, "🔥",
	strings.Repeat("k", tt.MaxKey), strings.Repeat("k", tt.MaxKey-1), strings.Repeat("ж", tt.MaxKey/2),
}

func keysExact(ctx context.Context, e *env) error {
	sys, other, err := e.openTwo(ctx)
	if err != nil {
		return err
	}
	if err := e.needsKeys(sys); err != nil {
		return err
	}
	ids := map[string]string{}
	for _, key := range similarKeys {
		c, err := e.createAs(ctx, sys, e.request(e.object(0), key))
		if err != nil {
			return err
		}
		if c.Existed {
			return fmt.Errorf("CreateTT with key %q: expected a new ticket, got that of another key, %q", key, c.ID)
		}
		ids[key] = c.ID
	}
	if err := e.settle(ctx); err != nil {
		return err
	}
	var wrong []error
	for key, id := range ids {
		t, err := e.get(ctx, sys, id)
		if err != nil {
			return err
		}
		if t.Key != key {
			wrong = append(wrong, fmt.Errorf("GetTT %q: expected the key %q, got %q", id, key, t.Key))
		}
		found, err := other.FindTT(ctx, key)
		if err != nil || found != id {
			wrong = append(wrong, fmt.Errorf("FindTT %q in another process: expected %q, got %q, %w", key, id, found, orNone(err)))
		}
	}
	return errors.Join(wrong...)
}

func keysNone(ctx context.Context, e *env) error {
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	first, err := e.createAs(ctx, sys, e.request(e.object(0), ""))
	if err != nil {
		return err
	}
	second, err := e.createAs(ctx, sys, e.request(e.object(0), ""))
	if err != nil {
		return err
	}
	if first.ID == second.ID || first.Existed || second.Existed {
		return fmt.Errorf("two creates without a key: expected two new tickets, got %+v and %+v", first, second)
	}
	if err := e.converge(ctx); err != nil {
		return err
	}
	for _, id := range []string{first.ID, second.ID} {
		t, err := e.get(ctx, sys, id)
		if err != nil {
			return err
		}
		if t.Key != "" || t.State != tt.StateOpen {
			return fmt.Errorf("GetTT %q, made without a key: expected an open ticket without a key, got %s with key %q", id, t.State, t.Key)
		}
	}
	all, err := e.pages(ctx, sys, 0)
	if err == nil && (len(all) != 2 || count(all, first.ID) != 1 || count(all, second.ID) != 1) {
		err = fmt.Errorf("ListTTs: expected the tickets made without a key, %q and %q, got %q", first.ID, second.ID, all)
	}
	return err
}
