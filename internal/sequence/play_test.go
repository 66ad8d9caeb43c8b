package sequence

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/adapters/fake/faketest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

var moves = []string{"raise", "raise", "raise", "comment", "comment", "promote", "add", "renew", "close", "restart", "wait"}

// onFake are rules for the fake; wrap may break its Systems.
func onFake(wrap func(tt.System) tt.System, options ...fake.Option) Rules {
	options = append(options, fake.WithLease(1000*time.Hour))
	return Rules{
		Start: func(uint64) *Stage {
			backend, err := faketest.Harness(wrap, options...).Start(context.Background())
			if err != nil {
				panic(err)
			}
			return &Stage{Backend: backend}
		},
		Objects: faketest.Objects(),
		Moves:   moves,
	}
}

// playOut plays moves of the first key, given by name, in a bubble.
func playOut(t *testing.T, r Rules, names ...string) error {
	t.Helper()
	var all []Move
	for _, name := range names {
		all = append(all, Move{What: name, Object: 1, Pause: time.Second})
	}
	var err error
	synctest.Test(t, func(*testing.T) { err = r.play(0, all) })
	return err
}

func TestRandomSequences(t *testing.T) {
	for name, options := range map[string][]fake.Option{
		"the fake": nil,
		"a fake whose closes are pending, and that comments end with": {fake.WithPendingClose(time.Minute), fake.WithoutCommentsAfterClose()},
	} {
		t.Run(name, func(t *testing.T) {
			r := onFake(nil, options...)
			r.Again = func(e *tt.Error) bool { return e.Repeatable } // the fake itself repeats nothing
			Check(t, r)
		})
	}
}

// The Systems below break one promise each.

type forgetful struct{ tt.System }

func (forgetful) AddComment(context.Context, tt.CommentRequest) error { return nil }

type talkative struct{ tt.System }

func (s talkative) AddComment(ctx context.Context, req tt.CommentRequest) error {
	again := req
	again.Key += " again"
	return errors.Join(s.System.AddComment(ctx, req), s.System.AddComment(ctx, again))
}

type loner struct{ tt.System }

func (loner) AddToGroupTT(_ context.Context, _ string, objs ...string) ([]tt.ItemResult, error) {
	return []tt.ItemResult{{Object: objs[0], Status: tt.ItemOK}}, nil
}

type crowded struct{ tt.System }

func (s crowded) GetTT(ctx context.Context, id string) (*tt.Ticket, error) {
	ticket, err := s.System.GetTT(ctx, id)
	if err == nil && len(ticket.Objects) > 1 {
		ticket.Objects = append(ticket.Objects, ticket.Objects[1:]...)
	}
	return ticket, err
}

type forked struct {
	tt.System
	raised int
}

func (s *forked) CreateTT(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
	s.raised++
	req.Key += strings.Repeat("'", s.raised-1)
	return s.System.CreateTT(ctx, req)
}

type unaware struct{ tt.System }

func (s unaware) CreateTT(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
	c, err := s.System.CreateTT(ctx, req)
	c.Closed = false
	return c, err
}

type idle struct{ tt.System }

func (idle) CloseTT(context.Context, tt.CloseRequest) (bool, error) { return true, nil }

type undecided struct{ tt.System }

func (s undecided) CloseTT(ctx context.Context, req tt.CloseRequest) (bool, error) {
	_, err := s.System.CloseTT(ctx, req)
	return false, err
}

type blind struct{ tt.System }

func (s blind) GetTT(ctx context.Context, id string) (*tt.Ticket, error) {
	ticket, err := s.System.GetTT(ctx, id)
	if err == nil {
		ticket.State = tt.StateOpen
	}
	return ticket, err
}

type intruder struct{ tt.System }

func (s intruder) CreateTT(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
	_, err := s.System.CloseTT(ctx, tt.CloseRequest{ID: "1", Body: "in the way"}) // a person's
	if err != nil {
		return tt.Created{}, err
	}
	return s.System.CreateTT(ctx, req)
}

// failing answers each CreateTT with an error.
type failing struct {
	tt.System
	err *tt.Error
}

func (s failing) CreateTT(context.Context, tt.CreateRequest) (tt.Created, error) {
	return tt.Created{}, s.err
}

