package tttest_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

// fussy is a token that looks different in every encoding.
const fussy = `p"a/s+s?w&rd`

func TestASecretIsSeenHoweverItIsWritten(t *testing.T) {
	quoted, err := json.Marshal(fussy)
	require.NoError(t, err)
	for what, text := range map[string]string{
		"as it is":                      "token " + fussy + " refused",
		"in a query":                    "GET /?token=" + url.QueryEscape(fussy),
		"in a path":                     "GET /" + url.PathEscape(fussy) + "/x",
		"in JSON":                       `{"token":` + string(quoted) + `}`,
		"in base64":                     base64.StdEncoding.EncodeToString([]byte(fussy)),
		"in base64 for URLs":            base64.URLEncoding.EncodeToString([]byte(fussy)),
		"as a password of Basic":        "Basic " + base64.StdEncoding.EncodeToString([]byte("me:"+fussy)),
		"as a password of Basic, by al": "Basic " + base64.StdEncoding.EncodeToString([]byte("al:"+fussy+"\n")),
		"as a user's name of Basic":     "Basic " + base64.StdEncoding.EncodeToString([]byte("x"+fussy+":password")),
	} {
		t.Run(what, func(t *testing.T) {
			err := tttest.NoSecretIn(text, "another", fussy)
			require.ErrorContains(t, err, "secret number 2 of 2 shows")
			assert.NotContains(t, err.Error(), fussy, "the finding must not leak what it found")
		})
	}
}

func TestWhatHoldsNoSecretIsFine(t *testing.T) {
	for _, text := range []string{"", "token refused", "p a s s w r d", base64.StdEncoding.EncodeToString([]byte("me:somebody else's"))} {
		assert.NoError(t, tttest.NoSecretIn(text, fussy))
	}
	assert.NoError(t, tttest.NoSecretIn("anything", ""), "an empty secret is in every text and means none")
	assert.NoError(t, tttest.NoSecret(nil, fussy))
	assert.NoError(t, tttest.NoSecret(errors.New("refused"), fussy))
}

// reticent prints nothing of what it wraps.
type reticent struct{ causes []error }

func (reticent) Error() string     { return "refused" }
func (r reticent) Unwrap() []error { return r.causes }

func (reticent) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("refused")) }

func TestASecretIsSeenWhereverAnErrorHidesIt(t *testing.T) {
	leak := errors.New("token " + fussy)
	for what, err := range map[string]error{
		"in its text":                      leak,
		"in what it wraps":                 fmt.Errorf("create: %w", leak),
		"in one of several":                errors.Join(errors.New("first"), leak),
		"in a cause that it does not show": reticent{[]error{nil, errors.New("first"), leak}},
		"in the cause of a tt.Error":       tt.Errorf(tt.CodeUnavailable, tt.Unknown, "%w", leak),
		"in a field of a tt.Error":         &tt.Error{Code: tt.CodeUnavailable, TraceID: fussy},
		"in what only %#v shows":           &carrier{token: fussy},
	} {
		t.Run(what, func(t *testing.T) {
			found := tttest.NoSecret(err, fussy)
			require.Error(t, found)
			assert.NotContains(t, found.Error(), fussy)
		})
	}
	assert.NoError(t, tttest.NoSecret(tt.Errorf(tt.CodeInvalid, tt.NotDone, "no %v", tt.NewSecret(fussy)), fussy))
}

// carrier shows its field to %#v alone.
type carrier struct{ token string }

func (*carrier) Error() string      { return "refused" }
func (c *carrier) GoString() string { return "carrier " + c.token }
