package guance

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

var _ tt.Prober = (*System)(nil)

// Probe finds out what the documentation of the vendor leaves open, with four
// schedules. See tt.Prober.
//
// They notify the targets of the request's queue, in word only: each is made
// dark, for a name that no object has, and with an end that has passed an hour
// ago. So none of them is ever in effect, and one that stays behind, because
// the probe was killed or the server has no way to delete, changes nothing:
// delete it in the console. Their names begin with "ttkit probe". Nothing else
// in this package deletes anything, and Probe deletes only what it made, by the
// setting routes.delete or the two forms that the vendor's older APIs have.
// Only the first object of the request is used, in the name that is matched.
//
// A probe makes about 20 calls, all within the limit of the API key, and waits
// until the limit has room for them: up to a minute, or several where the key
// is busy, rate.requests is low, lists lag behind or calls have to be repeated.
// Give ctx five minutes.
//
// The questions, and which knob of guancetest stands for each:
//
//	| question | answers |
//	| -------- | ------- |
//	| list of schedules, a verb that is not served | (List, WrongVerb) |
//	| rows of a list, page info | where they stand (Rows, PageInfo) |
//	| a name twice | accepted or refused (UniqueNames) |
//	| rules without levels, an empty uuid of a rule | (RefuseEmptyRules, KeepEmptyUUID) |
//	| unknown keys | kept, dropped or refused (UnknownKeys) |
//	| row id, what was never changed | how answers show them (RowID, Unset) |
//	| dates, empty fields, unknown fields, extend as it was sent | how answers are written (FloatTimes, NullEmpty, ExtraFields, Normalize) |
//	| order of ids, a create takes | (IDs, CommitDelay) |
//	| one schedule | whether there is a route (NoGet) |
//	| reads by id, lists | how late they show a new schedule (GetLag, ListLag) |
//	| omitted fields in a change, extend in a change | reset, kept or merged (Omitted, Extend) |
//	| a change takes | how long |
//	| order of a list, search, a page out of range | (Sort, Search, LastPage) |
//	| a uuid that is none | its status (BadUUID) |
//	| hours over midnight, names of rules, names | limits (ForwardHours, RuleNameLimit, Length) |
//	| no targets, a time without a start, a filter as an array, a filter in parentheses | accepted or refused (EmptyTargets, LooseTimes, DimensionArray, UncheckedFilter) |
//	| errors, language, trace ids | how answers say them (Errors, Language, Trace) |
//	| clock | against ours (Skew, NoDate) |
//	| delete of a schedule, a deleted schedule | (Delete, ShowDeleted) |
//	| rate limit | whether it was reached meanwhile |
//
// What takes other people's incidents, schedules, teams or calls is not asked:
// NoIssues, IssueExtend, BareIncident, RefuseTeams, EditableDefault, Workspace,
// FilterMatch, LeftToRight, SleepingClaims, OffDays, LevelClock; and Window,
// CountRefused and LimitWait take more calls than the limit allows, which would
// hurt every program that uses the key. The adapter keeps to the limit in any
// window.
//
// The adapter is right under every answer. The settings routes.list,
// routes.delete, settle, late and window follow.
func (s *System) Probe(ctx context.Context, req tt.ProbeRequest) ([]tt.Finding, error) {
	found, err := s.probe(ctx, req)
	if err != nil {
		err = s.done(err, "Probe", "", true)
	}
	return found, err
}

// callsToEnd are those that a probe keeps in hand to remove what it made.
const callsToEnd = 4

func (s *System) probe(ctx context.Context, req tt.ProbeRequest) (found []tt.Finding, err error) {
	if ctx, err = s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.flights.Leave()
	if err := req.Validate(); err != nil {
		return nil, err
	}
	p := &probe{s: s, run: randomHex(8), wait: req.Wait, filter: s.darkTerm(req.Objects[0])}
	if p.wait == 0 {
		p.wait = tt.DefaultProbeWait
	}
	if p.targets, err = s.targetsOf(req.Queue); err != nil {
		return nil, err
	}
	var gives []func() // what is left in hand is for cleaning up
	defer func() {
		err = p.cleanUp(ctx, err)
		found = p.findings
		for _, give := range gives {
			give()
		}
	}()
	for _, stage := range []struct {
		calls int
		ask   func(context.Context) error
	}{{2, p.askLists}, {6, p.askSchedules}, {5, p.askViews}, {6, p.askChanges}, {3, p.askDelete}} {
		next, give, err := s.limiter.reserve(ctx, stage.calls+callsToEnd)
		gives = append(gives, give)
		if err != nil {
			return nil, err
		}
		ctx = next
		if err := stage.ask(s.client.Operation(ctx)); err != nil {
			return nil, err
		}
	}
	p.askAnswers()
	p.settings()
	return nil, nil
}

