package zstack

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/internal/settings"
	"github.com/ttkit/ttkit/tt"
)

// Name is the adapter's name: the scheme of its connection URLs.
const Name = "zstack"

// contextPath is where the platform's API is unless base_url has a path.
const contextPath = "/zstack"

// Config holds the settings. A zero field takes its default. Exactly one of
// Session, Account, IAM2 and AccessKey says how to authenticate. Late, Settle
// and Window of tt.Common have no effect here.
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
	TimeZone       string            `tt:"timezone" help:"time zone of the server's dates, such as Asia/Shanghai or +08:00; asked of the server when unset"`
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

// Poll says how jobs are asked for. A wait is a third of what the job has
// taken so far, within the bounds.
type Poll struct {
	WaitMin time.Duration `tt:"wait_min" default:"90ms" help:"first and shortest wait for a job"`
	WaitMax time.Duration `tt:"wait_max" default:"5s" help:"longest wait between two questions"`
	Limit   time.Duration `tt:"limit" default:"2m" help:"how long one job is asked for before the ticket itself is"`
}

func init() { tt.Register(Name, open, Options()) }

// Options describes the settings.
func Options() []tt.Option { return settings.Options(Config{}) }

func open(_ context.Context, c tt.Config) (tt.System, error) {
	var cfg Config
	if err := settings.Decode(c.Settings, &cfg); err != nil {
		return nil, err
	}
	return New(cfg, func(into *tt.Config) { *into = c })
}

// New opens a system. It sends nothing. The options are tt.WithName,
// tt.WithHTTPClient and tt.WithLogger. Wrong settings are tt.ErrInvalid.
func New(cfg Config, options ...tt.OpenOption) (*System, error) {
	s := &System{}
	var with tt.Config
	for _, option := range options {
		option(&with)
	}
	s.name = with.Name
	if err := s.configure(cfg, with.HTTPClient, with.Logger); err != nil {
		return nil, tt.Annotate(err, Name, s.name, "Open", "")
	}
	return s, nil
}

func (s *System) configure(cfg Config, client *http.Client, log *slog.Logger) error {
	if err := settings.Default(&cfg); err != nil {
		return err
	}
	base, err := settings.BaseURL(cfg.Common)
	if err != nil {
		return err
	}
	if strings.Trim(base.Path, "/") == "" {
		base.Path, base.RawPath = contextPath, ""
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s.log = log.With("adapter", Name, "system", s.name)
	s.namespace, s.bestEffort, s.poll = cfg.Namespace, cfg.Lookup == "best_effort", cfg.Poll
	if s.poll.WaitMax < s.poll.WaitMin {
		return badSetting("poll.wait_max", "must be at least poll.wait_min (%s)", s.poll.WaitMin)
	}
	if err := s.configureTickets(cfg); err != nil {
		return err
	}
	secrets, err := s.auth.configure(s, cfg)
	if err != nil {
		return err
	}
	s.host = base.Host
	s.client, err = rest.New(rest.Config{
		Adapter: Name, System: s.name, BaseURL: base,
		HTTPClient: client, Logger: log, CAFile: cfg.CAFile,
		Timeout: cfg.Timeout, Retry: cfg.Retry,
		Secrets: secrets,
		Fail:    fail,
	})
	return err
}

// configureTickets reads what decides how tickets are made and ended.
func (s *System) configureTickets(cfg Config) error {
	var err error
	if s.requests, err = parseRequests(cfg.Requests, cfg.AllowExecution); err != nil {
		return err
	}
	for name, uuid := range map[string]string{"project_uuid": cfg.ProjectUUID, "virtual_id_uuid": cfg.VirtualIDUUID} {
		if !isUUID(uuid) {
			return badSetting(name, "must be a uuid: 32 lower-case hexadecimal digits")
		}
	}
	s.project, s.virtualID = cfg.ProjectUUID, cfg.VirtualIDUUID
	s.queues = make(map[string]string, len(cfg.Queues))
	for queue, uuid := range cfg.Queues {
		if !isUUID(uuid) {
			return badSetting("queues."+queue, "must be the uuid of a flow collection: 32 lower-case hexadecimal digits")
		}
		s.queues[queue] = uuid
	}
	s.closing = eventCancel
	if cfg.CloseEvent == "reject" {
		s.closing = eventReject
	}
	if cfg.TimeZone == "" {
		return nil
	}
	zone, err := parseZone(cfg.TimeZone)
	if err != nil {
		return badSetting("timezone", "%w", err)
	}
	s.zone.set(zone, false)
	return nil
}

func badSetting(name, format string, args ...any) error {
	return tt.Errorf(tt.CodeInvalid, tt.NotDone, `setting "`+strings.ReplaceAll(name, "%", "%%")+`" `+format, args...)
}

// isUUID accepts what the platform writes: 32 lower-case hexadecimal digits.
func isUUID(text string) bool {
	return len(text) == 32 && strings.Trim(text, "0123456789abcdef") == ""
}
