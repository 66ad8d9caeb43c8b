package guance

import (
	"time"

	"github.com/ttkit/ttkit/tt"
)

// Name is the adapter's name: the scheme of its connection URLs.
const Name = "guance"

// Config holds the settings. A zero field takes its default. Targets or Queues
// must be given.
type Config struct {
	tt.Common
	APIKey    tt.Secret           `tt:"api_key" required:"true" help:"API key of the workspace"`
	Targets   []string            `tt:"targets" help:"whom a ticket's schedule notifies when queues says nothing: acnt_…, notify_…, group_… or e-mail"`
	Queues    map[string][]string `tt:"queues" help:"queue to notify targets; * stands for every other queue"`
	Dimension string              `tt:"dimension" default:"host" enum:"host,service,resource,pod_name,app_name,env,url" help:"the dimension that objects name"`
	Dark      bool                `tt:"dark" default:"false" help:"schedules that never notify anybody"`
	TimeZone  string              `tt:"timezone" default:"UTC" help:"IANA time zone of start and end"`
	Start     string              `tt:"start" default:"00:00" help:"daily begin, HH:MM"`
	End       string              `tt:"end" default:"23:59" help:"daily end, HH:MM"`
	Rate      Rate                `tt:"rate"`
	Routes    Routes              `tt:"routes"`
}

// Rate is the limit of calls that the API key has.
type Rate struct {
	Requests int           `tt:"requests" default:"20" off:"true" help:"calls per period; 0: no limit"`
	Per      time.Duration `tt:"per" default:"60s" help:"the period"`
}

// Routes override those routes that the vendor does not document.
type Routes struct {
	Get    string `tt:"get" help:"METHOD /path, such as GET /api/v1/incidents/schedule/{schedule_uuid}/get"`
	List   string `tt:"list" help:"METHOD /path"`
	Delete string `tt:"delete" help:"METHOD /path"`
}
