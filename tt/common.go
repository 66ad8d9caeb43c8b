package tt

import "time"

// Common holds the settings that every adapter over HTTP has. Adapters embed
// it in their Config. A zero field takes its default.
type Common struct {
	BaseURL   string        `tt:"base_url" required:"true" help:"the server's root, such as https://tickets.example.net"`
	Namespace string        `tt:"namespace" help:"hashed with every key, so that staging and production can share a vendor"`
	Lookup    string        `tt:"lookup" default:"required" enum:"required,best_effort" help:"what a create does when the look-up before it failed: required fails it, best_effort prefers a late duplicate to silence"`
	Timeout   time.Duration `tt:"timeout" default:"30s" help:"limit of one HTTP attempt"`
	Retry     Retry         `tt:"retry"`
	Late      time.Duration `tt:"late" default:"60s" help:"how long a create whose reply was lost may still commit"`
	Settle    time.Duration `tt:"settle" default:"5s" help:"how long a created ticket may stay invisible to look-ups"`
	Window    time.Duration `tt:"window" default:"2s" off:"true" help:"how long any writer may hold what it read before it writes; 0: this process is the only writer"`
	CAFile    string        `tt:"ca_file" help:"PEM file of the certificate authorities to trust instead of the system's"`
	AllowHTTP bool          `tt:"allow_http" default:"false" help:"allow plain http to a host that is not loopback"`
}

// Retry bounds the repeats of one operation, whatever its number of requests.
type Retry struct {
	MaxAttempts int           `tt:"max_attempts" default:"5" help:"repeats per operation, plus one"`
	WaitMin     time.Duration `tt:"wait_min" default:"200ms" help:"first wait before a repeat"`
	WaitMax     time.Duration `tt:"wait_max" default:"10s" help:"longest wait before a repeat; a longer Retry-After is returned to the caller"`
}

// Off, as the value of a duration or a number whose documentation allows it,
// means none, where zero would mean the default. In a file, write 0.
const Off = -1
