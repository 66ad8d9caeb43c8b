package settings_test

import (
	"fmt"
	"time"

	"github.com/ttkit/ttkit/internal/settings"
	"github.com/ttkit/ttkit/tt"
)

// adapterConfig is what an adapter declares, once.
type adapterConfig struct {
	Token tt.Secret     `tt:"token" required:"true" help:"the API token"`
	Lease time.Duration `tt:"lease" default:"168h" help:"how long a ticket lives"`
	Scope string        `tt:"scope" default:"Ci" enum:"Ci,CiAndChildren" help:"what a ticket covers"`
	Retry struct {
		MaxAttempts int `tt:"max_attempts" default:"5" help:"repeats, plus one"`
	} `tt:"retry"`
}

func ExampleDecode() {
	var cfg adapterConfig
	err := settings.Decode(map[string]any{
		"token": "s3cret",
		"lease": "24h",
		"retry": map[any]any{"max_attempts": 3},
	}, &cfg)
	fmt.Println(err, cfg.Token, cfg.Lease, cfg.Scope, cfg.Retry.MaxAttempts)

	err = settings.Decode(map[string]any{"Token": "s3cret", "lease": 24}, &cfg)
	fmt.Println(err)
	// Output:
	// <nil> [secret] 24h0m0s Ci 3
	// tt: invalid: settings: Token: unknown setting: did you mean token?; lease: want a duration above 0, such as 30s (a number needs a unit: s, m or h)
}

func ExampleMarkdown() {
	fmt.Print(settings.Markdown(settings.Options(adapterConfig{})))
	// Output:
	// | setting            | type     | default     | meaning |
	// | ------------------ | -------- | ----------- | ------- |
	// | token              | secret   | must be set | the API token |
	// | lease              | duration | 168h        | how long a ticket lives |
	// | scope              | string   | Ci          | what a ticket covers (Ci or CiAndChildren) |
	// | retry.max_attempts | int      | 5           | repeats, plus one |
}
