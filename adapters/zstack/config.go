package zstack

import (
	"time"

	"github.com/ttkit/ttkit/tt"
)

// Name is the adapter's name: the scheme of its connection URLs.
const Name = "zstack"

// Config holds the settings. A zero field takes its default. Exactly one of
// Session, Account, IAM2 and AccessKey says how to authenticate.
type Config struct {
	tt.Common
	Session        tt.Secret         `tt:"session" help:"a ready session; it is neither renewed nor logged out"`
	Account        Account           `tt:"account"`
	IAM2           IAM2              `tt:"iam2"`
	AccessKey      AccessKey         `tt:"access_key"`
	ProjectUUID    string            `tt:"project_uuid" required:"true" help:"uuid of the project whose tickets these are"`
	VirtualIDUUID  string            `tt:"virtual_id_uuid" required:"true" help:"uuid of the virtual ID that submits the tickets"`
	Requests       []map[string]any  `tt:"requests" required:"true" help:"the API calls that a ticket asks approval for"`
	AllowExecution bool              `tt:"allow_execution" default:"false" help:"accept requests that a final approval would execute"`
	Queues         map[string]string `tt:"queues" help:"queue to the uuid of a flow collection; * stands for every other queue"`
	CloseEvent     string            `tt:"close_event" default:"cancel" enum:"cancel,reject" help:"how a ticket is closed: cancel by its submitter, or reject by an approver"`
	TimeZone       string            `tt:"timezone" help:"time zone of the server's dates, such as Asia/Shanghai; asked of the server when unset"`
	Poll           Poll              `tt:"poll"`
}

// Account logs in by account.
type Account struct {
	Name     string    `tt:"name" help:"account name"`
	Password tt.Secret `tt:"password" help:"its password"`
}

// IAM2 logs in as a virtual ID, and then into a project.
type IAM2 struct {
	VirtualID string    `tt:"virtual_id" help:"name of the virtual ID"`
	Password  tt.Secret `tt:"password" help:"its password"`
	Project   string    `tt:"project" help:"name of the project"`
}

// AccessKey signs every request.
type AccessKey struct {
	ID     string    `tt:"id" help:"access key's id"`
	Secret tt.Secret `tt:"secret" help:"access key's secret"`
}

// Poll says how jobs are asked for.
type Poll struct {
	WaitMin time.Duration `tt:"wait_min" default:"50ms" help:"first wait for a job"`
	WaitMax time.Duration `tt:"wait_max" default:"5s" help:"longest wait between two questions"`
	Limit   time.Duration `tt:"limit" default:"2m" help:"how long one job is asked for before the ticket itself is"`
}
