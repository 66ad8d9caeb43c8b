package zstack

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// maxSkew is the clock difference that Check accepts without a warning.
const maxSkew = time.Minute

// Check asks whether the server is ready, compares the clocks, logs in, asks
// for the time zone, reads a ticket and an archived one, and has the server
// validate a ticket without making it. See tt.System.
func (s *System) Check(ctx context.Context) ([]tt.CheckResult, error) {
	ctx, err := s.begin(ctx)
	if err != nil {
		return nil, s.done(err, "Check", "", true)
	}
	defer s.flights.Leave()
	_, err = s.client.Do(ctx, rest.Request{Path: pathReady, ReadOnly: true})
	results := []tt.CheckResult{s.finding("server", err, "the management node is ready")}
	if err == nil || asError(err).Status != 0 {
		results = append(results, s.clock(ctx))
		results = append(results, s.checkTickets(ctx)...)
	}
	return append(results, tt.CheckResult{Name: "effects", OK: true, Detail: "warning: " + s.Capabilities().Effects}), nil
}

// checkTickets makes the checks that need credentials, as far as they make
// sense after one that failed.
func (s *System) checkTickets(ctx context.Context) []tt.CheckResult {
	zone, err := s.timeZone(ctx)
	fine := "accepted"
	if err == nil {
		fine = "accepted; the server's dates are in the time zone " + zone.String()
	}
	if err == nil { // the zone may come from the settings
		_, err = query[ticketRow](ctx, s, pathTickets, url.Values{"limit": {"1"}})
	}
	results := []tt.CheckResult{s.finding("credentials", err, fine)}
	if err != nil {
		return results
	}
	_, err = query[ticketRow](ctx, s, pathArchives, url.Values{"limit": {"1"}})
	results = append(results, s.finding("archives", err, "can be read"))
	return append(results, s.validate(ctx)...)
}

// validate has the server check a create for each flow collection in use,
// without making anything.
func (s *System) validate(ctx context.Context) []tt.CheckResult {
	var results []tt.CheckResult
	for _, queue := range s.queueNames() {
		name := "create"
		if queue != "" {
			name += " in queue " + queue
		}
		p, err := s.plan(s.newUUID(), tt.CreateRequest{Queue: queue, Object: "ttkit", Subject: "a check that makes no ticket"}, "")
		if err == nil {
			err = s.dryRun(ctx, p)
		}
		if err != nil {
			err = withOutcome(err, tt.NotDone)
		}
		results = append(results, s.finding(name, err, "the server would accept a ticket of this project, this virtual ID and these requests"))
	}
	return results
}

// dryRun has the server check a create. Should it make the ticket all the
// same, the ticket is ended.
func (s *System) dryRun(ctx context.Context, p *ticketPlan) error {
	var reply inventory[ticketRow]
	err := s.do(ctx, work{method: http.MethodPost, path: pathTickets, out: &reply, body: struct {
		createBody
		SystemTags []string `json:"systemTags"`
	}{p.body, []string{validationOnly}}})
	if made := reply.Inventory.UUID; err == nil && isUUID(made) {
		var body changeBody
		body.Change.Event = s.closing
		if failed := s.do(ctx, work{method: http.MethodPut, path: pathTickets + "/" + made + "/actions", body: body}); failed != nil {
			return about(failed, "the server made ticket %s although it was to validate only, and ending that failed", made)
		}
		return tt.Errorf(tt.CodeInternal, tt.NotDone, "the server made ticket %s although it was to validate only (systemTags %s): it was ended again", made, validationOnly)
	}
	return err
}

// queueNames are the queues of the settings, or the default one.
func (s *System) queueNames() []string {
	names := []string{}
	for queue := range s.queues {
		names = append(names, queue)
	}
	if s.queues["*"] == "" {
		names = append(names, "") // every queue that is not named
	}
	slices.Sort(names)
	return names
}

func (s *System) finding(name string, err error, fine string) tt.CheckResult {
	if err != nil {
		err = s.done(err, "Check", "", true)
		detail := err.Error()
		if e := asError(err); e.Err != nil {
			detail = string(e.Code) + ": " + e.Err.Error()
		}
		return tt.CheckResult{Name: name, Detail: detail, Err: err}
	}
	return tt.CheckResult{Name: name, OK: true, Detail: fine}
}

// clock compares the clocks. A difference does no harm to tickets; access keys
// are corrected for it.
func (s *System) clock(ctx context.Context) tt.CheckResult {
	sent := time.Now()
	at, err := s.currentTime(ctx)
	if err != nil {
		return s.finding("clock", err, "")
	}
	skew := at.Sub(sent.Add(time.Since(sent) / 2))
	detail := fmt.Sprintf("differs from ours by %s", skew.Round(time.Second))
	if skew.Abs() > maxSkew {
		detail = "warning: " + detail + "; set both by NTP"
	}
	return tt.CheckResult{Name: "clock", OK: true, Detail: detail}
}

// Shutdown waits for what is in the air and logs out. See tt.System.
func (s *System) Shutdown(ctx context.Context) error {
	if !s.flights.Close() {
		return nil
	}
	stop := context.AfterFunc(ctx, s.flights.Abort)
	defer stop()
	err := s.flights.Wait(ctx)
	s.auth.logOut(s.client.Operation(ctx))
	s.flights.Abort() // of what ctx left no time for
	s.client.Close()
	return s.done(err, "Shutdown", "", true)
}
