package zstacktest

import (
	"slices"
	"time"
)

// What a server holds by default.
const (
	AdminName     = "admin" // the account that sees and approves everything
	AdminPassword = "admin-password"
	AdminUUID     = "36c27e8ff05c4780bf6d2fa65700f22e"

	DefaultVirtualID         = "ttkit" // a virtual ID, member of DefaultProject
	DefaultVirtualIDPassword = "ttkit-password"
	DefaultVirtualIDUUID     = "1c255722caf34cb888b57d11a744248c"

	ApproverVirtualID         = "approver" // another member, first approver of TwoStepCollectionUUID
	ApproverVirtualIDPassword = "approver-password"
	ApproverVirtualIDUUID     = "a97bb6eb5f4f4a6e8c2f1f2d6c9e1d10"

	DefaultProject            = "monitoring"
	DefaultProjectUUID        = "28c9a199e3e842d28c9805eb89be56cb"
	DefaultProjectAccountUUID = "5f9c0f2e8f5b4f7ba1a5a4f0a8f3c7d1"

	DefaultAccessKeyID     = "zstacktestAccessKey1" // acts as DefaultVirtualID in DefaultProject
	DefaultAccessKeySecret = "zstacktest-access-key-secret"

	VMTicketTypeUUID      = "3b933e9aaf2d49b9a3dcf0c92867790f" // the built-in ticket type
	DefaultCollectionUUID = "872c04e82fee40509447b9ec90fc5aa1" // one step, approved by the admin account
	TwoStepCollectionUUID = "9fbbac8054d54f0490438eaaba3e1cf8" // approver, then the admin account; of DefaultProject

	// CreateVMAPI is the request that the built-in ticket type carries.
	CreateVMAPI = "org.zstack.header.vm.APICreateVmInstanceMsg"
)

// Options are what a server starts with. The zero value is useful: it is an
// installation with the names and uuids above.
type Options struct {
	Accounts        []Account        // nil: the admin account
	VirtualIDs      []VirtualID      // nil: DefaultVirtualID and ApproverVirtualID
	Projects        []Project        // nil: DefaultProject with both
	AccessKeys      []AccessKey      // nil: DefaultAccessKeyID
	TicketTypes     []TicketType     // nil: the built-in type
	FlowCollections []FlowCollection // nil: the built-in default and TwoStepCollectionUUID

	// ContextPath is the path of the web application; "" is "/zstack", "/"
	// is none.
	ContextPath string

	// LocationHost is the host and port in the location of a 202; "" is
	// "10.0.0.5:8080". See Knobs.Location.
	LocationHost string

	// JobTime, when it is not nil, says how long each job takes, by its
	// route, instead of Knobs.JobTime. It is called once per job, in the
	// order of arrival, and must not call the server.
	JobTime func(route string) time.Duration

	// What an administrator can set.

	MaxSessions    int            // of one user; 0: 500
	UniqueSessions bool           // a login ends the older sessions of its kind and user
	CheckTimeZone  bool           // the Date of a signed request counts with its zone, not as the server's local time
	Location       *time.Location // the server's time zone; nil: Knobs.Zone

	Knobs Knobs            // zero: the likeliest server
	Now   func() time.Time // nil: time.Now; Knobs.Skew is added to it
}

// Account is an account of the platform.
type Account struct {
	UUID, Name, Password string
	Admin                bool // sees everything
}

// VirtualID is a user of IAM2.
type VirtualID struct{ UUID, Name, Password string }

// Project is a project of IAM2.
type Project struct {
	UUID, Name string

	// AccountUUID is the account that owns what is made in the project.
	AccountUUID string

	// Members are the uuids of the virtual IDs that may log in to it.
	Members []string
}

// AccessKey signs requests instead of a session. It acts as a virtual ID in a
// project, or as an account.
type AccessKey struct {
	ID, Secret                 string
	VirtualIDUUID, ProjectUUID string
	AccountUUID                string // when VirtualIDUUID is ""
}

