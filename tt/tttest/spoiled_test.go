package tttest_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
)

// spoiled is a System that can be broken method by method. Every field begins
// as the honest method of the System inside.
type spoiled struct {
	tt.System

	// around sees every call of a method that takes a context.
	around func(ctx context.Context, op string, next func(context.Context) error) error

	create       func(context.Context, tt.CreateRequest) (tt.Created, error)
	get          func(context.Context, string) (*tt.Ticket, error)
	objectTTs    func(context.Context, string) ([]string, error)
	find         func(context.Context, string) (string, error)
	list         func(context.Context, tt.ListRequest) (tt.List, error)
	close        func(context.Context, tt.CloseRequest) (bool, error)
	comment      func(context.Context, tt.CommentRequest) error
	renew        func(context.Context, string, time.Time) error
	promote      func(context.Context, string, time.Time) (string, error)
	add          func(context.Context, string, ...string) ([]tt.ItemResult, error)
	updates      func(context.Context, tt.UpdatesRequest) (tt.Updates, error)
	check        func(context.Context) ([]tt.CheckResult, error)
	shutdown     func(context.Context) error
	capabilities func() tt.Capabilities
}

func spoil(sys tt.System) *spoiled {
	return &spoiled{
		System: sys,
		around: func(ctx context.Context, _ string, next func(context.Context) error) error { return next(ctx) },
		create: sys.CreateTT, get: sys.GetTT, objectTTs: sys.GetObjectTTs, find: sys.FindTT, list: sys.ListTTs,
		close: sys.CloseTT, comment: sys.AddComment, renew: sys.RenewTT, promote: sys.CreateGroupTT, add: sys.AddToGroupTT,
		updates: sys.GetUpdates, check: sys.Check, shutdown: sys.Shutdown, capabilities: sys.Capabilities,
	}
}

// backend is the fake's, for what no System can do.
func (s *spoiled) backend() *fake.Backend { return s.System.(*fake.System).Backend() }

// call lets the errors of a break look like those of an adapter, so that only
// the break shows.
func (s *spoiled) call(ctx context.Context, op string, method func(context.Context) error) error {
	return s.around(ctx, op, func(ctx context.Context) error {
		return tt.Annotate(method(ctx), "fake", "kit", op, "")
	})
}

func (s *spoiled) CreateTT(ctx context.Context, req tt.CreateRequest) (c tt.Created, err error) {
	err = s.call(ctx, "CreateTT", func(ctx context.Context) (err error) { c, err = s.create(ctx, req); return err })
	return c, err
}

func (s *spoiled) GetTT(ctx context.Context, id string) (t *tt.Ticket, err error) {
	err = s.call(ctx, "GetTT", func(ctx context.Context) (err error) { t, err = s.get(ctx, id); return err })
	return t, err
}

func (s *spoiled) GetObjectTTs(ctx context.Context, obj string) (ids []string, err error) {
	err = s.call(ctx, "GetObjectTTs", func(ctx context.Context) (err error) { ids, err = s.objectTTs(ctx, obj); return err })
	return ids, err
}

func (s *spoiled) FindTT(ctx context.Context, key string) (id string, err error) {
	err = s.call(ctx, "FindTT", func(ctx context.Context) (err error) { id, err = s.find(ctx, key); return err })
	return id, err
}

func (s *spoiled) ListTTs(ctx context.Context, req tt.ListRequest) (page tt.List, err error) {
	err = s.call(ctx, "ListTTs", func(ctx context.Context) (err error) { page, err = s.list(ctx, req); return err })
	return page, err
}

func (s *spoiled) CloseTT(ctx context.Context, req tt.CloseRequest) (closed bool, err error) {
	err = s.call(ctx, "CloseTT", func(ctx context.Context) (err error) { closed, err = s.close(ctx, req); return err })
	return closed, err
}

func (s *spoiled) AddComment(ctx context.Context, req tt.CommentRequest) error {
	return s.call(ctx, "AddComment", func(ctx context.Context) error { return s.comment(ctx, req) })
}

func (s *spoiled) RenewTT(ctx context.Context, id string, until time.Time) error {
	return s.call(ctx, "RenewTT", func(ctx context.Context) error { return s.renew(ctx, id, until) })
}

func (s *spoiled) CreateGroupTT(ctx context.Context, id string, at time.Time) (group string, err error) {
	err = s.call(ctx, "CreateGroupTT", func(ctx context.Context) (err error) { group, err = s.promote(ctx, id, at); return err })
	return group, err
}

func (s *spoiled) AddToGroupTT(ctx context.Context, id string, objs ...string) (items []tt.ItemResult, err error) {
	err = s.call(ctx, "AddToGroupTT", func(ctx context.Context) (err error) { items, err = s.add(ctx, id, objs...); return err })
	return items, err
}

func (s *spoiled) GetUpdates(ctx context.Context, req tt.UpdatesRequest) (batch tt.Updates, err error) {
	err = s.call(ctx, "GetUpdates", func(ctx context.Context) (err error) { batch, err = s.updates(ctx, req); return err })
	return batch, err
}

func (s *spoiled) Check(ctx context.Context) (results []tt.CheckResult, err error) {
	err = s.call(ctx, "Check", func(ctx context.Context) (err error) { results, err = s.check(ctx); return err })
	return results, err
}

func (s *spoiled) Shutdown(ctx context.Context) error {
	return s.call(ctx, "Shutdown", s.shutdown)
}

func (s *spoiled) Capabilities() tt.Capabilities { return s.capabilities() }

// state is what a break remembers. Systems over one backend share it, as if
// it were the vendor's.
type state struct {
	n     atomic.Int64
	busy  atomic.Int32
	words sync.Map

	lock sync.Mutex
	text string
}

// turn is a moment in which other goroutines get ahead.
func turn() { time.Sleep(time.Millisecond) }

// alone reports whether no other call is between alone and done.
func (s *state) alone() bool { return s.busy.Add(1) == 1 }
func (s *state) done()       { s.busy.Add(-1) }

// twin is the request under a key that the backend takes for another, and
// that the harness shows as the caller's.
func twin(req tt.CreateRequest, shared *state) tt.CreateRequest {
	req.Key = fmt.Sprint(req.Key, twinMark, shared.n.Add(1))
	return req
}
