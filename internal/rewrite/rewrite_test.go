package rewrite

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/internal/flight"
	"github.com/ttkit/ttkit/tt"
)

// always is a script in which the same happens each time.
func always(h happening) func(int) happening { return func(int) happening { return h } }

// at is a script in which something happens to the n-th call.
func at(n int, h happening) func(int) happening {
	return func(i int) happening {
		if i == n {
			return h
		}
		return happening{}
	}
}

func TestWhatWaitsTravelsTogether(t *testing.T) {
	ctx := context.Background()
	inBubble(t, "in one write", nil, func(p *process) {
		p.onWrite = always(happening{takes: time.Second})
		first := p.begin(ctx, add{words: []string{"a"}})
		second, third := p.begin(ctx, add{words: []string{"b"}}), p.begin(ctx, add{words: []string{"c"}})
		require.NoError(p, first())
		require.NoError(p, second())
		require.NoError(p, third())
		assert.Equal(p, "a b c", p.String())
		assert.Len(p, p.writes(), 2)
	})

	inBubble(t, "and is judged beside what travels along", nil, func(p *process) {
		p.onWrite = always(happening{takes: time.Second})
		alone := func(along []*add) error {
			if len(along) > 0 {
				return tt.Errorf(tt.CodeInvalid, tt.NotDone, "there is room for one")
			}
			return nil
		}
		first := p.begin(ctx, add{words: []string{"a"}})
		second, third := p.begin(ctx, add{words: []string{"b"}, refuse: alone}), p.begin(ctx, add{words: []string{"c"}, refuse: alone})
		require.NoError(p, first())
		require.NoError(p, second())
		p.outcome(third(), tt.CodeInvalid, tt.NotDone)
		assert.Equal(p, "a b", p.String())
	})

	refused := func(p *process, code tt.Code) (first, second error) {
		p.onWrite = func(n int) happening {
			switch n {
			case 1:
				return happening{takes: time.Second}
			case 2, 4: // together, and the second of the two
				return happening{err: tt.Errorf(code, tt.NotDone, "no")}
			}
			return happening{}
		}
		leader := p.begin(ctx, add{words: []string{"a"}})
		one, two := p.begin(ctx, add{words: []string{"b"}}), p.begin(ctx, add{words: []string{"c"}})
		require.NoError(p, leader())
		return one(), two()
	}
	inBubble(t, "and one by one when it is refused together", nil, func(p *process) {
		one, two := refused(p, tt.CodeInvalid)
		require.NoError(p, one)
		p.outcome(two, tt.CodeInvalid, tt.NotDone)
		assert.Equal(p, "a b", p.String())
	})
	inBubble(t, "but what no edit is to blame for fails all of them at once", nil, func(p *process) {
		one, two := refused(p, tt.CodeUnauthenticated)
		p.outcome(one, tt.CodeUnauthenticated, tt.NotDone)
		p.outcome(two, tt.CodeUnauthenticated, tt.NotDone)
		assert.Len(p, p.writes(), 2)
	})
}

func TestACallerLeaves(t *testing.T) {
	soon := func(p *process) context.Context {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		p.Cleanup(cancel)
		return ctx
	}
	inBubble(t, "before the writer takes the edit: nothing is done, and nothing is read for it", nil, func(p *process) {
		p.onWrite = always(happening{takes: 5 * time.Second})
		first := p.begin(context.Background(), add{words: []string{"a"}})
		p.outcome(p.begin(soon(p), add{words: []string{"b"}})(), tt.CodeCanceled, tt.NotDone)
		require.NoError(p, first())
		synctest.Wait()
		assert.Equal(p, "a", p.String())
		assert.Len(p, p.reads(), 1)
	})

	inBubble(t, "while the record is read: nothing is done", nil, func(p *process) {
		p.onRead = always(happening{takes: 1500 * time.Millisecond})
		p.outcome(p.begin(soon(p), add{words: []string{"a"}})(), tt.CodeCanceled, tt.NotDone)
		time.Sleep(time.Minute)
		assert.Empty(p, p.writes())
		assert.True(p, p.forgotten())
	})

	inBubble(t, "while it is written: it is, and the caller cannot know", nil, func(p *process) {
		p.onWrite = always(happening{takes: 5 * time.Second})
		p.outcome(p.begin(soon(p), add{words: []string{"a"}})(), tt.CodeCanceled, tt.Unknown)
		assert.Empty(p, p.String())
		time.Sleep(5 * time.Second)
		assert.Equal(p, "a", p.String())
	})

	inBubble(t, "and the write is given up when its grace is over", nil, func(p *process) {
		p.onWrite = always(happening{takes: time.Hour})
		began := time.Now()
		require.Error(p, p.begin(soon(p), add{words: []string{"a"}})())
		require.NoError(p, p.flights.Wait(context.Background()))
		assert.Equal(p, time.Second+flight.Grace, time.Since(began))
	})
}