// TicketType is what the server finds for the requests of a ticket.
type TicketType struct {
	UUID, Name string
	APIs       []string // the apiNames of its requests
	AdminOnly  bool

	// Mandatory are the parameters without which a request of this type
	// fails when it runs; see Knobs.CheckBody.
	Mandatory []string
}

// FlowCollection is an approval process.
type FlowCollection struct {
	UUID, Name  string
	ProjectUUID string   // "": of all projects
	TypeUUIDs   []string // of the ticket types that may use it; none: all
	Default     bool
	Disabled    bool
	Invalid     bool
	Flows       []Flow // the steps in their order, at least one
}

// Flow is one step of an approval process.
type Flow struct {
	UUID, Name   string
	ApproverUUID string // a virtual ID or an account
}

func defaultTypes() []TicketType {
	return []TicketType{{
		UUID:      VMTicketTypeUUID,
		Name:      "CREATE_VM_INSTANCE_TICKET_TYPE",
		APIs:      []string{CreateVMAPI},
		Mandatory: []string{"name", "imageUuid", "l3NetworkUuids"},
	}}
}

func defaultCollections() []FlowCollection {
	return []FlowCollection{
		{
			UUID: DefaultCollectionUUID, Name: "default", Default: true,
			Flows: []Flow{{UUID: "c6c9b0d1e2f34a5b8c7d6e5f40312233", Name: "admin", ApproverUUID: AdminUUID}},
		},
		{
			UUID: TwoStepCollectionUUID, Name: "two steps", ProjectUUID: DefaultProjectUUID,
			Flows: []Flow{
				{UUID: "d1a0b1c2d3e44f5a9b8c7d6e5f403122", Name: "first", ApproverUUID: ApproverVirtualIDUUID},
				{UUID: "d2a0b1c2d3e44f5a9b8c7d6e5f403122", Name: "last", ApproverUUID: AdminUUID},
			},
		},
	}
}

// complete fills in what is nil, and copies the rest.
func (o Options) complete() Options {
	if o.Accounts == nil {
		o.Accounts = []Account{{UUID: AdminUUID, Name: AdminName, Password: AdminPassword, Admin: true}}
	}
	if o.VirtualIDs == nil {
		o.VirtualIDs = []VirtualID{
			{UUID: DefaultVirtualIDUUID, Name: DefaultVirtualID, Password: DefaultVirtualIDPassword},
			{UUID: ApproverVirtualIDUUID, Name: ApproverVirtualID, Password: ApproverVirtualIDPassword},
		}
	}
	if o.Projects == nil {
		o.Projects = []Project{{
			UUID: DefaultProjectUUID, Name: DefaultProject, AccountUUID: DefaultProjectAccountUUID,
			Members: []string{DefaultVirtualIDUUID, ApproverVirtualIDUUID},
		}}
	}
	if o.AccessKeys == nil {
		o.AccessKeys = []AccessKey{{
			ID: DefaultAccessKeyID, Secret: DefaultAccessKeySecret,
			VirtualIDUUID: DefaultVirtualIDUUID, ProjectUUID: DefaultProjectUUID, AccountUUID: AdminUUID,
		}}
	}
	if o.TicketTypes == nil {
		o.TicketTypes = defaultTypes()
	}
	if o.FlowCollections == nil {
		o.FlowCollections = defaultCollections()
	}
	o.Accounts = slices.Clone(o.Accounts)
	o.VirtualIDs = slices.Clone(o.VirtualIDs)
	o.Projects = slices.Clone(o.Projects)
	o.AccessKeys = slices.Clone(o.AccessKeys)
	o.TicketTypes = slices.Clone(o.TicketTypes)
	o.FlowCollections = slices.Clone(o.FlowCollections)
	switch o.ContextPath {
	case "":
		o.ContextPath = "/zstack"
	case "/":
		o.ContextPath = ""
	}
	if o.LocationHost == "" {
		o.LocationHost = "10.0.0.5:8080"
	}
	if o.MaxSessions == 0 {
		o.MaxSessions = 500
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}
