package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/middleware"
)

// through passes every call on.
func through(ctx context.Context, _ middleware.Call, next func(context.Context) error) error {
	return next(ctx)
}

// untouchable panics when any method is called.
type untouchable struct{ tt.System }

// call calls a method by its name with zero arguments, and returns its error.
func call(sys tt.System, method reflect.Method) error {
	f := reflect.ValueOf(sys).MethodByName(method.Name)
	args := []reflect.Value{reflect.ValueOf(context.Background())}
	for i := 1; i < f.Type().NumIn(); i++ {
		if f.Type().IsVariadic() && i == f.Type().NumIn()-1 {
			break
		}
		args = append(args, reflect.Zero(f.Type().In(i)))
	}
	results := f.Call(args)
	err, _ := results[len(results)-1].Interface().(error)
	return err
}

// methods are those of tt.System that a decorator must see: a method added to
// it later appears here by itself.
func methods() []reflect.Method {
	var list []reflect.Method
	system := reflect.TypeFor[tt.System]()
	for i := range system.NumMethod() {
		if m := system.Method(i); m.IsExported() && m.Name != "Capabilities" {
			list = append(list, m)
		}
	}
	return list
}

func TestWithTheGateShutNoMethodReachesTheBackend(t *testing.T) {
	shut := tt.Errorf(tt.CodeUnavailable, tt.NotDone, "the gate is shut")
	for _, method := range methods() {
		t.Run(method.Name, func(t *testing.T) {
			seen := ""
			sys := middleware.Intercept(untouchable{}, func(_ context.Context, call middleware.Call, _ func(context.Context) error) error {
				seen += call.Op
				return shut
			})
			assert.Same(t, shut, call(sys, method), "the caller gets the error of the gate")
			assert.Equal(t, method.Name, seen, "the gate sees every call once, by its name")
		})
	}
}

func TestWithTheGateOpenEveryMethodReachesItsOwn(t *testing.T) {
	for _, method := range methods() {
		t.Run(method.Name, func(t *testing.T) {
			passed := 0
			sys := middleware.Intercept(tt.Unimplemented{}, func(ctx context.Context, _ middleware.Call, next func(context.Context) error) error {
				passed++
				return next(ctx)
			})
			err := call(sys, method)
			assert.Equal(t, 1, passed)
			if method.Name == "Shutdown" {
				assert.NoError(t, err)
				return
			}
			var e *tt.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, method.Name, e.Op, "the error is that of the method of the same name")
		})
	}
}

func TestCapabilitiesAreThoseOfTheSystemInside(t *testing.T) {
	sys := fake.New(fake.WithLease(time.Hour))
	shut := middleware.Intercept(sys, func(context.Context, middleware.Call, func(context.Context) error) error {
		return errors.New("shut")
	})
	assert.Equal(t, sys.Capabilities(), shut.Capabilities())
}

