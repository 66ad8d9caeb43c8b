package rewrite

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/tt"
)

var errAway = tt.Errorf(tt.CodeUnavailable, tt.NotDone, "away")

func TestAWriteWithoutAnAnswer(t *testing.T) {
	inBubble(t, "that happened is found, and not repeated", nil, func(p *process) {
		p.onWrite = always(happening{lost: true})
		require.NoError(p, p.add("a"))
		assert.Len(p, p.writes(), 1)
	})

	inBubble(t, "that did not happen is made again, upon another read", nil, func(p *process) {
		p.onWrite = at(1, happening{err: errLost()})
		p.onRead = func(n int) happening {
			if n == 2 {
				p.words = []string{"other"}
			}
			return happening{}
		}
		require.NoError(p, p.add("a"))
		assert.Equal(p, "other a", p.String())
	})

	inBubble(t, "makes the outcome unknown, whatever comes after it", nil, func(p *process) {
		p.onWrite = func(n int) happening {
			return []happening{{err: errLost()}, {err: tt.Errorf(tt.CodeInvalid, tt.NotDone, "no")}}[n-1]
		}
		p.outcome(p.add("a"), tt.CodeInvalid, tt.Unknown)
	})

	inBubble(t, "also of an edit that is ruled out then", nil, func(p *process) {
		p.onWrite = at(1, happening{late: 20 * time.Second})
		asked := 0
		full := func([]*add) error {
			if asked++; asked == 1 {
				return nil
			}
			return tt.Errorf(tt.CodeInvalid, tt.NotDone, "others have filled the page")
		}
		p.outcome(p.begin(context.Background(), add{words: []string{"a"}, refuse: full})(), tt.CodeInvalid, tt.Unknown)
		time.Sleep(20 * time.Second)
		assert.Equal(p, "a", p.String(), "it has landed")
	})

	inBubble(t, "and of one that is refused alone, after it was lost among others", nil, func(p *process) {
		p.onWrite = func(n int) happening {
			switch n {
			case 1:
				return happening{takes: time.Second}
			case 2: // together
				return happening{err: errLost()}
			case 3, 5: // together, and the second of the two
				return happening{err: tt.Errorf(tt.CodeInvalid, tt.NotDone, "no")}
			}
			return happening{}
		}
		leader := p.begin(context.Background(), add{words: []string{"a"}})
		one := p.begin(context.Background(), add{words: []string{"b"}})
		two := p.begin(context.Background(), add{words: []string{"c"}})
		require.NoError(p, leader())
		require.NoError(p, one())
		p.outcome(two(), tt.CodeInvalid, tt.Unknown)
	})

	inBubble(t, "is the error when no repeat is left", nil, func(p *process) {
		p.onWrite = always(happening{err: errLost()})
		p.outcome(p.add("a"), tt.CodeUnavailable, tt.Unknown)
		assert.Len(p, p.writes(), 4)
	})

	inBubble(t, "that lands late takes nothing away for good", nil, func(p *process) {
		p.onWrite = at(1, happening{late: 20 * time.Second})
		require.NoError(p, p.add("a"))
		time.Sleep(10 * time.Second) // what was written has been read back
		require.NoError(p, p.add("b"))
		time.Sleep(10 * time.Second)
		assert.Equal(p, "a", p.String(), "it has landed")
		time.Sleep(late - 20*time.Second)
		assert.Equal(p, "a b", p.String())
		time.Sleep(late)
		assert.True(p, p.forgotten())
	})

	inBubble(t, "nor what another process wrote and this one acknowledged", nil, func(p *process) {
		p.onWrite = at(1, happening{late: 20 * time.Second})
		require.NoError(p, p.add("a"))
		p.set("a", "b")
		require.NoError(p, p.add("b"))
		time.Sleep(20 * time.Second)
		assert.Equal(p, "a", p.String(), "it has landed")
		time.Sleep(late)
		assert.Equal(p, "a b", p.String())
	})

	inBubble(t, "is waited for by the only writer, too", func(s *Settings, _ *Vendor[string, page, add, []string]) { s.Window = 0 }, func(p *process) {
		p.onWrite = at(1, happening{late: 20 * time.Second})
		require.NoError(p, p.add("a"))
		require.NoError(p, p.add("b"))
		time.Sleep(late - 2*time.Second)
		assert.Equal(p, "a", p.String())
		assert.Len(p, p.reads(), 3)
		time.Sleep(2 * time.Second)
		assert.Equal(p, "a b", p.String())
	})

	inBubble(t, "or with one that does not show the change, is an error", nil, func(p *process) {
		p.onWrite = always(happening{drops: true})
		err := p.add("a")
		p.outcome(err, tt.CodeInternal, tt.Unknown)
		assert.ErrorContains(p, err, "limit words")
	})

	inBubble(t, "or with that of another record, is read again", nil, func(p *process) {
		p.onWrite = always(happening{id: "2"})
		require.NoError(p, p.add("a"))
		assert.Len(p, p.reads(), 2)
	})
}

