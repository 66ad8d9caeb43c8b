package guance_test

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

// A modify replaces the whole schedule, so what an answer does not show would
// be lost.
func TestNothingIsBuiltUponAnAnswerThatShowsPartOfASchedule(t *testing.T) {
	for _, row := range []struct{ name, from, to string }{
		{"no rules", `"strategyConfig":`, `"steps":`},
		{"rules as text", `"strategyConfig":[`, `"strategyConfig":"[","x":[`},
		{"no filter", `"dimensionFilter":`, `"dims":`},
		{"extend as text", `"extend":{`, `"extend":"{","x":{`},
	} {
		rewriting(t, row.name, func(_ *http.Request, _ *http.Response, body []byte) []byte {
			return bytes.ReplaceAll(body, []byte(row.from), []byte(row.to))
		}, func(s scene, on func(bool)) {
			id := s.server.AddSchedule(personsRule)
			before := raw(s.schedule(id))
			on(true)
			err := s.sys.AddComment(s.ctx, tt.CommentRequest{ID: id, Body: "on my way", Key: "c"})
			assert.Equal(s, tt.CodeInternal, tt.CodeOf(err))
			_, err = s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: id})
			var e *tt.Error
			require.ErrorAs(s, err, &e)
			assert.Equal(s, tt.NotDone, e.Outcome)
			assert.Equal(s, before, raw(s.schedule(id)))
		})
	}
}

func TestAnAnswerWithoutTimesSaysNothingOfTheClock(t *testing.T) {
	rewriting(t, "no Date and no createAt", func(_ *http.Request, reply *http.Response, body []byte) []byte {
		reply.Header.Del("Date")
		return bytes.ReplaceAll(body, []byte(`"createAt"`), []byte(`"madeOn"`))
	}, func(s scene, on func(bool)) {
		on(true)
		s.create("k1", "sw-1")
		id := s.create("k2", "sw-2").ID
		s.close(id)
		start, end := s.schedule(id).Effective()
		assert.WithinDuration(s, time.Now(), start, time.Minute)
		assert.WithinDuration(s, time.Now(), end, time.Minute)
	})
}

// What a server answers to a name that exists already is not documented.
func TestARefusedCreateWhoseTicketExistsReturnsIt(t *testing.T) {
	rewriting(t, "400 to the second delivery of a post", func(r *http.Request, reply *http.Response, body []byte) []byte {
		if !strings.HasSuffix(r.URL.Path, "/add") {
			return body
		}
		reply.StatusCode = http.StatusBadRequest
		return []byte(`{"code":400,"content":{},"errorCode":"ft.Taken","message":"the name is taken","success":false}`)
	}, func(s scene, on func(bool)) {
		on(true)
		c := s.create("k", "sw-1")
		assert.True(s, c.Existed)
		on(false)
		assert.Equal(s, c.ID, s.create("k", "sw-1").ID)
	})
}

func TestAClockThatIsWrongByADayIsLearned(t *testing.T) {
	for _, skew := range []time.Duration{30 * time.Hour, -30 * time.Hour} {
		inBubble(t, skew.String(), guancetest.Knobs{NoDate: true, Skew: skew}, nil, func(s scene) {
			_, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Object: "sw-1", Subject: "down", Key: "k"})
			require.ErrorIs(s, err, tt.ErrTemporary)
			assert.True(s, tt.SafeToRetry(err))
			assert.Contains(s, err.Error(), "NTP")
			assert.Empty(s, inEffect(s.server), "nothing is left behind")
			c := s.create("k", "sw-1")
			assert.False(s, c.Existed)
			assert.True(s, s.create("k", "sw-1").Existed)
			assert.Len(s, inEffect(s.server), 1)
			s.close(c.ID)
			assert.Empty(s, inEffect(s.server))
		})
	}
}

// A process that has written nothing yet knows nothing of the server's clock
// but what it reads.
func TestAnotherProcessSeesThatATicketIsClosed(t *testing.T) {
	for _, skew := range []time.Duration{3 * time.Minute, -3 * time.Minute} {
		inBubble(t, skew.String(), guancetest.Knobs{NoDate: true, Skew: skew}, nil, func(s scene) {
			c := s.create("k", "sw-1")
			s.close(c.ID)
			reader := scene{s.T, s.ctx, s.server, openOn(s, s.server, nil)}
			assert.Equal(s, tt.StateClosed, reader.get(c.ID).State)
			assert.True(s, reader.create("k", "sw-1").Closed)
			require.NoError(s, reader.sys.Shutdown(s.ctx))
		})
	}
}

// The reply to the create was lost, so the first that is known of the server's
// clock is the reply to the close: the end that was written is still to come.
func TestACloseLearnsTheClock(t *testing.T) {
	for _, skew := range []time.Duration{3 * time.Minute, -3 * time.Minute} {
		inBubble(t, skew.String(), guancetest.Knobs{NoDate: true, Skew: skew}, nil, func(s scene) {
			s.server.Inject(tttest.Fault{Route: "add", Kind: tttest.LoseReply})
			c := s.create("k", "sw-1")
			time.Sleep(time.Minute)
			s.close(c.ID)
			assert.Empty(s, inEffect(s.server), "at once, and not when the clock gets there")
			assert.Equal(s, tt.StateClosed, s.get(c.ID).State)
		})
	}
}

// A server that keeps the end it has is not one whose clock is behind, and no
// repeat would help.
func TestAServerThatTakesNoEndIsNotToldToMendItsClock(t *testing.T) {
	rewriting(t, "the end stays as it was", func(r *http.Request, _ *http.Response, body []byte) []byte {
		return regexp.MustCompile(`"end":\d+`).ReplaceAll(body, []byte(`"end":4102444800`))
	}, func(s scene, on func(bool)) {
		id := s.create("k", "sw-1").ID
		on(true)
		_, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: id})
		var e *tt.Error
		require.ErrorAs(s, err, &e)
		assert.Equal(s, tt.CodeInternal, e.Code)
		assert.Equal(s, tt.Unknown, e.Outcome)
		assert.NotContains(s, err.Error(), "clock")
	})
}