func TestCallDescribesTheCall(t *testing.T) {
	ctx, at := t.Context(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	create := tt.CreateRequest{Queue: "noc", Object: "sw1", Subject: "link down", Key: "k1"}
	comment := tt.CommentRequest{ID: "1", Body: "still down", Key: "c1"}
	closing := tt.CloseRequest{ID: "1", Reason: "repaired"}
	updates := tt.UpdatesRequest{IDs: []string{"1"}}
	for _, row := range []struct {
		name   string
		do     func(tt.System)
		want   middleware.Call
		result any
	}{
		{"a create carries key, object and request, and returns what was there", func(s tt.System) { _, _ = s.CreateTT(ctx, create) },
			middleware.Call{Op: "CreateTT", Key: "k1", Object: "sw1", Request: create}, tt.Created{ID: "1", Existed: true}},
		{"a list of an object only asks", func(s tt.System) { _, _ = s.GetObjectTTs(ctx, "sw1") },
			middleware.Call{Op: "GetObjectTTs", Object: "sw1", ReadOnly: true}, []string{"1"}},
		{"a look-up carries the key", func(s tt.System) { _, _ = s.FindTT(ctx, "k1") },
			middleware.Call{Op: "FindTT", Key: "k1", ReadOnly: true}, "1"},
		{"a list carries its page", func(s tt.System) { _, _ = s.ListTTs(ctx, tt.ListRequest{Limit: 5}) },
			middleware.Call{Op: "ListTTs", Request: tt.ListRequest{Limit: 5}, ReadOnly: true}, tt.List{IDs: []string{"1"}}},
		{"a comment carries its own key and has no result", func(s tt.System) { _ = s.AddComment(ctx, comment) },
			middleware.Call{Op: "AddComment", TicketID: "1", Key: "c1", Request: comment}, nil},
		{"a renewal carries the new end", func(s tt.System) { _ = s.RenewTT(ctx, "1", at) },
			middleware.Call{Op: "RenewTT", TicketID: "1", Request: at}, nil},
		{"a promotion carries its time and returns the group", func(s tt.System) { _, _ = s.CreateGroupTT(ctx, "1", at) },
			middleware.Call{Op: "CreateGroupTT", TicketID: "1", Request: at}, "1"},
		{"an addition carries the objects and returns their results", func(s tt.System) { _, _ = s.AddToGroupTT(ctx, "1", "sw2") },
			middleware.Call{Op: "AddToGroupTT", TicketID: "1", Request: []string{"sw2"}}, []tt.ItemResult{{Object: "sw2", Status: tt.ItemOK}}},
		{"updates carry the tickets asked for", func(s tt.System) { _, _ = s.GetUpdates(ctx, updates) },
			middleware.Call{Op: "GetUpdates", Request: updates, ReadOnly: true}, tt.Updates{}},
		{"a close returns whether it has happened", func(s tt.System) { _, _ = s.CloseTT(ctx, closing) },
			middleware.Call{Op: "CloseTT", TicketID: "1", Request: closing}, true},
		{"a read of nothing returns no ticket", func(s tt.System) { _, _ = s.GetTT(ctx, "404") },
			middleware.Call{Op: "GetTT", TicketID: "404", ReadOnly: true}, (*tt.Ticket)(nil)},
		{"a check only asks", func(s tt.System) { _, _ = s.Check(ctx) },
			middleware.Call{Op: "Check", ReadOnly: true}, []tt.CheckResult{}},
		{"a shutdown has no result", func(s tt.System) { _ = s.Shutdown(ctx) },
			middleware.Call{Op: "Shutdown"}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			var before, after any
			var got middleware.Call
			row.do(middleware.Intercept(prepared(t), func(ctx context.Context, call middleware.Call, next func(context.Context) error) error {
				before = call.Result()
				err := next(ctx)
				got, after = call, call.Result()
				return err
			}))
			assert.Nil(t, before, "there is no result before the call")
			switch row.result.(type) {
			case tt.Updates, []tt.CheckResult:
				assert.IsType(t, row.result, after)
			default:
				assert.Equal(t, row.result, after)
			}
			assert.Equal(t, fmt.Sprintf("%+v", row.want), fmt.Sprintf("%+v", withoutResult(got)))
		})
	}
}

func withoutResult(c middleware.Call) middleware.Call {
	return middleware.Call{Op: c.Op, TicketID: c.TicketID, Key: c.Key, Object: c.Object, ReadOnly: c.ReadOnly, Request: c.Request}
}

// prepared is a fake in which ticket 1 of object sw1 is a group ticket.
func prepared(t *testing.T) tt.System {
	t.Helper()
	sys := fake.New()
	_, err := sys.CreateTT(t.Context(), tt.CreateRequest{Object: "sw1", Subject: "link down", Key: "k1"})
	require.NoError(t, err)
	_, err = sys.CreateGroupTT(t.Context(), "1", time.Time{})
	require.NoError(t, err)
	return sys
}

func TestWhatTheInterceptorReturnsIsTheError(t *testing.T) {
	ctx := t.Context()
	own := tt.Errorf(tt.CodeConflict, tt.Done, "counted")
	for _, row := range []struct {
		name string
		f    middleware.Interceptor
		want string
		out  tt.Outcome
	}{
		{"an error of its own replaces success", func(ctx context.Context, _ middleware.Call, next func(context.Context) error) error {
			_ = next(ctx)
			return own
		}, "tt: conflict: counted (the ticket exists or changed; go on with its id, repeating the call could double it)", tt.Done},
		{"a bare error before the call did nothing", func(context.Context, middleware.Call, func(context.Context) error) error {
			return errors.New("the gate is shut")
		}, "tt: CreateTT: internal: the gate is shut", tt.NotDone},
		{"a bare error after the call may have done something", func(ctx context.Context, _ middleware.Call, next func(context.Context) error) error {
			_ = next(ctx)
			return errors.New("the counter broke")
		}, "tt: CreateTT: internal: the counter broke (it may have happened; look before repeating, a repeat could double it)", tt.Unknown},
		{"the end of a context is canceled", func(context.Context, middleware.Call, func(context.Context) error) error {
			return context.DeadlineExceeded
		}, "tt: CreateTT: canceled: context deadline exceeded", tt.NotDone},
		{"success without a call is none where a result is owed", func(context.Context, middleware.Call, func(context.Context) error) error {
			return nil
		}, "tt: CreateTT: internal: a decorator reported success, but the system gave no answer", tt.NotDone},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := middleware.Intercept(fake.New(), row.f).CreateTT(ctx, tt.CreateRequest{Object: "sw1", Subject: "link down"})
			var e *tt.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, row.out, e.Outcome)
			assert.EqualError(t, err, row.want)
		})
	}
	t.Run("success without a call is success where no result is owed", func(t *testing.T) {
		sys := middleware.Intercept(untouchable{}, func(context.Context, middleware.Call, func(context.Context) error) error { return nil })
		assert.NoError(t, sys.AddComment(ctx, tt.CommentRequest{ID: "1", Body: "dry run"}))
		assert.NoError(t, sys.RenewTT(ctx, "1", time.Time{}))
		assert.NoError(t, sys.Shutdown(ctx))
	})
	t.Run("a failure hidden behind success is not taken for an empty answer", func(t *testing.T) {
		sys := fake.New()
		sys.Backend().Inject(fake.Fault{Kind: fake.FailBefore})
		ids, err := middleware.Intercept(sys, func(ctx context.Context, _ middleware.Call, next func(context.Context) error) error {
			_ = next(ctx)
			return nil
		}).GetObjectTTs(ctx, "sw1")
		assert.ErrorIs(t, err, tt.ErrInternal)
		assert.Empty(t, ids)
	})
}