func TestWhatAWriteIsMadeFrom(t *testing.T) {
	only := func(s *Settings, _ *Vendor[string, page, add, []string]) { s.Window = 0 }
	read := func(p *process) *page {
		base, err := p.read(context.Background(), "1")
		require.NoError(p, err)
		return base
	}
	addTo := func(p *process, base *page, word string) *page {
		after, err := p.engine.Do(context.Background(), "1", add{words: []string{word}}, base)
		require.NoError(p, err)
		return after
	}
	inBubble(t, "what the caller has just read", nil, func(p *process) {
		base := read(p)
		time.Sleep(window / 2)
		addTo(p, base, "a")
		assert.Len(p, p.reads(), 1)
	})
	inBubble(t, "but not what it read long ago", nil, func(p *process) {
		base := read(p)
		p.set("other")
		time.Sleep(window/2 + 1)
		addTo(p, base, "a")
		assert.Equal(p, "other a", p.String())
	})
	inBubble(t, "nor another record", nil, func(p *process) {
		addTo(p, &page{id: "2", words: []string{"other"}, asked: time.Now()}, "a")
		assert.Equal(p, "a", p.String())
	})
	inBubble(t, "for the only writer, however long ago it was read", only, func(p *process) {
		base := read(p)
		time.Sleep(time.Hour)
		addTo(p, base, "a")
		assert.Len(p, p.reads(), 1)
	})
	inBubble(t, "unless the only writer has written since", only, func(p *process) {
		base := read(p)
		time.Sleep(time.Second)
		after := addTo(p, nil, "a")
		time.Sleep(time.Second)
		addTo(p, base, "b")
		assert.Equal(p, "a b", p.String())
		addTo(p, after, "c") // is no base any more, either
		assert.Equal(p, "a b c", p.String())
	})
	inBubble(t, "or it is what that write was answered with", only, func(p *process) {
		after := addTo(p, nil, "a")
		time.Sleep(time.Hour)
		addTo(p, after, "b")
		assert.Len(p, p.reads(), 1)
	})
	inBubble(t, "never an answer that came after the window", nil, func(p *process) {
		p.onRead = at(1, happening{takes: window + 1})
		require.NoError(p, p.add("a"))
		assert.Len(p, p.reads(), 2)
		assert.Len(p, p.writes(), 1)
	})
	inBubble(t, "which is an error when it does not get better", nil, func(p *process) {
		p.onRead = always(happening{takes: window + 1})
		p.outcome(p.add("a"), tt.CodeUnavailable, tt.NotDone)
		assert.Len(p, p.reads(), 4)
		assert.Empty(p, p.writes())
	})
}

