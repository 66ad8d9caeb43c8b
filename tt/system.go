package tt

import (
	"context"
	"time"
)

// System is one configured trouble-ticket system. Its methods carry the names
// of the NOC Project's BaseTTSystem, so that a person who knows create_tt
// finds [System.CreateTT].
//
// Every method is safe for concurrent use. Nothing that is passed in or
// returned shares memory with the System. Every error is, or wraps, an
// [*Error]; what a system cannot do is [ErrUnsupported], which callers skip
// and never count as a failure.
//
// A cancelled ctx ends every call at once. A step that is already on its way
// to the server, and the election that follows a create, run on under their
// own limit of ten seconds; [System.Shutdown] waits for them. The error of a
// cancelled call tells by its Outcome what is known at that moment.
//
// Implementations embed [Unimplemented]; the unexported method sees to it.
// Generated mocks therefore cannot implement System: use the fake of
// adapters/fake, or a struct that embeds Unimplemented and overrides the one
// or two methods that the test is about.
type System interface {
	// CreateTT opens the ticket of one alarm episode, or finds it.
	//
	// With a Key, calling again (from any goroutine, process or machine)
	// returns the ticket of that key, open or not, and [Created] tells which;
	// the request's other fields are then ignored, except that another Object
	// is ErrConflict. CreateTT is resumable: called again with the key it
	// finishes whatever step of an earlier call is missing. Without a Key, one
	// is made for the length of the call: a lost reply is still repaired
	// inside the call, never after it.
	//
	// With an error, Created.ID and Error.TicketID both carry the id when a
	// ticket is known to exist; it is provisional until a call returns nil.
	CreateTT(ctx context.Context, req CreateRequest) (Created, error)

	// GetTT reads one ticket. It returns everything that CreateTT was given;
	// text that was cut to the vendor's limits ends with [CutMark], and
	// Truncated is set. A ticket that lost an election answers with the
	// ticket that won, whose ID differs from the one asked for. An unknown id
	// is ErrNotFound.
	GetTT(ctx context.Context, id string) (*Ticket, error)

	// GetObjectTTs lists the open tickets of an object, oldest first: its own
	// and the group tickets it is a member of. Objects are compared exactly.
	// An object with no open ticket is an empty list and no error; an object
	// that the vendor does not know is ErrNotFound where the vendor keeps an
	// inventory.
	GetObjectTTs(ctx context.Context, obj string) (ids []string, err error)

	// FindTT returns the id of the ticket of a key, open or not, and
	// ErrNotFound when there is none. A look-up that failed is never read as
	// "none": it is an error of another code.
	FindTT(ctx context.Context, key string) (id string, err error)

	// ListTTs returns every open ticket that this library made in this
	// namespace, oldest first, a page at a time.
	ListTTs(ctx context.Context, req ListRequest) (List, error)

	// CloseTT ends the ticket, and every other open ticket of its key. It is
	// true only when GetTT would say closed or expired. Closing a closed or
	// expired ticket is true and changes nothing. False with a nil error
	// means that the close was accepted and is pending, for an approval or a
	// date that has to pass. An unknown id is ErrNotFound.
	CloseTT(ctx context.Context, req CloseRequest) (closed bool, err error)

	// AddComment appends a comment. With a Key, repeating the call is a
	// no-op. On a closed ticket the outcome is as
	// Capabilities.CommentsAfterClose says: kept, or ErrClosed.
	AddComment(ctx context.Context, req CommentRequest) error

	// RenewTT moves the end of the ticket's lease to until, and only ever
	// later: an earlier time is a no-op. On a closed or expired ticket it is
	// ErrClosed; where tickets have no lease it is ErrUnsupported.
	RenewTT(ctx context.Context, id string, until time.Time) error

	// CreateGroupTT promotes a ticket to a group ticket, in place: the group
	// has the ticket's id. Promoting again is a no-op. at is the time of the
	// escalation; zero means now.
	CreateGroupTT(ctx context.Context, id string, at time.Time) (groupID string, err error)

	// AddToGroupTT adds objects to a group ticket. It answers exactly one
	// result per object, in the order given; one bad object does not fail the
	// others. The leader and members already there are ok. The error is set
	// only when nothing could be tried: a ticket that was never promoted is
	// ErrConflict, a closed one ErrClosed.
	AddToGroupTT(ctx context.Context, groupID string, objs ...string) ([]ItemResult, error)

	// GetUpdates returns what happened to tickets since a cursor, at least
	// once each. Systems without a feed answer ErrUnsupported.
	GetUpdates(ctx context.Context, req UpdatesRequest) (Updates, error)

	// Check is a preflight that changes nothing: address, credentials,
	// permissions, clock. Findings are results; the error is set only when
	// no check could be made.
	Check(ctx context.Context) ([]CheckResult, error)

	// Shutdown finishes pending writes and verifications and logs out. Calls
	// made afterwards fail with ErrInvalid. A second Shutdown is a no-op.
	Shutdown(ctx context.Context) error

	// Capabilities tells what the system can do. It needs no request.
	Capabilities() Capabilities

	mustEmbedUnimplemented()
}