// twice repeats a call that failed once.
func twice(ctx context.Context, _ middleware.Call, next func(context.Context) error) error {
	if err := next(ctx); err != nil {
		return next(ctx)
	}
	return nil
}

func TestNextMayBeCalledAgain(t *testing.T) {
	ctx, req := t.Context(), tt.CreateRequest{Object: "sw1", Subject: "link down", Key: "k1"}
	t.Run("the last result counts", func(t *testing.T) {
		sys := fake.New()
		sys.Backend().Inject(fake.Fault{Kind: fake.FailAfter})
		created, err := middleware.Intercept(sys, twice).CreateTT(ctx, req)
		require.NoError(t, err)
		assert.Equal(t, tt.Created{ID: "1", Existed: true}, created)
		assert.Len(t, sys.Backend().Tickets(), 1)
	})
	t.Run("an id once learned is not lost by a repeat that knows none", func(t *testing.T) {
		sys := fake.New()
		sys.Backend().Inject(
			fake.Fault{Kind: fake.FailAfter, Err: tt.Errorf(tt.CodeUnavailable, tt.Done, "tagging failed")},
			fake.Fault{Kind: fake.FailBefore},
		)
		created, err := middleware.Intercept(sys, twice).CreateTT(ctx, req)
		assert.ErrorIs(t, err, tt.ErrUnavailable)
		assert.Equal(t, "1", created.ID)
	})
	t.Run("with a context of the decorator's", func(t *testing.T) {
		sys := middleware.Intercept(fake.New(), func(ctx context.Context, _ middleware.Call, next func(context.Context) error) error {
			ended, cancel := context.WithCancel(ctx)
			cancel()
			return next(ended)
		})
		_, err := sys.CreateTT(ctx, req)
		assert.ErrorIs(t, err, tt.ErrCanceled)
	})
}

func TestACallIsACopy(t *testing.T) {
	sys := fake.New()
	id, err := sys.CreateTT(t.Context(), tt.CreateRequest{Object: "sw1", Subject: "link down"})
	require.NoError(t, err)
	_, err = sys.CreateGroupTT(t.Context(), id.ID, time.Time{})
	require.NoError(t, err)
	spoiling := middleware.Intercept(sys, func(ctx context.Context, call middleware.Call, next func(context.Context) error) error {
		switch request := call.Request.(type) {
		case []string:
			request[0] = "spoiled"
		case tt.UpdatesRequest:
			request.IDs[0] = "spoiled"
		}
		return next(ctx)
	})
	objs := []string{"sw2"}
	items, err := spoiling.AddToGroupTT(t.Context(), id.ID, objs...)
	require.NoError(t, err)
	assert.Equal(t, "sw2", items[0].Object)
	assert.Equal(t, []string{"sw2"}, objs)
	ids := []string{id.ID}
	_, err = spoiling.GetUpdates(t.Context(), tt.UpdatesRequest{IDs: ids})
	require.NoError(t, err)
	assert.Equal(t, []string{id.ID}, ids)
}

func TestInterceptPanicsWithoutItsParts(t *testing.T) {
	assert.PanicsWithValue(t, "middleware: Intercept needs a System and a function", func() { middleware.Intercept(nil, through) })
	assert.PanicsWithValue(t, "middleware: Intercept needs a System and a function", func() { middleware.Intercept(fake.New(), nil) })
}

// careful hides its field when it is printed by itself.
type careful struct {
	tt.Unimplemented
	header string
}

func (careful) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("careful")) }

func TestPrintingADecoratedSystemPrintsTheOneInside(t *testing.T) {
	inside := careful{header: "Bearer s3cr3t"}
	sys := middleware.Intercept(middleware.Intercept(inside, through), through)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
		assert.Equal(t, "careful", fmt.Sprintf(verb, sys), verb)
	}
	assert.NotEmpty(t, inside.header)
}
