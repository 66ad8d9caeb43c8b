package tttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// env is what a rule works with: a fresh backend, and the Systems opened over
// it.
type env struct {
	*suite
	h      Harness
	b      *Backend
	rule   string
	opened []*watched
}

// open opens another System over the backend, as another process would.
func (e *env) open(ctx context.Context) (tt.System, error) {
	sys, err := e.b.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("the harness could not open a System: %w", err)
	}
	return e.watch(sys), nil
}

// openNamespace opens a System whose namespace differs.
func (e *env) openNamespace(ctx context.Context, namespace string) (tt.System, error) {
	sys, err := e.b.OpenNamespace(ctx, namespace)
	if err != nil {
		return nil, fmt.Errorf("the harness could not open a System in another namespace: %w", err)
	}
	return e.watch(sys), nil
}

func (e *env) watch(sys tt.System) *watched {
	w := &watched{System: sys, rule: e.rule, log: e.log}
	e.opened = append(e.opened, w)
	return w
}

// openTwo opens two Systems over the backend.
func (e *env) openTwo(ctx context.Context) (a, b tt.System, err error) {
	if a, err = e.open(ctx); err != nil {
		return nil, nil, err
	}
	b, err = e.open(ctx)
	return a, b, err
}

// shutdownAll shuts down what was opened so far.
func (e *env) shutdownAll(ctx context.Context) error {
	var failed error
	for _, w := range e.opened {
		if err := w.Shutdown(ctx); err != nil && failed == nil {
			failed = fmt.Errorf("Shutdown at the end of the rule: expected nil, got: %w", err)
		}
	}
	e.opened = nil
	return failed
}

// wait lets d pass.
func (e *env) wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// settle waits until a look-up has to show every ticket made so far.
func (e *env) settle(ctx context.Context) error { return e.wait(ctx, e.h.Settle) }

// converge waits until duplicates have to be gone and lost writes put back.
func (e *env) converge(ctx context.Context) error {
	return e.wait(ctx, e.h.Late+e.h.Settle+3*e.h.Window)
}

// tries bounds the repeats of one call; a System that is still busy then has
// lost its way.
const tries = 20

// until repeats a call as a careful caller does: while its error is temporary
// and safe to retry, each time after the wait that the error asks for.
func (e *env) until(ctx context.Context, call func() error) error {
	for n := 1; ; n++ {
		err := call()
		switch {
		case err == nil:
			return nil
		case !tt.IsTemporary(err) || !tt.SafeToRetry(err):
			return fmt.Errorf("expected nil or a temporary error that is safe to retry, got: %w", err)
		case n == tries:
			return fmt.Errorf("still failing after %d calls, each made after the wait that the error asked for: %w", n, err)
		}
		if err := e.wait(ctx, e.pause(err)); err != nil {
			return err
		}
	}
}

// pause is how long to wait after an error.
func (e *env) pause(err error) time.Duration {
	var failure *tt.Error
	if errors.As(err, &failure) {
		return max(failure.RetryAfter, e.breath())
	}
	return e.breath()
}

// breath is a short wait: shorter where it costs real time.
func (e *env) breath() time.Duration {
	if e.h.Virtual {
		return time.Second
	}
	return 50 * time.Millisecond
}

// polls bounds how often the kit looks again for something that is under way.
const polls = 120

// eventually looks until look returns nil or the promise of the settings has
// passed, twenty seconds more for an approval or a date. It returns the last
// answer.
func (e *env) eventually(ctx context.Context, look func() error) error {
	step := (e.h.Late + e.h.Settle + 10*e.h.Window + 20*time.Second) / polls
	for n := 1; ; n++ {
		err := look()
		if err == nil || n == polls {
			return err
		}
		if err := e.wait(ctx, step); err != nil {
			return err
		}
	}
}

// inject adds to the fault script of the backend.
func (e *env) inject(f Fault) { e.b.Inject(f) }

func (e *env) clearFaults() {
	if e.b.ClearFaults != nil {
		e.b.ClearFaults()
	}
}

// needsFaults skips a rule whose harness cannot inject faults.
func (e *env) needsFaults() error {
	if e.b.Inject == nil || e.b.ClearFaults == nil {
		return skipped("the Backend has no Inject and ClearFaults")
	}
	return nil
}

