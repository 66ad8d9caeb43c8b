package rest

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"github.com/ttkit/ttkit/tt"
)

// call is one Do. It owns a retryablehttp.Client and an http.Client, because
// the hooks of a shared one could not tell calls apart: Backoff is given no
// context.
type call struct {
	client *Client
	ctx    context.Context // the caller's, not bounded by an attempt
	in     *Request
	ready

	op   *operation
	solo operation // op, when the call is an operation by itself

	retry retryablehttp.Client
	http  http.Client

	try     *attempt // the latest; nil before http.Client let it begin
	number  int      // of the latest attempt, from 1
	last    *tt.Error
	maybe   bool          // some attempt may have acted
	wait    time.Duration // before the next attempt
	waiting bool          // the loop was told to go on and has not yet
}

// Do makes the call, with the repeats that its class allows.
//
// The error is always a *tt.Error. Its Outcome is NotDone when no attempt
// reached a connection, when the request is ReadOnly, or when the server
// refused it by a definite 4xx or by tt.CodeRateLimited, and Unknown
// otherwise. A Retry-After above Retry.WaitMax is returned, not waited for.
// The Response is that of the last attempt, also beside an error, and nil when
// no answer came.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	prepared, e := c.prepare(&r)
	if e != nil {
		return nil, c.finish(e)
	}
	k := &call{client: c, ctx: ctx, in: &r, ready: prepared, op: c.operation(ctx)}
	if k.op == nil {
		k.op = &k.solo
		k.solo.left.Store(int64(c.retry.MaxAttempts - 1))
	}
	if ctx.Err() != nil {
		return nil, c.finish(k.canceled("nothing was sent", tt.NotDone))
	}
	return k.run()
}

func (c *call) run() (*Response, error) {
	c.http = http.Client{Transport: c, Jar: c.client.jar, CheckRedirect: noRedirect}
	c.retry = retryablehttp.Client{
		HTTPClient:     &c.http,
		RetryMax:       math.MaxInt32, // the budget decides
		RequestLogHook: c.begin,
		CheckRetry:     c.check,
		Backoff:        func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return c.wait },
		ErrorHandler:   retryablehttp.PassthroughErrorHandler,
	}
	req := retryablehttp.Request{Request: (&http.Request{
		Method: c.in.method(), URL: c.url, Host: c.url.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(c.ctx)}
	if len(c.body) > 0 {
		if err := req.SetBody(c.body); err != nil {
			return nil, c.client.finish(c.client.invalid("%s: %w", c.name(), err))
		}
		if c.in.Class != Safe {
			req.GetBody = nil // without it net/http cannot send a body again by itself
		}
	}
	resp, err := c.retry.Do(&req)
	if resp != nil {
		_ = resp.Body.Close() // empty, see RoundTrip
	}
	if c.number == 0 { // retryablehttp gave up before an attempt
		return nil, c.client.finish(tt.Errorf(tt.CodeInternal, tt.NotDone, "%s: %w", c.name(), err))
	}
	if c.waiting { // ctx ended between two attempts
		e := tt.Errorf(tt.CodeCanceled, c.last.Outcome, "%w while waiting to repeat after: %w", c.ctx.Err(), c.last.Err)
		e.RetryAfter = c.last.RetryAfter
		c.last = e
	}
	if c.last == nil {
		c.client.bucket.refill()
		return c.try.answer, nil
	}
	if c.maybe && c.last.Outcome == tt.NotDone {
		c.last.Outcome = tt.Unknown
	}
	return c.answer(), c.client.clean(c.last, c.scrubber())
}

// noRedirect is an http.Client's CheckRedirect: the redirect is the answer.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// begin is retryablehttp's hook before each attempt.
func (c *call) begin(_ retryablehttp.Logger, req *http.Request, attempt int) {
	c.try, c.waiting, c.number = nil, false, attempt+1
	req.Header = c.client.header(c.in, len(c.body) > 0)
}

// check is retryablehttp's hook after each attempt: it reads the answer and
// says whether to go on.
func (c *call) check(_ context.Context, _ *http.Response, err error) (bool, error) {
	c.last = c.verdict(err)
	if c.last != nil && c.last.Outcome == tt.Unknown {
		c.maybe = true
	}
	c.waiting = c.last != nil && c.again(c.last)
	c.logAttempt()
	return c.waiting, nil
}

// again decides on a repeat after e, takes it from the budget and sets wait.
func (c *call) again(e *tt.Error) bool {
	switch {
	case !e.Temporary(), c.ctx.Err() != nil:
		return false
	case c.try != nil && c.try.stopped != nil:
		return false // Before has waited as long as that makes sense
	case e.Status == http.StatusNotImplemented, e.Status == http.StatusHTTPVersionNotSupported:
		return false // will not change by itself within a call
	case c.in.Class == Once, c.in.Class == Guarded && e.Outcome != tt.NotDone:
		return false
	case e.RetryAfter > c.client.retry.WaitMax:
		return false
	}
	c.wait = c.client.backoff(c.number, e.RetryAfter)
	if deadline, ok := c.ctx.Deadline(); ok && time.Until(deadline) <= c.wait {
		return false // the caller learns more from this error than from its deadline
	}
	return c.client.spend(c.op)
}

func (c *call) answer() *Response {
	if c.try == nil {
		return nil
	}
	return c.try.answer
}

// name is the call in messages: the verb and the path, without the query.
func (c *call) name() string { return c.in.method() + " " + c.url.Path }

// canceled is the error of a call whose context ended.
func (c *call) canceled(why string, outcome tt.Outcome) *tt.Error {
	return tt.Errorf(tt.CodeCanceled, outcome, "%s: %s: %w", c.name(), why, c.ctx.Err())
}