// Unimplemented answers ErrUnsupported to every method, except Shutdown,
// which answers nil, and Capabilities, which answers its zero value. Every
// implementation of [System] embeds it, so that a method added to System
// later does not break it.
type Unimplemented struct{}

var _ System = Unimplemented{}

func unsupported(op string) error {
	return &Error{Op: op, Code: CodeUnsupported, Outcome: NotDone, Err: errNotSupported}
}

// CreateTT answers ErrUnsupported.
func (Unimplemented) CreateTT(context.Context, CreateRequest) (Created, error) {
	return Created{}, unsupported("CreateTT")
}

// GetTT answers ErrUnsupported.
func (Unimplemented) GetTT(context.Context, string) (*Ticket, error) {
	return nil, unsupported("GetTT")
}

// GetObjectTTs answers ErrUnsupported.
func (Unimplemented) GetObjectTTs(context.Context, string) ([]string, error) {
	return nil, unsupported("GetObjectTTs")
}

// FindTT answers ErrUnsupported.
func (Unimplemented) FindTT(context.Context, string) (string, error) {
	return "", unsupported("FindTT")
}

// ListTTs answers ErrUnsupported.
func (Unimplemented) ListTTs(context.Context, ListRequest) (List, error) {
	return List{}, unsupported("ListTTs")
}

// CloseTT answers ErrUnsupported.
func (Unimplemented) CloseTT(context.Context, CloseRequest) (bool, error) {
	return false, unsupported("CloseTT")
}

// AddComment answers ErrUnsupported.
func (Unimplemented) AddComment(context.Context, CommentRequest) error {
	return unsupported("AddComment")
}

// RenewTT answers ErrUnsupported.
func (Unimplemented) RenewTT(context.Context, string, time.Time) error {
	return unsupported("RenewTT")
}

// CreateGroupTT answers ErrUnsupported.
func (Unimplemented) CreateGroupTT(context.Context, string, time.Time) (string, error) {
	return "", unsupported("CreateGroupTT")
}

// AddToGroupTT answers ErrUnsupported.
func (Unimplemented) AddToGroupTT(context.Context, string, ...string) ([]ItemResult, error) {
	return nil, unsupported("AddToGroupTT")
}

// GetUpdates answers ErrUnsupported.
func (Unimplemented) GetUpdates(context.Context, UpdatesRequest) (Updates, error) {
	return Updates{}, unsupported("GetUpdates")
}

// Check answers ErrUnsupported.
func (Unimplemented) Check(context.Context) ([]CheckResult, error) {
	return nil, unsupported("Check")
}

// Shutdown answers nil.
func (Unimplemented) Shutdown(context.Context) error { return nil }

// Capabilities answers the zero value: nothing is supported.
func (Unimplemented) Capabilities() Capabilities { return Capabilities{} }

func (Unimplemented) mustEmbedUnimplemented() {}