// requests counts the requests so far; always 0 when the harness cannot.
func (e *env) requests() int {
	if e.b.Requests == nil {
		return 0
	}
	return e.b.Requests()
}

// records reads the backend.
func (e *env) records() ([]Record, error) {
	records, err := e.b.Records()
	if err != nil {
		return nil, fmt.Errorf("the harness could not read its backend: %w", err)
	}
	return records, nil
}

// record finds a ticket in the backend.
func (e *env) record(id string) (Record, error) {
	records, err := e.records()
	if err != nil {
		return Record{}, err
	}
	for _, r := range records {
		if r.ID == id {
			return r, nil
		}
	}
	return Record{}, fmt.Errorf("the backend holds no ticket %q; it holds %s", id, describe(records))
}

// openOf returns the open records with a key.
func (e *env) openOf(key string) ([]Record, error) {
	records, err := e.records()
	return slices.DeleteFunc(records, func(r Record) bool { return r.Key != key || !r.Open }), err
}

// oneOpen expects exactly one open record with the key in the backend.
func (e *env) oneOpen(key string) (Record, error) {
	open, err := e.openOf(key)
	if err != nil {
		return Record{}, err
	}
	if len(open) != 1 {
		all, _ := e.records()
		return Record{}, fmt.Errorf("expected exactly one open ticket of key %q in the backend, found %d; it holds %s",
			key, len(open), describe(all))
	}
	return open[0], nil
}

// describe prints records for a violation.
func describe(records []Record) string {
	if len(records) == 0 {
		return "nothing"
	}
	var parts []string
	for _, r := range records {
		state := "ended"
		if r.Open {
			state = "open"
		}
		parts = append(parts, fmt.Sprintf("%s (%s, key %q, objects %q, %d comments)", r.ID, state, r.Key, r.Objects, len(r.Comments)))
		if len(parts) == 8 {
			parts = append(parts, fmt.Sprintf("and %d more", len(records)-8))
			break
		}
	}
	return strings.Join(parts, ", ")
}

// together runs f in n goroutines that start at once, and joins their errors.
func together(n int, f func(i int) error) error {
	start := make(chan struct{})
	failed := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Add(1)
		go func() {
			defer all.Done()
			defer func() {
				if p := recover(); p != nil {
					failed[i] = fmt.Errorf("panic: %v", p)
				}
			}()
			<-start
			failed[i] = f(i)
		}()
	}
	close(start)
	all.Wait()
	return errors.Join(failed...)
}

// key makes a key from parts, and none where the System supports no keys.
func (e *env) key(parts ...any) string {
	text := make([]string, 0, len(parts)+1)
	for _, part := range append([]any{e.rule}, parts...) {
		text = append(text, fmt.Sprint(part))
	}
	for _, w := range e.opened {
		if w.Capabilities().KeyGuarantee == "" {
			return ""
		}
	}
	return tt.Key(text...)
}

// needsKeys skips a rule about keys where the System supports none.
func (e *env) needsKeys(sys tt.System) error {
	if sys.Capabilities().KeyGuarantee == "" {
		return skipped("Capabilities.KeyGuarantee is empty: the System supports no keys")
	}
	return nil
}

// unchanged expects the backend to hold what it held before.
func (e *env) unchanged(before []Record) error {
	after, err := e.records()
	if err != nil {
		return err
	}
	return sameRecords(before, after)
}

// sameRecords compares all that the vendor holds of every ticket.
func sameRecords(before, after []Record) error {
	was := map[string]Record{}
	for _, r := range before {
		was[r.ID] = r
	}
	for _, r := range after {
		old, known := was[r.ID]
		if !known {
			return fmt.Errorf("expected nothing to change in the backend, a ticket appeared: %s", describe([]Record{r}))
		}
		delete(was, r.ID)
		if old.Open != r.Open || old.Raw != r.Raw || len(old.Comments) != len(r.Comments) || !slices.Equal(old.Objects, r.Objects) {
			return fmt.Errorf("expected nothing to change in the backend, ticket %s changed from %s to %s",
				r.ID, describe([]Record{old}), describe([]Record{r}))
		}
	}
	for id := range was {
		return fmt.Errorf("expected nothing to change in the backend, ticket %s vanished", id)
	}
	return nil
}