func TestReadBack(t *testing.T) {
	inBubble(t, "puts back what another process took away", nil, func(p *process) {
		require.NoError(p, p.add("a"))
		p.set("other")
		time.Sleep(window)
		synctest.Wait()
		assert.Equal(p, "other a", p.String())
		p.set("other")
		time.Sleep(window)
		synctest.Wait()
		assert.Equal(p, "other a", p.String(), "and reads that back, too")
		time.Sleep(window)
		synctest.Wait()
		assert.True(p, p.forgotten())
		assert.Len(p, p.writes(), 3)
	})

	inBubble(t, "is not made by the only writer", func(s *Settings, _ *Vendor[string, page, add, []string]) { s.Window = 0 }, func(p *process) {
		require.NoError(p, p.add("a"))
		synctest.Wait()
		assert.True(p, p.forgotten())
	})

	inBubble(t, "comes later where reads lag", func(_ *Settings, v *Vendor[string, page, add, []string]) {
		v.Lag = func() time.Duration { return 5 * time.Second }
	}, func(p *process) {
		began := time.Now()
		require.NoError(p, p.add("a"))
		time.Sleep(time.Minute)
		assert.Equal(p, []time.Duration{0, window + 5*time.Second}, since(began, p.reads()))
	})

	inBubble(t, "that ends a doubt comes later where reads lag, too", func(_ *Settings, v *Vendor[string, page, add, []string]) {
		v.Lag = func() time.Duration { return 5 * time.Second }
	}, func(p *process) {
		p.onWrite = at(1, happening{err: errLost()})
		began := time.Now()
		require.NoError(p, p.add("a")) // after a pause of a second
		time.Sleep(2 * time.Minute)
		assert.Equal(p, []time.Duration{0, time.Second, time.Second + window + 5*time.Second, late + 5*time.Second}, since(began, p.reads()))
	})

	inBubble(t, "is made again, less and less often, and somebody is told", nil, func(p *process) {
		began := time.Now()
		require.NoError(p, p.add("a"))
		p.set()
		p.now(func() { p.onRead = always(happening{err: errAway}) })
		time.Sleep(6 * time.Minute)
		assert.NotContains(p, p.log(), "WARN")
		time.Sleep(3 * time.Hour)
		at := since(began, p.reads())
		assert.Equal(p, []time.Duration{0, 2 * time.Second, 3 * time.Second, 5 * time.Second, 9 * time.Second}, at[:5])
		assert.Equal(p, time.Minute, at[len(at)-1]-at[len(at)-2])
		assert.Equal(p, 4, strings.Count(p.log(), "WARN"), "%s", p.log())
		p.now(func() { p.onRead = nil })
		time.Sleep(2 * time.Minute)
		assert.Equal(p, "a", p.String(), "what was acknowledged is not given up")
	})

	inBubble(t, "does not write upon an answer that came after the window", nil, func(p *process) {
		require.NoError(p, p.add("a"))
		p.set()
		p.now(func() { p.onRead = at(2, happening{takes: window + 1}) })
		time.Sleep(2*window + 2)
		synctest.Wait()
		assert.Len(p, p.writes(), 1)
		time.Sleep(window)
		assert.Equal(p, "a", p.String())
	})

	inBubble(t, "gives up a record that is gone", nil, func(p *process) {
		require.NoError(p, p.add("a"))
		p.now(func() { p.onRead = always(happening{err: tt.Errorf(tt.CodeNotFound, tt.NotDone, "no such page")}) })
		time.Sleep(window)
		synctest.Wait()
		assert.True(p, p.forgotten())
		assert.Contains(p, p.log(), "gone")
	})

	inBubble(t, "does not give up a record that is there, whatever a write of it is answered", nil, func(p *process) {
		require.NoError(p, p.add("a"))
		p.set()
		p.now(func() {
			p.onWrite = at(2, happening{err: tt.Errorf(tt.CodeNotFound, tt.NotDone, "a word of it is unknown")})
		})
		time.Sleep(late)
		assert.Equal(p, "a", p.String())
		assert.True(p, p.forgotten())
		assert.NotContains(p, p.log(), "gone")
	})

	ending := func(_ *Settings, v *Vendor[string, page, add, []string]) {
		v.Over = func(p *page) bool { return p.over }
	}
	inBubble(t, "puts nothing on a record that is over", ending, func(p *process) {
		require.NoError(p, p.add("a"))
		p.set()
		p.now(func() { p.over = true })
		time.Sleep(late)
		assert.Len(p, p.writes(), 1)
		assert.True(p, p.forgotten())
		assert.Contains(p, p.log(), "ended before it could be put back")
	})

	watched := func(_ *Settings, v *Vendor[string, page, add, []string]) {
		v.Watch = func(_ *page, e *add) bool { return e.last }
	}
	inBubble(t, "is made once more after late, where nobody would look again", watched, func(p *process) {
		_, err := p.engine.Do(context.Background(), "1", add{words: []string{"a"}, last: true}, nil)
		require.NoError(p, err)
		time.Sleep(late - time.Second)
		p.set()
		time.Sleep(2 * time.Second)
		assert.Equal(p, "a", p.String())
	})
}

