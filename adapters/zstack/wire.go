package zstack

// The API's paths, below base_url.
const (
	pathAccountLogin   = "/v1/accounts/login"
	pathVirtualIDLogin = "/v1/iam2/virtual-ids/login"
	pathProjectLogin   = "/v1/iam2/projects/login"
	pathSessions       = "/v1/accounts/sessions/"
	pathReady          = "/v1/management-nodes/ready"
	pathNodeActions    = "/v1/management-nodes/actions"
	pathTimeZone       = "/v1/management-nodes/platform-timezone"
	pathJobs           = "/v1/api-jobs/"
	pathTickets        = "/v1/tickets"
	pathArchives       = "/v1/tickets/archives"
	pathHistories      = "/v1/tickets/histories"
	pathOldHistories   = "/v1/tickets/histories/archives"
	pathUserTags       = "/v1/user-tags"
)

// ticketResource is the type of tickets in the tag system.
const ticketResource = "TicketVO"

// status is the status of a ticket. There is none that says "resolved".
type status string

const (
	statusPending      status = "Pending"
	statusIntermediate status = "IntermediateApproved"
	statusFinal        status = "FinalApproved"
	statusCancelled    status = "Cancelled"
	statusRejected     status = "Rejected"
)

func (s status) open() bool { return s == statusPending || s == statusIntermediate }

func (s status) ended() bool {
	return s == statusFinal || s == statusCancelled || s == statusRejected
}

// event ends a ticket. Whatever its value, it is one of these two: what this
// package sends can never approve anything.
type event bool

const (
	eventCancel event = false // by the submitter
	eventReject event = true  // by the approver whose turn it is
)

// MarshalText writes the event as the API spells it.
func (e event) MarshalText() ([]byte, error) {
	if e == eventReject {
		return []byte("reject"), nil
	}
	return []byte("cancel"), nil
}

// inventories is the answer to a query.
type inventories[T any] struct {
	Inventories []T `json:"inventories"`
}

// inventory is the answer to everything else.
type inventory[T any] struct {
	Inventory T `json:"inventory"`
}

// ticketRow is a ticket, alive or archived.
type ticketRow struct {
	UUID        string `json:"uuid"`
	TicketUUID  string `json:"ticketUuid"` // of an archived one: what UUID was
	Name        string `json:"name"`
	Description string `json:"description"`
	Status      status `json:"status"`
	Created     string `json:"createDate"`
	Changed     string `json:"lastOpDate"`
}

// historyRow is one change of a ticket's status.
type historyRow struct {
	Sequence   number `json:"sequence"` // over all tickets of the platform
	TicketUUID string `json:"ticketUuid"`
	From       status `json:"fromStatus"`
	To         status `json:"toStatus"`
	Comment    string `json:"comment"`
	Operator   string `json:"operatorUuid"`
	Created    string `json:"createDate"`
}

// tagRow is a user tag.
type tagRow struct {
	UUID     string `json:"uuid"`
	Resource string `json:"resourceUuid"`
	Text     string `json:"tag"`
	Created  string `json:"createDate"`
}

// createBody is CreateTicket.
type createBody struct {
	Params   createParams `json:"params"`
	UserTags []string     `json:"userTags"`
}

type createParams struct {
	Name           string    `json:"name"`
	Description    string    `json:"description"`
	Requests       []any     `json:"requests"`
	FlowCollection string    `json:"flowCollectionUuid,omitempty"`
	System         string    `json:"accountSystemType"`
	Submitter      submitter `json:"accountSystemContext"`
	UUID           string    `json:"resourceUuid"`
}

type submitter struct {
	Project   string `json:"projectUuid"`
	VirtualID string `json:"virtualIDUuid"`
}

// changeBody is ChangeTicketStatus.
type changeBody struct {
	Change struct {
		Event   event  `json:"statusEvent"`
		Comment string `json:"comment"`
	} `json:"changeTicketStatus"`
}

// tagBody is CreateUserTag.
type tagBody struct {
	Params struct {
		Type     string `json:"resourceType"`
		Resource string `json:"resourceUuid"`
		Tag      string `json:"tag"`
	} `json:"params"`
}

// accepted is the answer to an asynchronous call.
type accepted struct {
	Location string `json:"location"`
}
