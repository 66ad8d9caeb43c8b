package zstack

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/ttkit/ttkit/tt"
)

var _ tt.Prober = (*System)(nil)

// Probe finds out what the documentation of the platform leaves open, with one
// ticket that carries the calls of the setting requests. See tt.Prober.
//
// The ticket's name begins with "ttkit probe"; it is submitted as tickets are,
// so that its approvers see it, and is cancelled before Probe returns. The
// platform keeps it among its cancelled tickets. It has neither the mark nor
// the uuid of a ticket of this library. A probe that is killed leaves it
// pending: cancel it in the console. Only the first object of the request is
// used.
//
// The questions, and which knob of zstacktest stands for each:
//
//	| question | answers |
//	| -------- | ------- |
//	| clock, time zone | the server's (Skew, NoDate, Zone) |
//	| a job takes | from the call to its result (JobTime, JobPolls) |
//	| location of an accepted call | which host it names (Location) |
//	| time limit of an accepted call | whether there is one (NoAPITimeout) |
//	| location of an answer that asks for patience | repeated or not (RepeatLocation) |
//	| dates, numbers, unknown fields, answers without content | how answers are written (Dates, Numbers, ExtraFields, SuccessField) |
//	| tags of a creation | kept or dropped (DropCreateTags) |
//	| history of a creation, operators in the history | (CreateRow, Operators) |
//	| a tag that is there, a refused creation, a refused change | their codes (DuplicateTag, Refusals) |
//	| errors, language of errors | their form (Errors, Locale) |
//	| emoji in a tag | kept, cut or refused (Texts) |
//	| letter case in conditions, quotes in conditions | (CaseSensitive, RefuseQuotes) |
//	| order without a sort | of a query (Rows) |
//	| deletion of what is not there | (DeleteMissing) |
//
// What takes a restart, an hour's wait, other credentials, an approval or the
// deletion of a ticket is not asked: JobActs, CommitLag, JobRetention,
// RestartJobs, Starting, SessionTimeout, BadKey, AccountKeys, AdminSubmits,
// OpenEvent, UpdateRejected, CheckBody, RefuseZeroTimes, ResultRow,
// ExecutorDropsTags, NoArchive, BurnUUIDs, KeepTags, Throttled.
//
// The adapter is right under every answer. The settings timezone and
// poll.limit follow.
func (s *System) Probe(ctx context.Context, req tt.ProbeRequest) ([]tt.Finding, error) {
	found, err := s.probe(ctx, req)
	if err != nil {
		err = s.done(err, "Probe", "", true)
	}
	return found, err
}

func (s *System) probe(ctx context.Context, req tt.ProbeRequest) (found []tt.Finding, err error) {
	if ctx, err = s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.flights.Leave()
	if err := req.Validate(); err != nil {
		return nil, err
	}
	p := &probe{s: s, uuid: randomUUID(), req: req}
	defer func() {
		found = p.findings
		err = p.cleanUp(ctx, err)
	}()
	for _, ask := range []func(context.Context) error{p.askZone, p.askCreation, p.askTags, p.askQueries, p.askRefusals, p.askEnd} {
		if err := ask(s.client.Operation(ctx)); err != nil {
			return nil, err
		}
	}
	p.settings()
	return nil, nil
}

// probe is one run of Probe.
type probe struct {
	s    *System
	req  tt.ProbeRequest
	uuid string // of its ticket

	findings []tt.Finding
	posted   []string      // uuids of tickets that may be there
	slowest  time.Duration // of all jobs
}

// find notes an answer.
func (p *probe) find(question, answer, format string, args ...any) {
	p.findings = append(p.findings, tt.Finding{Question: question, Answer: answer, Detail: fmt.Sprintf(format, args...)})
}

// settings adds what follows for the configuration.
func (p *probe) settings() {
	for i := range p.findings {
		switch f := &p.findings[i]; f.Question {
		case "time zone":
			f.Setting, f.Value = "timezone", f.Answer
		case "a job takes":
			f.Answer = roughly(p.slowest)
			f.Setting, f.Value = "poll.limit", max(2*time.Minute, (20*p.slowest).Round(time.Second)).String()
		}
	}
}

// roughly is a duration for people, to a tenth of a second.
func roughly(d time.Duration) string { return d.Round(100 * time.Millisecond).String() }

// leave is how long it may take to end what was made.
const leave = 10 * time.Second

// cleanUp cancels what this run has posted, as far as it is there.
func (p *probe) cleanUp(ctx context.Context, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leave)
	defer cancel()
	for _, uuid := range p.posted {
		err := p.end(p.s.client.Operation(ctx), uuid)
		if err == nil {
			continue
		}
		e := tt.Errorf(asError(err).Code, tt.Done, "the ticket of the probe could not be cancelled: cancel it in the console: %w", asError(err).Err)
		if cause != nil {
			e.Err = fmt.Errorf("%w; before, probing had stopped: %w", e.Err, asError(cause).Err)
		}
		e.TicketID, e.Repeatable = uuid, true
		return e
	}
	return cause
}

// end cancels a ticket of this run, unless it has ended or was never made.
func (p *probe) end(ctx context.Context, uuid string) error {
	over := func(ctx context.Context) (bool, error) {
		row, err := p.s.ticket(ctx, uuid)
		return err == nil && (row == nil || row.Status.ended()), err
	}
	if done, err := over(ctx); done || err != nil {
		return err
	}
	return p.s.carry(ctx, change{
		act: func(ctx context.Context) error {
			return p.s.do(ctx, work{method: http.MethodPut, path: pathTickets + "/" + uuid + "/actions", body: cancellation()})
		},
		there: over,
	})
}

func cancellation() changeBody {
	var body changeBody
	body.Change.Event, body.Change.Comment = eventCancel, "the probe is over"
	return body
}
