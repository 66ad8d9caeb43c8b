package settings_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/ttkit/ttkit/internal/settings"
	"github.com/ttkit/ttkit/tt"
)

func TestOptionsAreTheFieldsInOrder(t *testing.T) {
	type small struct {
		Token tt.Secret `tt:"token" required:"true" help:"the API token"`
		Other int
		tt.Retry
		Nested struct {
			Scope string `tt:"scope" default:"Ci" enum:"Ci,CiAndChildren" help:"what a ticket covers"`
		} `tt:"nested"`
		Mute    time.Duration  `tt:"mute" default:"1m" off:"true" help:"0: never"`
		Dark    bool           `tt:"dark" default:"false"`
		Targets []string       `tt:"targets"`
		Extra   map[string]any `tt:"extra"`
	}
	want := []tt.Option{
		{Name: "token", Type: "secret", Required: true, Help: "the API token"},
		{Name: "max_attempts", Type: "int", Default: "5", Help: "repeats per operation, plus one"},
		{Name: "wait_min", Type: "duration", Default: "200ms", Help: "first wait before a repeat"},
		{Name: "wait_max", Type: "duration", Default: "10s", Help: "longest wait before a repeat; a longer Retry-After is returned to the caller"},
		{Name: "nested.scope", Type: "string", Default: "Ci", Help: "what a ticket covers (Ci or CiAndChildren)"},
		{Name: "mute", Type: "duration", Default: "1m", Help: "0: never"},
		{Name: "dark", Type: "bool", Default: "false"},
		{Name: "targets", Type: "list"},
		{Name: "extra", Type: "map"},
	}
	assert.Equal(t, want, settings.Options(small{}))
	assert.Equal(t, want, settings.Options((*small)(nil)))
}

func TestMarkdownIsAlignedAndEscaped(t *testing.T) {
	assert.Equal(t, `| setting            | type     | default     | meaning |
| ------------------ | -------- | ----------- | ------- |
| token              | secret   | must be set | the API token |
| retry.max_attempts | int      | 5           | repeats, plus one |
| sep                | string   | \|          | a \| or none |
| dash               | duration | —           | a dash |
`, settings.Markdown([]tt.Option{
		{Name: "token", Type: "secret", Required: true, Help: "the API token"},
		{Name: "retry.max_attempts", Type: "int", Default: "5", Help: "repeats, plus one"},
		{Name: "sep", Type: "string", Default: "|", Help: "a | or none"},
		{Name: "dash", Type: "duration", Default: "—", Help: "a dash"},
	}))
}
