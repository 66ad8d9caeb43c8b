package tt_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

// prober answers what it was asked.
type prober struct {
	tt.Unimplemented
	asked tt.ProbeRequest
}

func (p *prober) Probe(_ context.Context, req tt.ProbeRequest) ([]tt.Finding, error) {
	p.asked = req
	return []tt.Finding{{Question: "labels", Answer: "merge"}}, nil
}

func TestProbeAsksAProber(t *testing.T) {
	p := &prober{}
	req := tt.ProbeRequest{Objects: []string{"sw-1", "sw-2"}, Queue: "test", Wait: time.Second}
	found, err := tt.Probe(t.Context(), p, req)
	require.NoError(t, err)
	assert.Equal(t, []tt.Finding{{Question: "labels", Answer: "merge"}}, found)
	assert.Equal(t, req, p.asked)
}

func TestProbeOfASystemThatCannotIsUnsupported(t *testing.T) {
	_, err := tt.Probe(t.Context(), tt.Unimplemented{}, tt.ProbeRequest{Objects: []string{"sw-1"}})
	require.ErrorIs(t, err, tt.ErrUnsupported)
	var e *tt.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "Probe", e.Op)
	assert.Equal(t, tt.NotDone, e.Outcome)

	_, err = tt.Probe(t.Context(), struct{ tt.System }{&prober{}}, tt.ProbeRequest{Objects: []string{"sw-1"}})
	assert.ErrorIs(t, err, tt.ErrUnsupported, "embedding a System passes the methods of System and no others")
}

func TestAWrongProbeIsRefusedBeforeAnythingIsAsked(t *testing.T) {
	for _, row := range []struct {
		name string
		req  tt.ProbeRequest
		says string
	}{
		{"no object", tt.ProbeRequest{}, "no object"},
		{"an empty object", tt.ProbeRequest{Objects: []string{""}}, "object is empty"},
		{"an object with a line end", tt.ProbeRequest{Objects: []string{"a", "b\n"}}, "object"},
		{"an object twice", tt.ProbeRequest{Objects: []string{"a", "a"}}, `"a" is given twice`},
		{"a negative wait", tt.ProbeRequest{Objects: []string{"a"}, Wait: -1}, "negative"},
		{"a queue that is too long", tt.ProbeRequest{Objects: []string{"a"}, Queue: strings.Repeat("q", tt.MaxObject+1)}, "queue"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := &prober{}
			_, err := tt.Probe(t.Context(), p, row.req)
			require.ErrorIs(t, err, tt.ErrInvalid)
			assert.ErrorContains(t, err, row.says)
			assert.Nil(t, p.asked.Objects)
		})
	}
}

func TestAFindingSaysOnlyWhatItHolds(t *testing.T) {
	bare := tt.Finding{Question: "labels in a change", Answer: "merge"}
	full := tt.Finding{Question: "lists", Answer: "2s late", Setting: "settle", Value: "6s", Detail: "seen after 2s"}
	text, err := json.Marshal([]tt.Finding{bare, full})
	require.NoError(t, err)
	assert.JSONEq(t, `[{"question":"labels in a change","answer":"merge"},
		{"question":"lists","answer":"2s late","setting":"settle","value":"6s","detail":"seen after 2s"}]`, string(text))
	assert.Equal(t, "labels in a change: merge", bare.String())
	assert.Equal(t, "lists: 2s late (settle: 6s)", full.String())
}
