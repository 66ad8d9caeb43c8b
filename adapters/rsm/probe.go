package rsm

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

var _ tt.Prober = (*System)(nil)

// Probe finds out what the documentation of monq leaves open, with service
// modes on the config item of the request's object, or on the anchor of its
// queue. See tt.Prober.
//
// It makes one mode that runs for the time of the probe, about half a minute,
// and a few that are planned for half an hour later and are cancelled before;
// monq keeps them in its history. Their titles begin with "ttkit probe". Ends
// are set so that a mode whose probe was killed runs out by itself: the running
// one within 15 minutes, the others after a second. A second object joins the
// running mode for a moment.
//
// The questions, and which knob of rsmtest stands for each:
//
//	| question | answers |
//	| -------- | ------- |
//	| errors | shape of a refused request's body (Errors) |
//	| missing credentials, refused media type | shape of these refusals (Denials) |
//	| an id that is no number | its status (BadID) |
//	| language, punctuation | of the server's texts (Language, Period) |
//	| clock | against ours (Skew, NoDate) |
//	| names of config items | whether letter case counts (FoldNames) |
//	| a beginning in the past | kept, or moved (PastStart) |
//	| fractions of seconds, time zone | of the dates (Fraction, Profile, Zone) |
//	| default depth | of a config item (DefaultDepth, Profile) |
//	| label keys, empty labels, unknown fields | how modes are shown (LowerLabelKeys, NullEmpty, ExtraFields) |
//	| a create takes | how long (CommitDelay) |
//	| reads by id, lists, states | how late they show a new mode (GetLag, ListLag, Tick) |
//	| state of a running mode, of a cancelled one | the words (RunningState, CancelledState) |
//	| search, filters, page headers | whether they are honoured (NoPaging) |
//	| labels in a change, config items in a change | replace or merge (Labels, Items) |
//	| a config item that joins | when its part begins (Scope) |
//	| label values, titles | how long they may be (LabelLimit, TitleLimit) |
//	| dates that end in Z | accepted or refused (RefuseZ) |
//	| batchValidate | honoured or ignored (IgnoreValidate) |
//	| order of ids | whether it is that of creation (IDs) |
//	| other fields beside a cancel | kept or dropped (CancelFields) |
//	| dates of a planned mode after a cancel, of a running one | what a cancel moves (CancelDates) |
//	| cancel of a running mode | completes, cancels or is refused (CancelRunning) |
//
// Three things cannot be seen from outside with one token: whether items on
// config items that the token may not read are left out (HideItems), whether a
// filter finds modes that reach its config item from above (ExpandChildren:
// it would take a mode over the children of somebody's config item), and how
// long a revoked token works (TokenLag). Nor can it be known how late a create
// without an answer may commit: the setting late has to cover it.
//
// The adapter is right under every answer. Settings follow for what takes
// time: settle, late and window.
func (s *System) Probe(ctx context.Context, req tt.ProbeRequest) ([]tt.Finding, error) {
	found, err := s.probe(ctx, req)
	if err != nil {
		err = s.done(err, "Probe", "", true)
	}
	return found, err
}

func (s *System) probe(ctx context.Context, req tt.ProbeRequest) (found []tt.Finding, err error) {
	ctx, err = s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer s.flights.Leave()
	if err := req.Validate(); err != nil {
		return nil, err
	}
	p := &probe{s: s, run: randomHex(8), wait: req.Wait}
	if p.wait == 0 {
		p.wait = tt.DefaultProbeWait
	}
	if err := p.locate(ctx, req); err != nil {
		return nil, err
	}
	defer func() {
		found = p.findings
		err = p.cleanUp(ctx, err)
	}()
	for _, ask := range []func(context.Context) error{p.askRefusals, p.askNames, p.askRunning, p.askPlanned, p.askCancel} {
		if err := ask(ctx); err != nil {
			return nil, err
		}
	}
	p.settings()
	return nil, nil
}

// probe is one run of Probe.
type probe struct {
	s       *System
	run     string // stands in the title of everything that is made
	ci      int64
	another int64 // 0: there is none
	wait    time.Duration

	findings []tt.Finding
	shown    time.Duration // how late the slowest view shows a mode
	create   time.Duration // how long the slowest create took
	change   time.Duration // and the slowest change

	running *probedMode

	mu   sync.Mutex
	made []int64
}