// stuck has something on its way when it is shut down.
type stuck struct {
	tt.System
	code tt.Code
}

func (s stuck) Shutdown(context.Context) error {
	return tt.Errorf(s.code, tt.Unknown, "writes are left")
}

func TestABrokenPromiseIsSeen(t *testing.T) {
	for _, row := range []struct {
		name  string
		wrap  func(tt.System) tt.System
		moves []string
		want  string
	}{
		{"a comment is lost", func(s tt.System) tt.System { return forgetful{s} },
			[]string{"raise", "comment"}, `key-0: the comment "remark-2" is there 0 times`},
		{"a comment is doubled", func(s tt.System) tt.System { return talkative{s} },
			[]string{"raise", "comment"}, `key-0: the comment "remark-2" is there 2 times`},
		{"a member is lost", func(s tt.System) tt.System { return loner{s} },
			[]string{"raise", "promote", "add"}, "key-0: member sw10 is there 0 times"},
		{"a member is doubled", func(s tt.System) tt.System { return crowded{s} },
			[]string{"raise", "promote", "add"}, "key-0: member sw10 is there 2 times"},
		{"a key has two tickets", func(s tt.System) tt.System { return &forked{System: s} },
			[]string{"raise", "raise"}, "move 1, raise: the key has ticket 2, and CreateTT answered {ID:3"},
		{"a closed ticket is raised as an open one", func(s tt.System) tt.System { return unaware{s} },
			[]string{"raise", "close", "raise"}, "move 2, raise: ticket 2: closed true, and CreateTT answered {ID:2"},
		{"a close is lost", func(s tt.System) tt.System { return idle{s} },
			[]string{"raise", "close"}, "key-0: open tickets [2], not []"},
		{"a close is pending where none can be", func(s tt.System) tt.System { return undecided{s} },
			[]string{"raise", "close"}, "move 1, close: the close is pending"},
		{"a closed ticket is shown open", func(s tt.System) tt.System { return blind{s} },
			[]string{"raise", "close"}, "key-0: closed true, and GetTT says open"},
		{"a person's ticket is touched", func(s tt.System) tt.System { return intruder{s} },
			[]string{"raise"}, "the ticket that a person made was"},
		{"a call with a key may not be repeated", func(s tt.System) tt.System {
			return failing{s, tt.Errorf(tt.CodeUnavailable, tt.Unknown, "the reply is lost")}
		}, []string{"raise"}, "move 0, raise: a temporary error of a call with a key is not repeatable"},
		{"a call never succeeds", func(s tt.System) tt.System {
			e := tt.Errorf(tt.CodeUnavailable, tt.Unknown, "the reply is lost")
			e.Repeatable = true
			return failing{s, e}
		}, []string{"raise"}, "move 0, raise: it does not succeed"},
		{"a call is refused", func(s tt.System) tt.System {
			return failing{s, tt.Errorf(tt.CodePermissionDenied, tt.NotDone, "not yours")}
		}, []string{"raise"}, "not yours"},
		{"a shutdown fails for good", func(s tt.System) tt.System { return stuck{s, tt.CodeInternal} },
			[]string{"restart"}, "writes are left"},
		{"there is no such move", nil, []string{"raise", "rise"}, `move 1, rise: there is no move "rise"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.ErrorContains(t, playOut(t, onFake(row.wrap), row.moves...), row.want)
		})
	}
}

func TestWhatTheRulesAllow(t *testing.T) {
	slow := func(s tt.System) tt.System { return unaware{s} }
	busy := func(s tt.System) tt.System { return stuck{s, tt.CodeUnavailable} }
	refused := 0
	again := func(s tt.System) tt.System {
		return failing{s, tt.Errorf(tt.CodeUnauthenticated, tt.NotDone, "the session is dead")}
	}
	for _, row := range []struct {
		name   string
		wrap   func(tt.System) tt.System
		change func(r *Rules)
		moves  []string
		want   string // error; empty: none
	}{
		{"a close that CreateTT does not see at once", slow, func(r *Rules) { r.Settle = 5 * time.Second }, []string{"raise", "close", "raise"}, ""},
		{"but not for long", slow, func(r *Rules) { r.Settle = time.Second }, []string{"raise", "close", "wait", "raise"}, "closed true, and CreateTT answered"},
		{"an end with writes on their way", busy, func(*Rules) {}, []string{"restart"}, ""},
		{"but not of a process that waited for them", busy, func(r *Rules) { r.Linger = time.Second }, []string{"restart"}, "writes are left"},
		{"to call again after an error for good", again, func(r *Rules) {
			r.Again = func(e *tt.Error) bool { refused++; return e.Code == tt.CodeUnauthenticated }
		}, []string{"raise"}, "it does not succeed"},
		{"a write before its key is raised: it waits", nil, func(*Rules) {}, []string{"comment", "promote", "add", "renew", "close"}, ""},
		{"a write after the close: it is refused", nil, func(*Rules) {}, []string{"raise", "close", "renew", "promote", "add", "close"}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := onFake(row.wrap)
			row.change(&r)
			err := playOut(t, r, row.moves...)
			if row.want == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, row.want)
			}
		})
	}
	assert.Equal(t, 60, refused)
}

func TestAnAdaptersOwnMovesFaultsAndLaws(t *testing.T) {
	var log []string
	r := onFake(nil)
	start := r.Start
	r.Start = func(seed uint64) *Stage {
		s := start(seed)
		s.Moves = map[string]func(Move, *Episode) error{"remark": func(m Move, e *Episode) error {
			log = append(log, "remark "+m.Text)
			if e == nil {
				return nil
			}
			e.Comments = append(e.Comments, m.Text)
			return s.Backend.Remark(e.ID, m.Text)
		}}
		s.Strike = func(own any) { log = append(log, "strike "+own.(string)) }
		s.Always = func() error { log = append(log, "always"); return nil }
		s.AtTheEnd = func(keys int) error { require.Equal(t, 1, keys); log = append(log, "end"); return nil }
		return s
	}
	var err error
	synctest.Test(t, func(*testing.T) {
		err = r.play(0, []Move{{What: "remark"}, {What: "raise", Own: "lightning"}, {What: "remark"}})
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"remark remark-1", "always", "strike lightning", "always", "remark remark-3", "always", "end"}, log)
}

func TestALawThatIsBrokenEndsASequence(t *testing.T) {
	broken := errors.New("two tickets")
	for name, change := range map[string]func(s *Stage){
		"always":     func(s *Stage) { s.Always = func() error { return broken } },
		"at the end": func(s *Stage) { s.AtTheEnd = func(int) error { return broken } },
	} {
		t.Run(name, func(t *testing.T) {
			r := onFake(nil)
			start := r.Start
			r.Start = func(seed uint64) *Stage { s := start(seed); change(s); return s }
			assert.ErrorIs(t, playOut(t, r, "raise"), broken)
		})
	}
}

// writer is a System that notes who comments.
type writer struct {
	tt.System
	name string
	log  *[]string
}

func (s writer) AddComment(ctx context.Context, req tt.CommentRequest) error {
	*s.log = append(*s.log, s.name)
	return s.System.AddComment(ctx, req)
}

func TestOneWriterWritesToATicket(t *testing.T) {
	for _, row := range []struct {
		name string
		one  bool
		want []string
	}{
		{"any process may", false, []string{"second", "first"}},
		{"one process does", true, []string{"second", "second"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var log []string
			names := []string{"first", "second"}
			r := onFake(func(s tt.System) tt.System {
				name := names[0]
				names = names[1:]
				return writer{s, name, &log}
			})
			r.OneWriter = row.one
			var err error
			synctest.Test(t, func(*testing.T) {
				err = r.play(0, []Move{{What: "raise", Key: 1}, {What: "comment", Key: 1, System: 1}, {What: "comment", Key: 1}})
			})
			require.NoError(t, err)
			assert.Equal(t, row.want, log)
		})
	}
}

func TestAFaultStrikesTheMove(t *testing.T) {
	r := onFake(nil)
	var err error
	synctest.Test(t, func(*testing.T) {
		err = r.play(0, []Move{{What: "raise", Fault: tttest.Fault{Kind: tttest.LoseReply, Times: -1}}})
	})
	assert.ErrorContains(t, err, "move 0, raise: it does not succeed")
}
