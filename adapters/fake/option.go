package fake

import "time"

// Option shapes a [Backend]. Without options a backend has no lease and no
// limits, closes at once, keeps comments on closed tickets, can do groups and
// updates, and accepts every object.
type Option func(*Backend)

// WithClock makes now the backend's clock. It must be safe for concurrent
// use, and is called while the backend is locked. Leases, late commits, lag
// and pending closes go by it: what is due happens when the backend is next
// used. Only [Slow] waits in package time. The default is time.Now, which is
// virtual inside a testing/synctest bubble.
func WithClock(now func() time.Time) Option { return func(b *Backend) { b.clock = now } }

// WithLease gives every new ticket a lease: d after its creation it is
// expired, unless RenewTT moved the end. 0, the default, means no lease, and
// RenewTT is ErrUnsupported.
func WithLease(d time.Duration) Option { return func(b *Backend) { b.lease = max(d, 0) } }

// WithLag lets lists lag behind writes, as real servers' do: for d after a
// change, GetObjectTTs, ListTTs and FindTT answer as if it had not happened.
// GetTT, GetUpdates and everything that writes see the present: keys stay
// enforced.
func WithLag(d time.Duration) Option { return func(b *Backend) { b.lag = max(d, 0) } }

// WithPendingClose makes CloseTT answer false: the ticket is pending until
// after has passed, or, when after is 0, until [Console.Close] confirms it.
// [Console.Reopen] refuses it.
func WithPendingClose(after time.Duration) Option {
	return func(b *Backend) { b.asyncClose, b.closeAfter = true, max(after, 0) }
}

// Limits bounds texts, in bytes of UTF-8; 0 means no limit. What is longer
// is cut at a rune, marked with tt.CutMark, and Ticket.Truncated is set.
type Limits struct {
	Subject  int // of a ticket and of a comment
	Body     int // of a ticket
	Comment  int // the body of a comment
	Comments int // per ticket: a further one is ErrInvalid; a closing message always fits
}

// WithLimits sets the limits.
func WithLimits(l Limits) Option { return func(b *Backend) { b.limits = l } }

// WithInventory makes the backend know these objects only; any other is
// ErrNotFound.
func WithInventory(objects ...string) Option {
	return func(b *Backend) {
		b.inventory = make(map[string]struct{}, len(objects))
		for _, obj := range objects {
			b.inventory[obj] = struct{}{}
		}
	}
}

// WithoutGroups makes CreateGroupTT and AddToGroupTT answer ErrUnsupported.
func WithoutGroups() Option { return func(b *Backend) { b.noGroups = true } }

// WithoutUpdates makes GetUpdates answer ErrUnsupported.
func WithoutUpdates() Option { return func(b *Backend) { b.noUpdates = true } }

// WithoutCommentsAfterClose makes AddComment on a closed or expired ticket
// answer ErrClosed.
func WithoutCommentsAfterClose() Option { return func(b *Backend) { b.noLateComments = true } }

// WithHistory lets a backend that lives long forget: it keeps the newest
// events, so many at least and twice as many at most. Below 0, the default,
// every event is kept; 0 keeps none.
func WithHistory(newest int) Option { return func(b *Backend) { b.history.limit = newest } }
