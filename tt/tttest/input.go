package tttest

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ttkit/ttkit/tt"
)

var inputRules = []rule{
	{
		name:  "input/create",
		says:  "CreateTT refuses what no ticket can hold as ErrInvalid, before any request: nothing is sent, nothing is made.",
		check: inputRule(badCreates),
	},
	{
		name:  "input/ids",
		says:  "What cannot be a ticket's id is ErrInvalid to every method, before any request.",
		check: inputRule(badIDs),
	},
	{
		name:  "input/objects",
		says:  "What cannot be an object is ErrInvalid to GetObjectTTs, before any request.",
		check: inputRule(badObjects),
	},
	{
		name:  "input/keys",
		says:  "What cannot be a key is ErrInvalid to FindTT and AddComment, before any request.",
		check: inputRule(badKeys),
	},
	{
		name:  "input/comments",
		says:  "An empty comment, and one that answers or is dated nonsense, is ErrInvalid, before any request.",
		check: inputRule(badComments),
	},
	{
		name:  "input/limits",
		says:  "A negative limit is ErrInvalid, before any request.",
		check: inputRule(badLimits),
	},
	{
		name:  "input/updates",
		level: Updates,
		says:  "GetUpdates without ids and without All is ErrInvalid: an empty list of ids never means everything.",
		check: inputRule(badUpdates),
	},
}

// sorted goes through a table in a fixed order, so that two runs find the same
// violation first.
func sorted[V any](table map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, what := range slices.Sorted(maps.Keys(table)) {
			if !yield(what, table[what]) {
				return
			}
		}
	}
}

// attempt is a call that has to be refused.
type attempt struct {
	what string
	call func(ctx context.Context) error
}

// inputRule checks that every attempt is refused, costs no request and leaves
// no trace. id is a ticket that exists.
func inputRule(attempts func(e *env, sys tt.System, id string) []attempt) func(context.Context, *env) error {
	return func(ctx context.Context, e *env) error {
		maker, err := e.open(ctx)
		if err != nil {
			return err
		}
		id, err := e.create(ctx, maker, e.object(0), e.key("victim"))
		if err != nil {
			return err
		}
		if err := e.converge(ctx); err != nil {
			return err
		}
		if err := e.shutdownAll(ctx); err != nil { // no request of its own may be counted
			return err
		}
		sys, err := e.open(ctx)
		if err != nil {
			return err
		}
		before, err := e.records()
		if err != nil {
			return err
		}
		for _, a := range attempts(e, sys, id) {
			sent := e.requests()
			if err := refused(a.what, a.call(ctx), tt.ErrInvalid); err != nil {
				return err
			}
			if n := e.requests() - sent; n != 0 {
				return fmt.Errorf("%s: expected it to be refused before any request, %d arrived", a.what, n)
			}
		}
		return e.unchanged(before)
	}
}

var (
	// badText is wrong as an object, a queue, and, but for white space at its
	// ends, as a key.
	badText = map[string]string{
		"a control character": "sw\x001", "an escape sequence": "sw\x1b[2J", "a line break": "sw\n1", "a C1 control": "sw\u00851",
		"no UTF-8": "sw\xff1", "256 bytes": strings.Repeat("k", tt.MaxKey+1), "10 KB": strings.Repeat("k", 10<<10),
	}
	spaces = map[string]string{"a blank": " ", "an ideographic blank": "\u3000", "a leading blank": " sw1", "a trailing tab": "sw1\t"}
	noID   = map[string]string{
		"nothing": "", "a path": "../../x", "two dots": "..", "a dot": ".", "a slash": "1/2", "a backslash": `1\2`, "a colon": "rsm:1",
		"a blank": "1 2", "a line break": "1\n2", "a null": "1\x002", "a query": "1?x=2", "a fragment": "1#x", "an escape": "1%2f2",
		"a quote": `1"2`, "markup": "<1>", "an ampersand": "1&2", "Cyrillic": "билет", "65 bytes": strings.Repeat("1", tt.MaxID+1),
		"10 KB": strings.Repeat("1", 10<<10),
	}
)

func badCreates(e *env, sys tt.System, _ string) (all []attempt) {
	add := func(what string, change func(r *tt.CreateRequest)) {
		req := e.request(e.object(1), e.key("bad"))
		change(&req)
		all = append(all, attempt{"CreateTT with " + what, func(ctx context.Context) error {
			_, err := sys.CreateTT(ctx, req)
			return err
		}})
	}
	add("no object", func(r *tt.CreateRequest) { r.Object = "" })
	add("no subject", func(r *tt.CreateRequest) { r.Subject = "" })
	add("a subject of white space", func(r *tt.CreateRequest) { r.Subject = " \t\n\u00a0" })
	add("a timestamp before 1970", func(r *tt.CreateRequest) { r.Timestamp = time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC) })
	add("a timestamp after 9999", func(r *tt.CreateRequest) { r.Timestamp = time.Date(10001, 1, 1, 0, 0, 0, 0, time.UTC) })
	for what, text := range sorted(badText) {
		add(what+" in the object", func(r *tt.CreateRequest) { r.Object = text })
		add(what+" in the queue", func(r *tt.CreateRequest) { r.Queue = text })
		add(what+" in the key", func(r *tt.CreateRequest) { r.Key = text })
	}
	for what, text := range sorted(spaces) {
		add(what+" as the object", func(r *tt.CreateRequest) { r.Object = text })
		add(what+" as the queue", func(r *tt.CreateRequest) { r.Queue = text })
	}
	return all
}

