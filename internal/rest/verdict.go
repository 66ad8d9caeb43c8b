package rest

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"github.com/ttkit/ttkit/tt"
)

// verdict reads what the latest attempt came to; nil is success. err is what
// http.Client returned.
func (c *call) verdict(err error) *tt.Error {
	if c.try != nil && c.try.stopped != nil {
		return c.stopped(c.try.stopped)
	}
	if c.try == nil || c.try.answer == nil {
		e := c.noAnswer(err)
		e.Outcome = tt.Unknown
		if c.in.ReadOnly || c.neverSent() {
			e.Outcome = tt.NotDone
		}
		return e
	}
	r := c.try.answer
	e := c.read(r)
	if e == nil {
		return nil
	}
	if e.Err == nil {
		e.Err = errors.New(wordsOf(r))
	}
	if e.Status == 0 {
		e.Status = r.Status
	}
	if e.RetryAfter == 0 {
		e.RetryAfter = retryAfter(r.Header)
	}
	if e.Outcome == tt.Unknown && (c.in.ReadOnly || refused(r.Status) || e.Code == tt.CodeRateLimited) {
		e.Outcome = tt.NotDone
	}
	return e
}

// read reads an answer.
func (c *call) read(r *Response) *tt.Error {
	if redirect(r.Status) {
		return tt.Errorf(codeOf(r.Status), tt.Unknown, "%s: redirects are not followed%s", c.name(), target(c.url, r))
	}
	complete := c.try.err == nil
	if !complete && r.Status < 300 {
		return c.incomplete(c.try.err)
	}
	fail := c.client.fail
	if c.in.Fail != nil {
		fail = c.in.Fail
	}
	if e := fail(r); e != nil {
		mine := *e // the adapter's may be shared
		return &mine
	}
	if c.in.Out == nil || r.Status == http.StatusNoContent || c.in.method() == http.MethodHead {
		return nil
	}
	return c.decode(r)
}

// incomplete is the error of a reply that began with a success. The server
// has acted, if it had to.
func (c *call) incomplete(err error) *tt.Error {
	switch {
	case errors.Is(err, ErrReplyTooLarge):
		return tt.Errorf(tt.CodeInternal, tt.Unknown, "%s: %w: it has more than %d bytes", c.name(), ErrReplyTooLarge, c.client.maxReply)
	case c.ctx.Err() != nil:
		return c.canceled("in the middle of the reply", tt.Unknown)
	case c.try.expired:
		return tt.Errorf(tt.CodeUnavailable, tt.Unknown, "%s: the reply did not end within %s", c.name(), c.client.timeout)
	}
	return tt.Errorf(tt.CodeUnavailable, tt.Unknown, "%s: the reply was cut off: %w", c.name(), detached(err))
}

// decode puts the JSON of a success into Out. What is no JSON at all comes
// from something in between, such as a proxy, and may pass; JSON of another
// shape will not.
func (c *call) decode(r *Response) *tt.Error {
	err := unmarshal(r.Body, c.in.Out)
	if err == nil {
		return nil
	}
	switch {
	case len(bytes.TrimSpace(r.Body)) == 0:
		return tt.Errorf(tt.CodeUnavailable, tt.Unknown, "%s: the reply is empty where JSON is expected", c.name())
	case errors.Is(err, errNoJSON):
		return tt.Errorf(tt.CodeUnavailable, tt.Unknown, "%s: the reply is no JSON: %s", c.name(), r.Words())
	}
	return tt.Errorf(tt.CodeInternal, tt.Unknown, "%s: the reply is not what this adapter understands: %w", c.name(), err)
}

var errNoJSON = errors.New("no JSON")

// unmarshal puts JSON into out. Its error is errNoJSON for any other text.
func unmarshal(text []byte, out any) error {
	if own, ok := out.(Reader); ok {
		if !json.Valid(text) {
			return errNoJSON
		}
		return own.ReadJSON(text)
	}
	err := json.Unmarshal(text, out)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return errNoJSON
	}
	return err
}

