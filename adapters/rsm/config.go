package rsm

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ttkit/ttkit/internal/converge"
	"github.com/ttkit/ttkit/internal/flight"
	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/internal/rewrite"
	"github.com/ttkit/ttkit/internal/settings"
	"github.com/ttkit/ttkit/tt"
)

// Name is the adapter's name: the scheme of its connection URLs.
const Name = "rsm"

// Config holds the settings. A zero field takes its default.
type Config struct {
	tt.Common
	Token    tt.Secret         `tt:"token" required:"true" help:"personal API token, from the user profile's API Access"`
	Lease    time.Duration     `tt:"lease" default:"168h" help:"how long a ticket stays open unless it is renewed"`
	Scope    string            `tt:"scope" default:"Ci" enum:"Ci,CiAndChildren" help:"whether the mode covers the config item alone or its children too"`
	Depth    int               `tt:"depth" default:"0" help:"depth of the children's graph for CiAndChildren"`
	ObjectBy string            `tt:"object_by" default:"id" help:"how objects name config items: id, name or label:KEY"`
	AnchorCI map[string]string `tt:"anchor_ci" help:"queue to config item id: the modes are put on that item and the object is kept in labels, so that monitoring of the object goes on; * stands for every other queue"`
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

// System is a monq installation whose service modes are tickets. New makes
// one.
type System struct {
	tt.Unimplemented
	name     string
	cfg      Config
	anchors  map[string]int64
	client   *rest.Client
	dial     func(authorize func(http.Header)) (*rest.Client, error) // makes another one like it
	log      *slog.Logger
	flights  flight.Group
	engine   *converge.Engine[*mode]
	objects  objects
	changes  *rewrite.Engine[int64, mode, edit, kept]
	noCancel atomic.Bool // this server refuses to cancel a running mode

	ahead     atomic.Int64 // nanoseconds: how far ahead an early end must lie
	lastStamp atomic.Int64
}

var _ tt.System = (*System)(nil)

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
	if cfg.Window == tt.Off {
		cfg.Window = 0
	}
	if key, isLabel := strings.CutPrefix(cfg.ObjectBy, "label:"); cfg.ObjectBy != "id" && cfg.ObjectBy != "name" && (!isLabel || key == "") {
		return tt.Errorf(tt.CodeInvalid, tt.NotDone, `setting "object_by" must be id, name or label:KEY`)
	}
	if cfg.Lease < shortestLease {
		return tt.Errorf(tt.CodeInvalid, tt.NotDone, `setting "lease" must be at least %s`, shortestLease)
	}
	s.anchors = map[string]int64{}
	for queue, id := range cfg.AnchorCI {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil || n < 1 {
			return tt.Errorf(tt.CodeInvalid, tt.NotDone, `setting "anchor_ci.%s" must be the number of a config item`, queue)
		}
		s.anchors[queue] = n
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s.cfg, s.log = cfg, log.With("adapter", Name, "system", s.name)
	s.dial = func(authorize func(http.Header)) (*rest.Client, error) {
		return rest.New(rest.Config{
			Adapter: Name, System: s.name, BaseURL: base,
			HTTPClient: client, Logger: log, CAFile: cfg.CAFile,
			Timeout: cfg.Timeout, Retry: cfg.Retry,
			Authorize: authorize, Secrets: []tt.Secret{cfg.Token}, Fail: fail,
		})
	}
	s.client, err = s.dial(s.speaking("ru-RU")) // the language that the vendor documents its texts in
	if err != nil {
		return err
	}
	s.objects.init()
	s.changes = rewrite.New(s.rewriting(), s.rewrites(), s.client, &s.flights, s.log)
	s.engine = converge.New(s.converging(), s.doubts(), s.client, &s.flights, s.log)
	return nil
}

// converging is what the engine must be able to do with modes.
func (s *System) converging() converge.Vendor[*mode] {
	return converge.Vendor[*mode]{
		ID:      (*mode).id,
		Hash:    (*mode).hash,
		Less:    func(a, b *mode) bool { return a.ID < b.ID },
		Find:    s.findKey,
		Open:    s.openTickets,
		Resolve: s.resolveCopies,
	}
}

// doubts are the engine's settings.
func (s *System) doubts() converge.Settings {
	return converge.Settings{
		Late: s.cfg.Late, Settle: s.cfg.Settle, WaitMax: s.cfg.Retry.WaitMax, BestEffort: s.cfg.Lookup == "best_effort",
	}
}

// speaking sets the credentials of a request, and the language to answer in.
func (s *System) speaking(language string) func(http.Header) {
	return func(h http.Header) {
		h.Set("Authorization", "Bearer "+s.cfg.Token.Reveal())
		h.Set("Accept-Language", language)
	}
}

// String names the system as errors do; it never shows a setting.
func (s *System) String() string {
	if s.name == "" {
		return Name
	}
	return Name + " " + strconv.Quote(s.name)
}

// GoString is String.
func (s *System) GoString() string { return s.String() }

// MarshalText is String.
func (s *System) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Capabilities tells what service modes can do.
func (s *System) Capabilities() tt.Capabilities {
	c := tt.Capabilities{
		PromoteGroupTT: true,
		KeyGuarantee:   tt.KeyConverging,
		Lease:          s.cfg.Lease,
		AsyncClose:     true,
		MaxSubject:     maxSubject,
		MaxBody:        maxBody,
		MaxComment:     maxComment,
		MaxComments:    maxComments,
		Effects:        "while a ticket is open, monq treats its config items as in maintenance and mutes their monitoring; anchor_ci avoids it",
	}
	if len(s.anchors) > 0 {
		c.Effects = "while a ticket is open, monq treats the anchor config item of its queue as in maintenance"
	}
	return c
}

// shortestLease keeps a ticket from ending while it is made.
const shortestLease = time.Minute

// begin starts an operation: it refuses one after Shutdown, and gives ctx the
// operation's budget of repeats. Shutdown waits until s.flights.Leave.
func (s *System) begin(ctx context.Context) (context.Context, error) {
	if ctx.Err() != nil {
		return ctx, flight.Canceled(ctx, tt.NotDone, "")
	}
	if err := s.flights.Enter(); err != nil {
		return ctx, err
	}
	return s.client.Operation(ctx), nil
}

// done completes an operation's error. repeatable says that the operation
// cannot do anything twice; an error that proves that nothing was done can
// always be repeated.
func (s *System) done(err error, op, id string, repeatable bool) error {
	if err == nil {
		return nil
	}
	err = tt.Annotate(err, Name, s.name, op, id)
	if e, ok := err.(*tt.Error); ok {
		e.Repeatable = repeatable || e.Outcome == tt.NotDone
	}
	return err
}

// modeID reads a ticket id, which is the number of a mode.
func modeID(id string) (int64, error) {
	if err := tt.ValidateID(id); err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != id {
		return 0, tt.Errorf(tt.CodeInvalid, tt.NotDone, "%q is no ticket id of this system: give the number that create printed, such as 731", id)
	}
	return n, nil
}

func modePath(id int64) string { return pathModes + "/" + strconv.FormatInt(id, 10) }

// now is the server's time.
func (s *System) now() time.Time { return s.client.Now() }

// stamp is the server's time, later with every call: what this System writes
// down is ordered by it.
func (s *System) stamp() time.Time {
	now := s.now().UnixNano()
	for {
		last := s.lastStamp.Load()
		next := max(now, last+1)
		if s.lastStamp.CompareAndSwap(last, next) {
			return time.Unix(0, next).UTC()
		}
	}
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

var strict = url.Values{"batchValidate": {"true"}} // otherwise unknown items are dropped in silence
