package guance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// maxSkew is the clock difference that Check accepts without a warning. Ends
// of tickets are computed with the server's clock, so a difference does no
// harm; a large one means that one of the two machines is wrong.
const maxSkew = time.Minute

// Check lists a page of schedules and reads the first of them: the key, the
// workspace, and the routes that the vendor does not document. Whether the key
// may write is not known before the first write. See tt.System.
func (s *System) Check(ctx context.Context) ([]tt.CheckResult, error) {
	ctx, err := s.begin(ctx)
	if err != nil {
		return nil, s.done(err, "Check", "", true)
	}
	defer s.flights.Leave()
	used, limit, free := s.limiter.state() // before it adds to it
	answer, err := s.askPage(ctx, listBody{PageIndex: 1, PageSize: 1})
	var failed *tt.Error
	answered := err == nil || errors.As(err, &failed) && failed.Status != 0
	results := []tt.CheckResult{s.finding("address", ifNot(answered, err), "the server answers")}
	if answered {
		results = append(results, s.finding("API key", err, "it is accepted"))
	}
	if err == nil {
		verb, _ := s.routes.verb.Load().(string)
		results = append(results,
			s.finding("list of schedules", nil, verb+" "+s.routes.list.path+" answers"),
			s.workspace(answer), s.readRoute(ctx, answer), s.clock())
	}
	results = append(results, limits(used, limit, s.cfg.Rate, free))
	effects := "tickets are dark: they change nothing"
	if !s.cfg.Dark {
		effects = "warning: " + s.Capabilities().Effects
	}
	return append(results, tt.CheckResult{Name: "effects", OK: true, Detail: effects}), nil
}

func ifNot(ok bool, err error) error {
	if ok {
		return nil
	}
	return err
}

func (s *System) finding(name string, err error, fine string) tt.CheckResult {
	if err != nil {
		err = s.done(err, "Check", "", true)
		detail := err.Error()
		var e *tt.Error
		if errors.As(err, &e) && e.Err != nil {
			detail = string(e.Code) + ": " + e.Err.Error()
		}
		return tt.CheckResult{Name: name, Detail: detail, Err: err}
	}
	return tt.CheckResult{Name: name, OK: true, Detail: fine}
}

// workspace names the workspace, as far as a schedule in it tells.
func (s *System) workspace(answer *many) tt.CheckResult {
	detail := "it holds no schedules yet"
	if len(answer.rows) > 0 {
		detail = answer.rows[0].fields.text("workspaceUUID")
		if answer.total >= 0 {
			detail += fmt.Sprintf(", %d schedules", answer.total)
		}
	}
	return s.finding("workspace", nil, detail)
}

// readRoute reads a schedule by its own route.
func (s *System) readRoute(ctx context.Context, answer *many) tt.CheckResult {
	const name = "one schedule"
	if len(answer.rows) == 0 {
		return s.finding(name, nil, "there is none to try the route on; it shows when the first ticket is read")
	}
	_, err := s.get(ctx, answer.rows[0].uuid)
	detail := s.routes.get.method + " " + s.routes.get.path + " answers"
	if s.routes.noGet.Load() {
		detail = "warning: the server has no route for one schedule: each is read out of the list, which costs a call per 100 schedules of the workspace; if there is a route, set routes.get"
	}
	return s.finding(name, err, detail)
}

func (s *System) clock() tt.CheckResult {
	skew, known := s.client.Skew()
	switch {
	case !known:
		return tt.CheckResult{Name: "clock", OK: true, Detail: "the server sends no Date header: its clock is taken to be ours"}
	case skew.Abs() > maxSkew:
		return tt.CheckResult{Name: "clock", OK: true, Detail: fmt.Sprintf("warning: differs from ours by %s; ends of tickets follow the server's clock, but set both by NTP", skew.Round(time.Second))}
	}
	return tt.CheckResult{Name: "clock", OK: true, Detail: fmt.Sprintf("differs from ours by %s", skew.Round(time.Second))}
}

// limits tells how much of the rate is used.
func limits(used, limit int, rate Rate, free time.Time) tt.CheckResult {
	detail := "this process limits nothing: rate.requests is 0"
	if limit > 0 {
		detail = fmt.Sprintf("%d of %d calls in %s are used or reserved by this process", used, limit, rate.Per)
		if wait := time.Until(free); wait > 0 {
			detail += fmt.Sprintf("; the next can be made in %s", wait.Round(time.Second))
		}
	}
	return tt.CheckResult{Name: "rate limit", OK: true, Detail: detail}
}

// Shutdown waits for what is in the air, reads back what was written, and
// makes the verifications of created tickets that are still due. See
// tt.System.
func (s *System) Shutdown(ctx context.Context) error {
	if !s.flights.Close() {
		return nil
	}
	stop := context.AfterFunc(ctx, s.flights.Abort)
	defer stop()
	err := s.flights.Wait(ctx)
	if err == nil {
		err = s.changes.Drain(ctx)
		// What cannot be put back on one ticket keeps no duplicate of another open.
		if verified := s.engine.Shutdown(ctx); err == nil {
			err = verified
		}
	}
	if err == nil { // elections have written, too
		err = s.changes.Drain(ctx)
	}
	s.flights.Abort() // of what ctx left no time for
	s.client.Close()
	return s.done(err, "Shutdown", "", true)
}