// noAnswer is the error of an attempt that got no status line.
func (c *call) noAnswer(err error) *tt.Error {
	if c.try != nil && c.try.err != nil {
		err = c.try.err
	}
	for {
		var u *url.Error // prints the whole URL, query included
		if !errors.As(err, &u) || u.Err == nil {
			break
		}
		err = u.Err
	}
	if c.ctx.Err() != nil {
		return c.canceled("no answer", tt.Unknown)
	}
	if c.try != nil && c.try.expired {
		if c.neverSent() {
			return tt.Errorf(tt.CodeUnavailable, tt.Unknown, "%s: no connection within %s", c.name(), c.client.timeout)
		}
		return tt.Errorf(tt.CodeUnavailable, tt.Unknown, "%s: no answer within %s", c.name(), c.client.timeout)
	}
	if errors.Is(err, context.Canceled) { // see RoundTrip: net/http wanted to repeat by itself
		return tt.Errorf(tt.CodeUnavailable, tt.Unknown, "%s: the connection was lost", c.name())
	}
	code, advice := diagnose(err)
	return &tt.Error{Code: code, Err: fmt.Errorf("%s: %w%s", c.name(), detached(err), advice)}
}

// detached is err without its chain where that would say that a context has
// ended. The time-outs of package net do, but the caller's context goes on.
func detached(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return errors.New(err.Error())
	}
	return err
}

// stopped is the error of an attempt that Config.Before did not let begin.
func (c *call) stopped(err error) *tt.Error {
	var e *tt.Error
	if errors.As(err, &e) {
		mine := *e // it may be shared
		return &mine
	}
	if c.ctx.Err() != nil {
		return c.canceled("nothing was sent", tt.NotDone)
	}
	return &tt.Error{Code: tt.CodeInternal, Outcome: tt.NotDone, Err: fmt.Errorf("%s: nothing was sent: %w", c.name(), err)}
}

// diagnose tells the mistakes of a configuration from the troubles of a
// network, and what to do about them.
func diagnose(err error) (code tt.Code, advice string) {
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		record    tls.RecordHeaderError
		address   *net.AddrError
		parse     *net.ParseError
		forbidden forbiddenHeader
	)
	switch {
	case errors.As(err, &authority):
		return tt.CodeInvalid, "; if the server is the right one, put its authority into ca_file"
	case errors.As(err, &host):
		return tt.CodeInvalid, "; base_url must use a name that the server's certificate holds"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return tt.CodeInvalid, "; the server does not speak TLS at this address, check the scheme and port of base_url"
	case errors.As(err, &address), errors.As(err, &parse):
		return tt.CodeInvalid, "; check base_url"
	case errors.As(err, &forbidden):
		return tt.CodeInvalid, ""
	}
	return tt.CodeUnavailable, ""
}

// finish makes an error fit to leave this package: it names the system, and
// no text in it holds a secret or a control character, or is longer than 4 KiB.
func (c *Client) finish(e *tt.Error) *tt.Error { return c.clean(e, c.secrets.scrubber()) }

func (c *Client) clean(e *tt.Error, scrub *scrubber) *tt.Error {
	if e.Adapter == "" {
		e.Adapter, e.System = c.adapter, c.system
	}
	e.VendorCode = scrub.line(e.VendorCode, maxWords)
	e.TraceID = scrub.line(e.TraceID, maxWords)
	err := e.Err
	text := err.Error()
	if clean := scrub.line(text, maxWords); clean != text {
		e.Err = &reworded{clean, func(target error) bool { return errors.Is(err, target) }}
	}
	return e
}

// reworded is an error whose text had to be changed. What it was can still be
// asked for by errors.Is, but not be reached: it holds the old text.
type reworded struct {
	text string
	is   func(target error) bool
}

func (r *reworded) Error() string        { return r.text }
func (r *reworded) Is(target error) bool { return r.is(target) }
