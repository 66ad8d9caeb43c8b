package tt_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

const token = "s3cr3t-t0ken"

// account is what an adapter might hold: secrets in fields of every kind.
type account struct {
	Name   string
	Token  tt.Secret
	Ptr    *tt.Secret
	List   []tt.Secret
	Map    map[string]tt.Secret
	hidden tt.Secret
}

func secretAccount() account {
	s := tt.NewSecret(token)
	return account{"noc", s, &s, []tt.Secret{s}, map[string]tt.Secret{"a": s}, s}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	a := secretAccount()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%T", "%p", "%w", "%z", "%10.3s", "%-5v"} {
		for _, value := range []any{a.Token, a.Ptr, a.hidden, a, &a, []any{a}} {
			text := fmt.Sprintf(verb, value)
			assert.NotContains(t, text, token, verb)
			assert.NotContains(t, text, fmt.Sprintf("%x", token), verb)
		}
	}
	assert.Equal(t, "[secret]", fmt.Sprintf("%v", a.Token))
	assert.Equal(t, "[secret]", a.Token.String())
	assert.Equal(t, "[secret]", a.Token.GoString())
	assert.Equal(t, "[secret]", fmt.Sprint(tt.Secret{}), "an empty secret does not say that it is empty")
}

func TestSecretIsNeverEncoded(t *testing.T) {
	a := secretAccount()
	text, err := json.Marshal(a)
	require.NoError(t, err)
	assert.NotContains(t, string(text), token)
	assert.Contains(t, string(text), `"Token":"[secret]"`)

	text, err = xml.Marshal(struct {
		XMLName xml.Name `xml:"account"`
		Token   tt.Secret
	}{Token: a.Token})
	require.NoError(t, err)
	assert.NotContains(t, string(text), token)
}

func TestSecretIsNeverLogged(t *testing.T) {
	a := secretAccount()
	var out bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("opened", "token", a.Token, "ptr", a.Ptr, "account", a, slog.Group("g", "list", a.List))
	}
	assert.NotContains(t, out.String(), token)
	assert.Contains(t, out.String(), "token=[secret]")
}

// recorder is a *testing.T that keeps what a failed assertion prints.
type recorder struct{ text string }

func (r *recorder) Errorf(format string, args ...any) { r.text += fmt.Sprintf(format, args...) }

func TestSecretIsNotInTheDiffOfAFailedTest(t *testing.T) {
	a, b := secretAccount(), secretAccount()
	b.Name = "other"
	var r recorder
	assert.Equal(&r, a, b)
	require.Contains(t, r.text, "other", "the diff was printed")
	assert.NotContains(t, r.text, token)
}

func TestSecretKeepsItsText(t *testing.T) {
	assert.Equal(t, token, tt.NewSecret(token).Reveal())
	assert.False(t, tt.NewSecret(token).IsZero())
	assert.Empty(t, tt.Secret{}.Reveal(), "the zero value is an empty secret")
	assert.True(t, tt.Secret{}.IsZero())
	assert.True(t, tt.NewSecret("").IsZero())
	assert.True(t, reflect.DeepEqual(tt.Secret{}, tt.NewSecret("")))

	var a struct{ Token tt.Secret }
	require.NoError(t, json.Unmarshal([]byte(`{"Token":"`+token+`"}`), &a))
	assert.Equal(t, token, a.Token.Reveal(), "a secret can be read from a file")
}
