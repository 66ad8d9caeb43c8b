package zstack

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ttkit/ttkit/internal/flight"
	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// work is an asynchronous call: the server accepts it with 202, and does it in
// a job that can be asked for.
type work struct {
	method, path string
	body         any
	out          any // where the result goes; nil: it does not matter
}

// do makes an asynchronous call once, and returns when its job has ended. That
// the session is dead may show only in the job, which then did nothing; the
// call is made again with a new one.
//
// An error with a vendor's code is the job's own. Its outcome is NotDone where
// that follows from the code; otherwise it is Unknown, and the caller looks.
func (s *System) do(ctx context.Context, w work) error {
	for n := 0; ; n++ {
		session, err := s.attempt(ctx, w)
		if err == nil || !s.auth.renew(ctx, n, err, session) {
			return s.auth.explain(err)
		}
	}
}

// attempt makes the call under an id of its own. The id is chosen here, so
// that the job can be asked for when the answer of the server was lost.
func (s *System) attempt(ctx context.Context, w work) (tt.Secret, error) {
	id := randomUUID()
	var reply accepted
	resp, session, err := s.send(ctx, rest.Request{
		Method: w.method, Path: w.path, Body: w.body, Class: rest.Guarded, Out: &reply,
		Header: http.Header{"X-Job-Uuid": {id}},
	})
	if err == nil {
		if resp.Status != http.StatusAccepted {
			return session, decodeResult(resp.Body, w.out)
		}
		if given := reply.id(); given != "" {
			id = given
		}
		return session, s.await(ctx, id, session, w.out)
	}
	e := asError(err)
	switch {
	case ctx.Err() != nil, e.VendorCode != "":
		return session, err
	case e.Outcome == tt.Unknown: // the answer was lost: the job may be there
	case e.Status == http.StatusBadRequest && strings.Contains(e.Error(), id):
		// The id is there already: a proxy sent the call twice.
		err = &tt.Error{Code: tt.CodeUnavailable, Outcome: tt.Unknown, Status: e.Status, Err: e.Err}
	default:
		return session, err
	}
	done, found := s.ask(ctx, id, session, w.out)
	switch {
	case found == nil && done:
		return session, nil
	case found == nil:
		return session, s.await(ctx, id, session, w.out)
	case asError(found).VendorCode != "":
		return session, found
	}
	return session, err // the server knows no such job: as far as can be seen, nothing was accepted
}

// id takes the id of the job out of an address whose host may be one that only
// the server can reach.
func (a accepted) id() string {
	path, _, _ := strings.Cut(a.Location, "?")
	id := path[strings.LastIndexByte(path, '/')+1:]
	if !isUUID(id) {
		return ""
	}
	return id
}

// await asks for a job until it has ended. A wait is a third of what the job
// has taken so far: what takes long may take a little longer.
func (s *System) await(ctx context.Context, id string, session tt.Secret, out any) error {
	began := time.Now()
	for {
		elapsed := time.Since(began)
		if elapsed >= s.poll.Limit {
			return tt.Errorf(tt.CodeUnavailable, tt.Unknown, "job %s has not ended within poll.limit (%s)", id, s.poll.Limit)
		}
		wait := min(max(elapsed/3, s.poll.WaitMin), s.poll.WaitMax, s.poll.Limit-elapsed)
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return flight.Canceled(ctx, tt.Unknown, "")
		}
		if done, err := s.ask(ctx, id, session, out); done || err != nil {
			return err
		}
	}
}

// ask asks for a job once. It reports whether the job has ended well; its
// error is the job's when it has a vendor's code. Whoever knows the id of a job
// may ask; the session goes along as in the vendor's own clients.
func (s *System) ask(ctx context.Context, id string, session tt.Secret, out any) (done bool, err error) {
	var ended result
	r := rest.Request{Path: pathJobs + id, ReadOnly: true, Out: &ended, Fail: failPoll}
	if s.auth.key != nil {
		err = s.auth.key.sign(ctx, &r)
	} else {
		r.Header = http.Header{"Authorization": {"OAuth " + session.Reveal()}}
	}
	if err != nil {
		return false, withOutcome(err, tt.Unknown)
	}
	resp, err := s.client.Do(ctx, r)
	if err != nil {
		return false, verdict(asError(err))
	}
	if resp.Status == http.StatusAccepted {
		return false, nil
	}
	return true, decodeResult(ended, out)
}

// verdict is what a failed question about a job says about the job.
func verdict(failed *tt.Error) error {
	e := *failed
	e.Outcome = tt.Unknown
	switch {
	case slices.Contains(ofTheNode, e.VendorCode): // of the job, or of the question
	case e.VendorCode != "":
		m := meaningOf(e.VendorCode)
		if e.Code = m.code; !m.acted {
			e.Outcome = tt.NotDone
		}
	case e.Code == tt.CodeNotFound: // the result may have expired
		e.Code = tt.CodeUnavailable
	}
	return &e
}

// result is the JSON that a job ended with.
type result []byte

// ReadJSON keeps the text: what it means, the status tells.
func (r *result) ReadJSON(text []byte) error {
	*r = text
	return nil
}

// decodeResult reads what a job ended with.
func decodeResult(r result, out any) error {
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(r, out); err != nil {
		return tt.Errorf(tt.CodeInternal, tt.Unknown, "the result of the job is not what this adapter understands: %w", err)
	}
	return nil
}

// failPoll reads the answer to a question about a job. An error of the API in
// it is what the job came to, and asking again would not change it; only a
// node that is not ready speaks for itself.
func failPoll(r *rest.Response) *tt.Error {
	e := fail(r)
	if e == nil {
		return nil
	}
	switch {
	case e.VendorCode == "" && r.Status == http.StatusNotFound && e.Code != tt.CodeUnavailable:
		return tt.Errorf(tt.CodeNotFound, tt.Unknown, "the server does not know the job any more, or never did")
	case e.VendorCode != "" && !slices.Contains(ofTheNode, e.VendorCode):
		e.Code = tt.CodeInternal // not temporary; see verdict
	}
	return e
}