func TestDrain(t *testing.T) {
	inBubble(t, "has nothing to wait for where nothing was written", nil, func(p *process) {
		require.NoError(p, p.engine.Drain(context.Background()))
	})

	inBubble(t, "waits for the read-back, and not for the end of a doubt", nil, func(p *process) {
		began := time.Now()
		p.onWrite = at(1, happening{late: time.Hour})
		require.NoError(p, p.add("a")) // after a pause of a second
		time.Sleep(5 * time.Second)    // only the doubt is left
		require.NoError(p, p.add("b"))
		p.set()
		require.NoError(p, p.engine.Drain(context.Background()))
		assert.Equal(p, 6*time.Second+2*window, time.Since(began), "the window, and that of what was put back")
		assert.Equal(p, "a b", p.String())
		assert.True(p, p.forgotten())
	})

	inBubble(t, "reads nothing back before its own window has passed", nil, func(p *process) {
		require.NoError(p, p.add("a"))
		drained := make(chan error, 1)
		go func() { drained <- p.engine.Drain(context.Background()) }()
		time.Sleep(time.Second)
		require.NoError(p, p.add("b")) // of a call that was made before
		time.Sleep(1500 * time.Millisecond)
		p.set("a") // by somebody who had read it before
		require.NoError(p, <-drained)
		assert.Equal(p, "a b", p.String())
	})

	inBubble(t, "ends with its context, which says what was left out", nil, func(p *process) {
		require.NoError(p, p.add("a"))
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		err := p.engine.Drain(ctx)
		p.outcome(err, tt.CodeCanceled, tt.Unknown)
		assert.ErrorIs(p, err, context.DeadlineExceeded)
		assert.Len(p, p.reads(), 1)
	})

	inBubble(t, "survives an outage that is shorter than Late, however many tickets fail in it", nil, func(p *process) {
		require.NoError(p, p.add("a"))
		p.set() // by somebody who had read it before
		p.now(func() { p.onRead = always(happening{err: errAway}) })
		time.AfterFunc(late/2, func() { p.now(func() { p.onRead = nil }) })
		require.NoError(p, p.engine.Drain(context.Background()))
		assert.Equal(p, "a", p.String())
	})

	inBubble(t, "gives up with the failure when nothing gets through", nil, func(p *process) {
		require.NoError(p, p.add("a"))
		p.now(func() { p.onRead = always(happening{err: errAway}) })
		began := time.Now()
		assert.ErrorIs(p, p.engine.Drain(context.Background()), errAway)
		assert.Greater(p, time.Since(began), late)
	})

	inBubble(t, "gives a server that is away for a moment time to come back, for the only writer, too", func(s *Settings, _ *Vendor[string, page, add, []string]) { s.Window = 0 }, func(p *process) {
		p.onWrite = at(1, happening{err: errLost()})
		require.NoError(p, p.add("a"))
		p.now(func() {
			p.words = nil
			p.onRead = func(n int) happening {
				if n < 6 {
					return happening{err: errAway}
				}
				return happening{}
			}
		})
		began := time.Now()
		require.NoError(p, p.engine.Drain(context.Background()))
		assert.Equal(p, "a", p.String())
		assert.Equal(p, 3*time.Second, time.Since(began), "a second after each failure")
	})

	inBubble(t, "waits for an edit that is being carried out", nil, func(p *process) {
		p.onWrite = always(happening{takes: 5 * time.Second})
		result := p.begin(context.Background(), add{words: []string{"a"}})
		began := time.Now()
		require.NoError(p, p.engine.Drain(context.Background()))
		require.NoError(p, result())
		assert.Equal(p, 5*time.Second+window, time.Since(began))
	})
}

