package faketest

import (
	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

// faultOf turns a fault of a network into one of the fake.
func faultOf(f tttest.Fault) fake.Fault {
	out := fake.Fault{Writes: f.Writes, Skip: f.Skip, Times: f.Times, Then: f.Then, Delay: f.Delay, RetryAfter: f.RetryAfter}
	unavailable := func(what string) error { return tt.Errorf(tt.CodeUnavailable, tt.Unknown, "%s", what) }
	switch f.Kind {
	case tttest.Refuse:
		out.Kind = fake.FailBefore
	case tttest.Reset:
		out.Kind, out.Err = fake.FailBefore, unavailable("connection reset")
	case tttest.StatusBefore:
		out.Kind, out.Err = fake.FailBefore, unavailable("503 from a proxy")
	case tttest.LoseReply, tttest.Truncate:
		out.Kind = fake.FailAfter
	case tttest.StatusAfter:
		out.Kind, out.Err = fake.FailAfter, unavailable("500 from the server")
	case tttest.HTML:
		out.Kind, out.Err = fake.FailAfter, tt.Errorf(tt.CodeInternal, tt.Unknown, "the answer is no JSON")
	case tttest.Slow:
		out.Kind = fake.Slow
	case tttest.Late:
		out.Kind = fake.CommitLate
	case tttest.Throttle:
		out.Kind = fake.Throttle
	case tttest.Twice:
		out.Kind = fake.Twice
	case tttest.Unauthorized:
		out.Kind, out.Err = fake.FailBefore, tt.ErrUnauthenticated
	}
	return out
}