func TestRefusals(t *testing.T) {
	ending := func(_ *Settings, v *Vendor[string, page, add, []string]) {
		v.Over = func(p *page) bool { return p.over }
	}
	closes := func(p *process) {
		p.onWrite = func(int) happening {
			p.over = true
			return happening{err: tt.Errorf(tt.CodeInvalid, tt.NotDone, "no")}
		}
	}
	inBubble(t, "of a record that is over are answered by what it is", ending, func(p *process) {
		closes(p)
		p.outcome(p.add("a"), tt.CodeClosed, tt.NotDone)
		assert.Len(p, p.writes(), 1)
	})
	inBubble(t, "that cannot be looked into are the failure of the look", ending, func(p *process) {
		closes(p)
		p.onRead = at(2, happening{err: tt.Errorf(tt.CodeUnavailable, tt.NotDone, "away")})
		p.outcome(p.add("a"), tt.CodeUnavailable, tt.NotDone)
	})
	inBubble(t, "of a record that is not over stand", ending, func(p *process) {
		p.onWrite = always(happening{err: tt.Errorf(tt.CodeInvalid, tt.NotDone, "no")})
		p.outcome(p.add("a"), tt.CodeInvalid, tt.NotDone)
		assert.Len(p, p.reads(), 2)
	})
	inBubble(t, "by Judge come with the record", nil, func(p *process) {
		p.over = true
		p.set("other")
		record, err := p.engine.Do(context.Background(), "1", add{words: []string{"a"}}, nil)
		p.outcome(err, tt.CodeClosed, tt.NotDone)
		assert.Equal(p, []string{"other"}, record.words)
	})
	nothing := func(_ *Settings, v *Vendor[string, page, add, []string]) {
		v.Plan = func(*page, *[]string, []*add, bool) (Write[page], error) { return nil, nil }
	}
	inBubble(t, "to plan what an edit lacks keep nobody waiting", nothing, func(p *process) {
		p.outcome(p.add("a"), tt.CodeInternal, tt.NotDone)
	})
}

func TestASystemThatAllowsFewCalls(t *testing.T) {
	type call struct {
		busy    bool
		waiting int
	}
	ctx := context.Background()
	refusal := tt.Errorf(tt.CodeRateLimited, tt.NotDone, "no calls")
	var calls []call
	inBubble(t, "is asked with what a new edit would travel with", func(_ *Settings, v *Vendor[string, page, add, []string]) {
		v.Admit = func(_ context.Context, _ *add, busy bool, waiting int) error {
			calls = append(calls, call{busy, waiting})
			if waiting == 1 {
				return refusal
			}
			return nil
		}
	}, func(p *process) {
		p.onWrite = always(happening{takes: time.Second})
		first, second := p.begin(ctx, add{words: []string{"a"}}), p.begin(ctx, add{words: []string{"b"}})
		assert.ErrorIs(p, p.add("c"), refusal)
		require.NoError(p, first())
		require.NoError(p, second())
		assert.Equal(p, []call{{false, 0}, {true, 0}, {true, 1}}, calls)
		assert.Equal(p, "a b", p.String())
	})

	ended := 0
	inBubble(t, "takes what has come when the calls can be made", func(_ *Settings, v *Vendor[string, page, add, []string]) {
		v.Begin = func(ctx context.Context, _ *add, fresh bool) (context.Context, func(), error) {
			assert.False(t, fresh)
			time.Sleep(time.Minute)
			return context.WithoutCancel(ctx), func() { ended++ }, nil
		}
	}, func(p *process) {
		first := p.begin(ctx, add{words: []string{"a"}})
		time.Sleep(time.Second)
		second := p.begin(ctx, add{words: []string{"b"}})
		require.NoError(p, first())
		require.NoError(p, second())
		assert.Len(p, p.writes(), 1)
		synctest.Wait()
		assert.Equal(p, 1, ended)
	})

	begun := 0
	inBubble(t, "refuses the one for whom it cannot begin, and goes on with the next", func(_ *Settings, v *Vendor[string, page, add, []string]) {
		v.Begin = func(ctx context.Context, _ *add, _ bool) (context.Context, func(), error) {
			time.Sleep(time.Second)
			if begun++; begun == 1 {
				return nil, nil, refusal
			}
			return context.WithoutCancel(ctx), func() {}, nil
		}
	}, func(p *process) {
		first, second := p.begin(ctx, add{words: []string{"a"}}), p.begin(ctx, add{words: []string{"b"}})
		assert.ErrorIs(p, first(), refusal)
		require.NoError(p, second())
		assert.Equal(p, "b", p.String())
	})
}
