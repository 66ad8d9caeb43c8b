package tt

import (
	"fmt"
	"io"
	"log/slog"
)

const hidden = "[secret]"

// Secret holds a token or a password that cannot be printed: fmt with every
// verb, encoding/json, log/slog and the diff of a failed test show
// "[secret]". The zero value is an empty secret.
type Secret struct {
	reveal func() string // a function, so that reflection finds no text
}

// NewSecret keeps s.
func NewSecret(s string) Secret {
	if s == "" {
		return Secret{}
	}
	return Secret{func() string { return s }}
}

// Reveal returns the text. Call it where a request is made, and keep nothing.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.reveal == nil }

// String returns "[secret]".
func (Secret) String() string { return hidden }

// GoString returns "[secret]".
func (Secret) GoString() string { return hidden }

// Format writes "[secret]" whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText returns "[secret]": a secret can be read from a file, never
// written to one.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// UnmarshalText keeps the text.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}

// LogValue returns "[secret]".
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }
