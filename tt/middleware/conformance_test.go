package middleware_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ttkit/ttkit/adapters/fake/faketest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/middleware"
	"github.com/ttkit/ttkit/tt/tttest"
)

// What Logging decorates keeps every rule of the contract, and whatever the
// kit does is in the log, in lines that can be read.
func TestADecoratedSystemKeepsEveryRule(t *testing.T) {
	var out bytes.Buffer // which slog writes to under a lock
	logger := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	tttest.Run(t, faketest.Harness(func(sys tt.System) tt.System { return middleware.Logging(sys, logger) }))

	seen := map[string]bool{}
	for lines := json.NewDecoder(&out); lines.More(); {
		var line map[string]any
		if !assert.NoError(t, lines.Decode(&line)) {
			break
		}
		op, _ := line["op"].(string)
		seen[op] = true
	}
	for _, method := range methods() {
		assert.True(t, seen[method.Name], "%s is in the log", method.Name)
	}
}
