package middleware

// Call describes one call of a method of tt.System. It holds copies: keeping
// one, or changing what it points to, does not disturb the call.
type Call struct {
	Op       string // the method's name: "CreateTT"
	TicketID string // the ticket or group asked for; "" where the method takes none, as CreateTT
	Key      string // the key of CreateTT, FindTT and AddComment; "" when none was given
	Object   string // the object of CreateTT and GetObjectTTs; for AddToGroupTT see Request

	// ReadOnly is true for calls that only ask: GetTT, GetObjectTTs, FindTT,
	// ListTTs, GetUpdates and Check. An adapter may still tidy up duplicates
	// that it meets on the way.
	ReadOnly bool

	// Request is the method's argument beside the context and what the fields
	// above say in full: a tt.CreateRequest, tt.CloseRequest,
	// tt.CommentRequest, tt.ListRequest, tt.UpdatesRequest or tt.ProbeRequest,
	// the time.Time of RenewTT and CreateGroupTT, the objects ([]string) of
	// AddToGroupTT; otherwise nil.
	Request any

	result func() any
}

// Result returns what the method returned when next was last called, also
// beside an error, and nil before that: a tt.Created, *tt.Ticket, []string
// (GetObjectTTs), string (FindTT, CreateGroupTT), tt.List, bool (CloseTT),
// []tt.ItemResult, tt.Updates, []tt.CheckResult or []tt.Finding. It is nil for AddComment,
// RenewTT and Shutdown. The caller gets the same value: read it, and neither
// change nor keep it.
func (c Call) Result() any {
	if c.result == nil {
		return nil
	}
	return c.result()
}
