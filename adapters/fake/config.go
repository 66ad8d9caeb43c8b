package fake

import (
	"context"
	"time"

	"github.com/ttkit/ttkit/internal/settings"
	"github.com/ttkit/ttkit/tt"
)

func init() { tt.Register(adapter, open, settings.Options(config{})) }

// config holds the settings of a System that is opened by the adapter's name.
type config struct {
	Namespace    string        `tt:"namespace" help:"a key in two namespaces means two tickets"`
	Lease        time.Duration `tt:"lease" help:"how long a new ticket lives without a renewal; without it, as long as the process"`
	Lag          time.Duration `tt:"lag" help:"how long lists show what was before a change"`
	PendingClose time.Duration `tt:"pending_close" help:"how long a close is pending; without it, tickets close at once"`

	ignored
}

// ignored are the settings that the adapters over HTTP share. They are
// checked, so that a file that is tried out on the fake has no mistake in
// them, and mean nothing here.
type ignored struct {
	BaseURL   string        `tt:"base_url" help:"ignored"`
	Lookup    string        `tt:"lookup" enum:"required,best_effort" help:"ignored"`
	Timeout   time.Duration `tt:"timeout" help:"ignored"`
	Retry     ignoredRetry  `tt:"retry"`
	Late      time.Duration `tt:"late" help:"ignored"`
	Settle    time.Duration `tt:"settle" help:"ignored"`
	Window    time.Duration `tt:"window" off:"true" help:"ignored"`
	CAFile    string        `tt:"ca_file" help:"ignored"`
	AllowHTTP bool          `tt:"allow_http" help:"ignored"`
}

type ignoredRetry struct {
	MaxAttempts int           `tt:"max_attempts" help:"ignored"`
	WaitMin     time.Duration `tt:"wait_min" help:"ignored"`
	WaitMax     time.Duration `tt:"wait_max" help:"ignored"`
}

// longLived is how many events a backend keeps that was opened by name: the
// program is more than one test.
const longLived = 10_000

func open(_ context.Context, cfg tt.Config) (tt.System, error) {
	var c config
	if err := settings.Decode(cfg.Settings, &c); err != nil {
		return nil, err
	}
	options := []Option{WithLease(c.Lease), WithLag(c.Lag), WithHistory(longLived)}
	if c.PendingClose > 0 {
		options = append(options, WithPendingClose(c.PendingClose))
	}
	return NewBackend(options...).Open(cfg.Name, WithNamespace(c.Namespace)), nil
}
