package rewrite

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/internal/flight"
	"github.com/ttkit/ttkit/tt"
)

// server has one page of words without compare-and-swap: who writes it, writes
// all of it. What happens to the n-th read or write, from 1, is scripted.
type server struct {
	mu      sync.Mutex
	words   []string
	over    bool
	readAt  []time.Time
	wroteAt []time.Time
	onRead  func(n int) happening
	onWrite func(n int) happening
}

type happening struct {
	takes time.Duration // until it happens
	err   error         // it does not, and this is the answer
	lost  bool          // it does, and there is no answer
	late  time.Duration // it does so much later, and there is no answer
	drops bool          // the server says yes and takes nothing
	id    string        // of the page in the answer, if it is another
}

// page is what is read and written.
type page struct {
	id           string
	words        []string
	over         bool
	asked, wrote time.Time
}

// add is an edit: words that the page shall have.
type add struct {
	words  []string
	last   bool // nobody looks at the page again
	refuse func(along []*add) error
}

func errLost() error { return tt.Errorf(tt.CodeUnavailable, tt.Unknown, "no answer") }

func (s *server) do(ctx context.Context, calls *[]time.Time, script *func(n int) happening) (happening, error) {
	s.mu.Lock()
	*calls = append(*calls, time.Now())
	var h happening
	if *script != nil {
		h = (*script)(len(*calls))
	}
	s.mu.Unlock()
	select {
	case <-time.After(h.takes):
	case <-ctx.Done():
		return h, tt.Errorf(tt.CodeCanceled, tt.Unknown, "no answer: %w", ctx.Err())
	}
	return h, h.err
}

func (s *server) read(ctx context.Context, id string) (*page, error) {
	asked := time.Now()
	if _, err := s.do(ctx, &s.readAt, &s.onRead); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return &page{id: id, words: slices.Clone(s.words), over: s.over, asked: asked}, nil
}

func (s *server) write(ctx context.Context, p *page) (*page, error) {
	h, err := s.do(ctx, &s.wroteAt, &s.onWrite)
	if err != nil {
		return nil, err
	}
	if h.late > 0 {
		time.AfterFunc(h.late, func() { s.set(p.words...) })
		return nil, errLost()
	}
	if h.drops {
		return &page{id: p.id}, nil
	}
	s.set(p.words...)
	if h.lost {
		return nil, errLost()
	}
	after := *p
	if h.id != "" {
		after.id = h.id
	}
	return &after, nil
}

// set is a write by somebody else.
func (s *server) set(words ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.words = slices.Clone(words)
}

func (s *server) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.words, " ")
}

// now changes what happens from now on.
func (s *server) now(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// reads are the times at which reads were asked for.
func (s *server) reads() (at []time.Time) {
	s.now(func() { at = slices.Clone(s.readAt) })
	return at
}

// writes are the times at which writes were asked for.
func (s *server) writes() (at []time.Time) {
	s.now(func() { at = slices.Clone(s.wroteAt) })
	return at
}

// since is when calls were made, after a time.
func since(began time.Time, calls []time.Time) (out []time.Duration) {
	for _, at := range calls {
		out = append(out, at.Sub(began))
	}
	return out
}

func without(words, has []string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(w string) bool { return slices.Contains(has, w) })
}

func (s *server) vendor() Vendor[string, page, add, []string] {
	return Vendor[string, page, add, []string]{
		Carrier: "words",
		ID:      func(p *page) string { return p.id },
		Times:   func(p *page) (asked, wrote *time.Time) { return &p.asked, &p.wrote },
		Read:    s.read,
		Judge: func(p *page, kept *[]string, e *add, along []*add) (bool, error) {
			switch {
			case len(without(e.words, p.words)) == 0:
				return true, nil
			case p.over:
				return false, tt.Errorf(tt.CodeClosed, tt.NotDone, "the page is full")
			case e.refuse != nil:
				return false, e.refuse(along)
			}
			return false, nil
		},
		Plan: func(p *page, kept *[]string, edits []*add, _ bool) (Write[page], error) {
			want := slices.Clone(*kept)
			for _, e := range edits {
				want = append(want, e.words...)
			}
			lacks := without(want, p.words)
			if len(lacks) == 0 {
				return nil, nil
			}
			next := &page{id: p.id, words: append(slices.Clone(p.words), lacks...)}
			return func(ctx context.Context) (*page, error) { return s.write(ctx, next) }, nil
		},
		Shows: func(p *page, e *add) bool { return len(without(e.words, p.words)) == 0 },
		Keep: func(kept *[]string, p *page, e *add, inDoubt bool) {
			words := e.words
			if inDoubt {
				words = p.words
			}
			*kept = append(*kept, without(words, *kept)...)
		},
		Apart: func(err error) bool { return tt.CodeOf(err) == tt.CodeInvalid },
	}
}

// budget lets so many repeats through, after a second each.
type budget struct{ left atomic.Int32 }

func (b *budget) Spend(context.Context) bool                    { return b.left.Add(-1) >= 0 }
func (b *budget) Operation(ctx context.Context) context.Context { return ctx }
func (b *budget) Pause(ctx context.Context, _ int, after time.Duration) error {
	select {
	case <-time.After(max(time.Second, after)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

const (
	window = 2 * time.Second
	late   = time.Minute
)

// process is one engine over a server, as another process would have it.
type process struct {
	*testing.T
	*server
	engine  *Engine[string, page, add, []string]
	flights *flight.Group
	repeats *budget
	said    strings.Builder // the log, under the server's mutex
}

// process returns an engine whose settings and vendor change has changed.
func (s *server) process(t *testing.T, change func(*Settings, *Vendor[string, page, add, []string])) *process {
	set, v := Settings{Window: window, Late: late, Limit: time.Minute}, s.vendor()
	if change != nil {
		change(&set, &v)
	}
	p := &process{T: t, server: s, flights: &flight.Group{}, repeats: &budget{}}
	p.repeats.left.Store(3)
	p.engine = New(v, set, p.repeats, p.flights, slog.New(slog.NewTextHandler(p, nil)))
	return p
}

// Write takes what the engine logs.
func (p *process) Write(line []byte) (int, error) {
	p.now(func() { p.said.Write(line) })
	return len(line), nil
}

// log is what the engine has logged.
func (p *process) log() (lines string) {
	p.now(func() { lines = p.said.String() })
	return lines
}

func inBubble(t *testing.T, name string, change func(*Settings, *Vendor[string, page, add, []string]), f func(p *process)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := (&server{}).process(t, change)
			f(p)
			p.flights.Abort()
		})
	})
}

// add puts words on the page.
func (p *process) add(words ...string) error {
	_, err := p.engine.Do(context.Background(), "1", add{words: words}, nil)
	return err
}

// begin makes an edit in the background, and returns when it waits for
// something; result waits for its error.
func (p *process) begin(ctx context.Context, e add) (result func() error) {
	done := make(chan error, 1)
	go func() {
		_, err := p.engine.Do(ctx, "1", e, nil)
		done <- err
	}()
	synctest.Wait()
	return func() error { return <-done }
}

// forgotten reports whether nothing waits to be read back.
func (p *process) forgotten() bool {
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	return len(p.engine.writers) == 0
}

// outcome wants an error with a code and an outcome.
func (p *process) outcome(err error, code tt.Code, outcome tt.Outcome) {
	p.Helper()
	var e *tt.Error
	require.ErrorAs(p, err, &e)
	assert.Equal(p, code, e.Code, "%v", err)
	assert.Equal(p, outcome, e.Outcome, "%v", err)
}