func badIDs(e *env, sys tt.System, _ string) (all []attempt) {
	can := sys.Capabilities()
	for what, id := range sorted(noID) {
		all = append(all,
			attempt{"GetTT of an id with " + what, func(ctx context.Context) error { _, err := sys.GetTT(ctx, id); return err }},
			attempt{"CloseTT of an id with " + what, func(ctx context.Context) error {
				_, err := sys.CloseTT(ctx, tt.CloseRequest{ID: id})
				return err
			}},
			attempt{"AddComment to an id with " + what, func(ctx context.Context) error {
				return sys.AddComment(ctx, tt.CommentRequest{ID: id, Body: "hello"})
			}},
		)
		if can.Lease > 0 {
			all = append(all, attempt{"RenewTT of an id with " + what, func(ctx context.Context) error {
				return sys.RenewTT(ctx, id, time.Now().Add(2*can.Lease))
			}})
		}
		if can.PromoteGroupTT {
			all = append(all,
				attempt{"CreateGroupTT of an id with " + what, func(ctx context.Context) error {
					_, err := sys.CreateGroupTT(ctx, id, time.Time{})
					return err
				}},
				attempt{"AddToGroupTT to an id with " + what, func(ctx context.Context) error {
					_, err := sys.AddToGroupTT(ctx, id, e.object(1))
					return err
				}},
			)
		}
		if can.Updates {
			all = append(all, attempt{"GetUpdates of an id with " + what, func(ctx context.Context) error {
				_, err := sys.GetUpdates(ctx, tt.UpdatesRequest{IDs: []string{id}})
				return err
			}})
		}
	}
	return all
}

func badObjects(_ *env, sys tt.System, _ string) (all []attempt) {
	add := func(what, obj string) {
		all = append(all, attempt{"GetObjectTTs of an object with " + what, func(ctx context.Context) error {
			_, err := sys.GetObjectTTs(ctx, obj)
			return err
		}})
	}
	add("nothing", "")
	for what, text := range sorted(badText) {
		add(what, text)
	}
	for what, text := range sorted(spaces) {
		add(what, text)
	}
	return all
}

func badKeys(e *env, sys tt.System, id string) (all []attempt) {
	add := func(what, key string) {
		if e.needsKeys(sys) == nil {
			all = append(all, attempt{"FindTT of a key with " + what, func(ctx context.Context) error {
				_, err := sys.FindTT(ctx, key)
				return err
			}})
		}
		if key != "" {
			all = append(all, attempt{"AddComment with a key with " + what, func(ctx context.Context) error {
				return sys.AddComment(ctx, tt.CommentRequest{ID: id, Body: "hello", Key: key})
			}})
		}
	}
	add("nothing", "")
	for what, text := range sorted(badText) {
		add(what, text)
	}
	return all
}

func badComments(_ *env, sys tt.System, id string) (all []attempt) {
	for what, req := range sorted(map[string]tt.CommentRequest{
		"no text":                       {},
		"white space only":              {Subject: " ", Body: "\n\t\u00a0"},
		"a reply to an id of 256 bytes": {Body: "hello", ReplyTo: strings.Repeat("1", tt.MaxKey+1)},
		"a time before 1970":            {Body: "hello", At: time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC)},
	}) {
		req.ID = id
		all = append(all, attempt{"AddComment with " + what, func(ctx context.Context) error { return sys.AddComment(ctx, req) }})
	}
	return all
}

func badLimits(_ *env, sys tt.System, id string) []attempt {
	all := []attempt{{"ListTTs with limit -1", func(ctx context.Context) error {
		_, err := sys.ListTTs(ctx, tt.ListRequest{Limit: -1})
		return err
	}}}
	if sys.Capabilities().Updates {
		all = append(all, attempt{"GetUpdates with limit -1", func(ctx context.Context) error {
			_, err := sys.GetUpdates(ctx, tt.UpdatesRequest{IDs: []string{id}, Limit: -1})
			return err
		}})
	}
	return all
}

func badUpdates(_ *env, sys tt.System, _ string) []attempt {
	return []attempt{{"GetUpdates with neither ids nor All", func(ctx context.Context) error {
		_, err := sys.GetUpdates(ctx, tt.UpdatesRequest{})
		return err
	}}, {"GetUpdates with an empty list of ids", func(ctx context.Context) error {
		_, err := sys.GetUpdates(ctx, tt.UpdatesRequest{IDs: []string{}, After: "1"})
		return err
	}}}
}