// probe is one run of Probe.
type probe struct {
	s       *System
	run     string // stands in the name of everything that is made
	targets []string
	filter  string
	wait    time.Duration

	findings []tt.Finding
	verb     string        // of the list
	hasGet   bool          // there is a route for one schedule
	listed   bool          // the list shows what was made
	shown    time.Duration // how late the slowest view shows a schedule; 0: not known
	create   time.Duration // how long the slowest create took
	change   time.Duration // and the slowest change

	main  *probed   // the one that is changed
	rule  *probed   // with a rule; nil: refused
	rows  []*probed // all, in the order of requests
	forms deletions

	mu     sync.Mutex
	made   []string // that may be there
	lost   bool     // a create got no answer
	spoken answers
}

// find notes an answer.
func (p *probe) find(question, answer, format string, args ...any) {
	p.findings = append(p.findings, tt.Finding{Question: question, Answer: answer, Detail: fmt.Sprintf(format, args...)})
}

// follows adds the setting that follows from the last finding.
func (p *probe) follows(setting, value string) {
	f := &p.findings[len(p.findings)-1]
	f.Setting, f.Value = setting, value
}

// settings completes the findings about time, which are known at the end: the
// slowest counts, and what follows for the configuration.
func (p *probe) settings() {
	whole := func(d time.Duration) time.Duration { return (d + time.Second - 1).Truncate(time.Second) }
	for i := range p.findings {
		switch f := &p.findings[i]; f.Question {
		case "lists":
			if p.shown >= 0 {
				f.Setting, f.Value = "settle", plainly(max(5*time.Second, whole(3*p.shown)))
			}
		case "a create takes":
			f.Answer = roughly(p.create)
			f.Setting, f.Value = "late", plainly(max(time.Minute, whole(30*p.create)))
		case "a change takes":
			f.Answer = roughly(p.change)
			f.Setting, f.Value = "window", plainly(max(2*time.Second, whole(4*p.change)))
			if p.s.cfg.Window == 0 {
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

// pause waits between two looks.
func (p *probe) pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return tt.Errorf(tt.CodeCanceled, tt.NotDone, "while probing: %w", ctx.Err())
	}
}

func (p *probe) title() string { return "ttkit probe " + p.run }

// do makes a call, and notes how the server speaks.
func (p *probe) do(ctx context.Context, r rest.Request) (*rest.Response, error) {
	r.Fail = func(answer *rest.Response) *tt.Error {
		p.mu.Lock()
		p.spoken.note(answer)
		p.mu.Unlock()
		return p.s.fail(answer)
	}
	return p.s.client.Do(ctx, r)
}

// askLists asks by which verb schedules are listed.
func (p *probe) askLists(ctx context.Context) error {
	const question, other = "list of schedules", "a verb that is not served"
	given := p.s.routes.list
	verbs := []string{http.MethodGet, http.MethodPost}
	if given.given {
		verbs = []string{given.method}
	}
	var body []byte
	var served []string
	var refusal error
	for _, verb := range verbs {
		reply, _, err := p.page(ctx, verb, listBody{PageIndex: 1, PageSize: 1})
		switch {
		case err == nil:
			body, served = reply, append(served, verb)
		case missing(err):
			refusal = err
		default:
			return err
		}
	}
	if len(served) == 0 {
		return refusal
	}
	p.verb = served[0]
	switch {
	case given.given:
		p.find(question, "by "+p.verb, "as the setting routes.list says; nothing else was tried")
	case len(served) == 2:
		p.find(question, "by GET and POST", "%s", given.path)
	default:
		p.find(question, "by "+p.verb, "%s", given.path)
		p.follows("routes.list", p.verb+" "+given.path)
	}
	if refusal != nil {
		p.find(other, fmt.Sprintf("status %d", statusOf(refusal)), "of %s", given.path)
	} else {
		p.find(other, tt.AnswerUnknown, "no verb was refused")
	}
	content := valueOf(body, "content")
	inside, bare := valueOf(content, "pageInfo"), len(content) > 0 && content[0] == '['
	p.find("rows of a list", either(bare, "content itself", "in data"), "the adapter reads both")
	switch {
	case valueOf(body, "pageInfo") != nil:
		p.find("page info", "beside content", "the adapter reads it there")
	case inside != nil:
		p.find("page info", "in content", "the adapter reads it there")
	default:
		p.find("page info", "none", "a list is read until a page is short")
	}
	return nil
}

func either(is bool, then, otherwise string) string {
	if is {
		return then
	}
	return otherwise
}