// Whoever keeps to the window takes nothing away for good: three processes add
// words, answers are slow or lost, and what was acknowledged is there.
func TestSeveralProcesses(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		synctest.Test(t, func(t *testing.T) {
			var script []happening
			for range 30 {
				h := happening{takes: time.Duration(rapid.IntRange(0, 600).Draw(rt, "takes")) * time.Millisecond}
				switch rapid.IntRange(0, 9).Draw(rt, "what") {
				case 0:
					h.lost = true
				case 1:
					h.err = errLost()
				}
				script = append(script, h)
			}
			s := &server{onWrite: func(n int) happening { return script[n%len(script)] }}
			var processes []*process
			for range 3 {
				processes = append(processes, s.process(t, nil))
			}
			var acknowledged []string
			for i := range rapid.IntRange(1, 12).Draw(rt, "edits") {
				p := processes[rapid.IntRange(0, 2).Draw(rt, "process")]
				word := fmt.Sprint("w", i)
				go func() {
					if p.add(word) == nil {
						s.mu.Lock()
						acknowledged = append(acknowledged, word)
						s.mu.Unlock()
					}
				}()
				time.Sleep(time.Duration(rapid.IntRange(0, 2000).Draw(rt, "pause")) * time.Millisecond)
			}
			time.Sleep(2 * late)
			for _, p := range processes {
				if err := p.engine.Drain(context.Background()); err != nil {
					rt.Fatal(err)
				}
			}
			if lost := without(acknowledged, strings.Fields(s.String())); len(lost) > 0 {
				rt.Fatalf("lost %v, and the page has %v", lost, s)
			}
		})
	})
}
