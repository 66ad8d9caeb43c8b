package guance

import (
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/ttkit/ttkit/internal/converge"
	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/internal/rewrite"
	"github.com/ttkit/ttkit/internal/settings"
	"github.com/ttkit/ttkit/tt"
)

// Name is the adapter's name: the scheme of its connection URLs.
const Name = "guance"

// Config holds the settings. A zero field takes its default. Targets or Queues
// must be given.
type Config struct {
	tt.Common
	APIKey    tt.Secret           `tt:"api_key" required:"true" help:"API key of the workspace"`
	Targets   []string            `tt:"targets" help:"whom the schedule of a ticket notifies when queues says nothing of its queue: acnt_…, notify_…, group_… or an e-mail address"`
	Queues    map[string][]string `tt:"queues" help:"queue to the targets of its tickets; * stands for every other queue"`
	Dimension string              `tt:"dimension" default:"host" enum:"host,service,resource,pod_name,app_name,env,url" help:"the dimension of incidents that objects are values of"`
	Dark      bool                `tt:"dark" default:"false" help:"make schedules that match no incident and notify nobody"`
	TimeZone  string              `tt:"timezone" default:"UTC" help:"IANA time zone of start and end"`
	Start     string              `tt:"start" default:"00:00" help:"from when in the day a schedule notifies, HH:MM"`
	End       string              `tt:"end" default:"23:59" help:"until when, HH:MM; later than start"`
	Rate      Rate                `tt:"rate"`
	Routes    Routes              `tt:"routes"`
}

// Rate is how many calls the vendor takes from the API key.
type Rate struct {
	Requests int           `tt:"requests" default:"20" off:"true" help:"calls that the API key may make in a period, over all systems of this process that use it; 0: no limit"`
	Per      time.Duration `tt:"per" default:"60s" help:"the period"`
}

// Routes are those that the vendor does not document. Each is a verb, GET or
// POST, and a path below base_url.
type Routes struct {
	Get  string `tt:"get" help:"how one schedule is read, such as GET /api/v1/incidents/schedule/{uuid}/get; unset: like that, and out of the list where the server has no such route"`
	List string `tt:"list" help:"how schedules are listed, such as POST /api/v1/incidents/schedule/list; unset: by GET, and by POST where the server refuses that"`

	// Delete is used by Probe alone, on what it made itself.
	Delete string `tt:"delete" help:"how Probe removes the schedules that it made, such as POST /api/v1/incidents/schedule/{uuid}/delete; a path without {uuid} takes a list scheduleUUIDs; unset: both forms are tried. Nothing else deletes"`
}

func init() { tt.Register(Name, open, Options()) }

// Options describes the settings.
func Options() []tt.Option { return settings.Options(Config{}) }

// configure reads the settings and builds what they describe.
func (s *System) configure(cfg Config, client *http.Client, log *slog.Logger) error {
	if err := settings.Default(&cfg); err != nil {
		return err
	}
	base, err := settings.BaseURL(cfg.Common)
	if err != nil {
		return err
	}
	if cfg.Window == tt.Off {
		cfg.Window = 0
	}
	if err := checkTargets(cfg); err != nil {
		return err
	}
	if err := checkHours(cfg); err != nil {
		return err
	}
	if err := s.routes.configure(cfg.Routes); err != nil {
		return err
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s.cfg, s.log = cfg, log.With("adapter", Name, "system", s.name)
	s.limiter = limiterOf(base.String(), cfg.APIKey.Reveal(), rates{PerMinute: cfg.Rate.Requests, Window: cfg.Rate.Per})
	s.client, err = rest.New(rest.Config{
		Adapter: Name, System: s.name, BaseURL: base,
		HTTPClient: client, Logger: log, CAFile: cfg.CAFile,
		Timeout: cfg.Timeout, Retry: cfg.Retry,
		Authorize: func(h http.Header) { h["Df-Api-Key"] = []string{cfg.APIKey.Reveal()} },
		Secrets:   []tt.Secret{cfg.APIKey},
		Before:    s.limiter.enter,
		Fail:      s.fail,
	})
	if err != nil {
		return err
	}
	s.changes = rewrite.New(s.rewriting(), s.rewrites(), s.client, &s.flights, s.log)
	s.lookups.system = s
	s.engine = converge.New(s.converging(), s.doubts(), s.client, &s.flights, s.log)
	return nil
}

// converging is what the engine must be able to do with schedules.
func (s *System) converging() converge.Vendor[*schedule] {
	return converge.Vendor[*schedule]{
		ID:      func(x *schedule) string { return x.uuid },
		Hash:    (*schedule).hash,
		Less:    (*schedule).before,
		Find:    s.findKey,
		Open:    s.openTickets,
		Resolve: s.resolveCopies,
		Begin:   s.beginCreate,
	}
}

// doubts are the engine's settings.
func (s *System) doubts() converge.Settings {
	return converge.Settings{
		Late: s.cfg.Late, Settle: s.cfg.Settle, WaitMax: s.cfg.Retry.WaitMax, BestEffort: s.cfg.Lookup == "best_effort",
		Few: 1, // calls are dear
	}
}

func badSetting(name, format string, args ...any) error {
	return tt.Errorf(tt.CodeInvalid, tt.NotDone, `setting "`+strings.ReplaceAll(name, "%", "%%")+`" `+format, args...)
}

// checkTargets wants somebody to notify: a schedule without targets is
// refused by the server, when an alarm is there already.
func checkTargets(cfg Config) error {
	if len(cfg.Targets) == 0 && len(cfg.Queues) == 0 {
		return badSetting("targets", "is missing: say whom schedules notify, by it or by queues")
	}
	lists := map[string][]string{"targets": cfg.Targets}
	for queue, targets := range cfg.Queues {
		lists["queues."+queue] = targets
		if len(targets) == 0 {
			return badSetting("queues."+queue, "names no targets")
		}
	}
	for name, targets := range lists {
		for _, target := range targets {
			if target == "" || strings.ContainsFunc(target, unicode.IsSpace) {
				return badSetting(name, "must hold acnt_…, notify_…, group_… or e-mail addresses")
			}
		}
	}
	return nil
}

// targetsOf are whom the tickets of a queue notify.
func (s *System) targetsOf(queue string) ([]string, error) {
	for _, targets := range [][]string{s.cfg.Queues[queue], s.cfg.Queues["*"], s.cfg.Targets} {
		if len(targets) > 0 {
			return targets, nil
		}
	}
	return nil, tt.Errorf(tt.CodeInvalid, tt.NotDone,
		`queue %q has no targets: add it to the setting queues, or "*" for every other queue, or set targets`, queue)
}

var hour = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)

func checkHours(cfg Config) error {
	switch {
	case !hour.MatchString(cfg.Start):
		return badSetting("start", "must be an hour, HH:MM")
	case !hour.MatchString(cfg.End):
		return badSetting("end", "must be an hour, HH:MM")
	case cfg.Start >= cfg.End:
		return badSetting("end", "must be later than start: the server may refuse hours that reach over midnight")
	case len(cfg.TimeZone) > maxTimeZone || strings.ContainsFunc(cfg.TimeZone, unicode.IsSpace):
		return badSetting("timezone", "must be the IANA name of a time zone, such as Asia/Shanghai")
	}
	return nil
}

const maxTimeZone = 48 // characters that the server takes