// locate finds the config items to probe on.
func (p *probe) locate(ctx context.Context, req tt.ProbeRequest) (err error) {
	if p.ci, err = p.s.place(ctx, req.Queue, req.Objects[0]); err != nil {
		return err
	}
	if len(req.Objects) > 1 && len(p.s.anchors) == 0 { // with anchors, members are no config items
		p.another, err = p.s.place(ctx, req.Queue, req.Objects[1])
	}
	return err
}

// find notes an answer.
func (p *probe) find(question, answer, format string, args ...any) {
	p.findings = append(p.findings, tt.Finding{Question: question, Answer: answer, Detail: fmt.Sprintf(format, args...)})
}

// unknown notes that there is no answer.
func (p *probe) unknown(question, format string, args ...any) {
	p.find(question, tt.AnswerUnknown, format, args...)
}

// settings completes the findings about time, which are known at the end: the
// slowest counts, and what follows for the configuration.
func (p *probe) settings() {
	whole := func(d time.Duration) time.Duration { return (d + time.Second - 1).Truncate(time.Second) }
	cfg := p.s.cfg
	for i := range p.findings {
		switch f := &p.findings[i]; f.Question {
		case "lists":
			f.Setting, f.Value = "settle", plainly(max(5*time.Second, whole(3*p.shown)))
		case "a create takes":
			f.Answer = roughly(p.create)
			f.Setting, f.Value = "late", plainly(max(time.Minute, whole(30*p.create)))
		case "a change takes":
			f.Answer = roughly(p.change)
			f.Setting, f.Value = "window", plainly(max(2*time.Second, whole(4*p.change)))
			if cfg.Window == 0 {
				f.Value = "0" // said to be the only writer
			}
		}
	}
}

// plainly writes whole seconds without the zeros that follow: 1m, not 1m0s.
func plainly(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// roughly is a duration for people, to a tenth of a second.
func roughly(d time.Duration) string {
	if d < 100*time.Millisecond {
		return "at once"
	}
	return d.Round(100 * time.Millisecond).String()
}

// leave is how long it may take to end what was made.
const leave = 10 * time.Second

// cleanUp ends every mode of this run, also those whose create got no answer.
func (p *probe) cleanUp(ctx context.Context, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leave)
	defer cancel()
	ctx = p.s.client.Operation(ctx)
	listed, listErr := p.s.list(ctx, p.run, nil)
	ids := slices.Clone(p.made)
	for _, m := range listed {
		if m.Title != nil && strings.HasPrefix(*m.Title, p.title()) && !slices.Contains(ids, m.ID) {
			ids = append(ids, m.ID)
		}
	}
	var left []string
	var why error
	for _, id := range ids {
		if err := p.end(ctx, id); err != nil {
			left, why = append(left, fmt.Sprint(id)), err
		}
	}
	switch {
	case len(left) > 0:
		e := tt.Errorf(tt.CodeOf(why), tt.Done, "service modes of the probe could not be ended, and run out by themselves within half an hour: %s: %w",
			strings.Join(left, ", "), inWords(why))
		if cause != nil {
			e.Err = fmt.Errorf("%w; before, probing had stopped: %w", e.Err, inWords(cause))
		}
		e.TicketID, e.Repeatable = left[0], true
		return e
	case cause == nil && listErr != nil && len(ids) == 0:
		return listErr
	}
	return cause
}

// end ends a mode of this run. One that the server made and does not show yet
// is waited for.
func (p *probe) end(ctx context.Context, id int64) error {
	for {
		ctx := p.s.client.Operation(ctx)
		m, err := p.s.get(ctx, id)
		if err == nil && !m.ended(p.s.now()) {
			_, err = p.s.end(ctx, id, edit{})
		}
		if tt.CodeOf(err) != tt.CodeNotFound || p.pause(ctx, probeStep) != nil {
			return err
		}
	}
}

// inWords is what an error says without what it advises.
func inWords(err error) error {
	var e *tt.Error
	if errors.As(err, &e) && e.Err != nil {
		return e.Err
	}
	return err
}

func (p *probe) title() string { return "ttkit probe " + p.run }
