package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnAlarmBecomesOneTicketOnEverySystem(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	var want strings.Builder
	for _, system := range []string{`fake "memory"`, `rsm "msk"`, `zstack "cloud"`, `guance "watch"`} {
		fmt.Fprintf(&want, `%s
  raised   ticket ID, existed: false
  raised   ticket ID, existed: true
  joined   object 8: ok
  joined   object 9: ok
  cleared  closed: true
  holds    ticket ID, closed, "uplink down" on 7, 8, 9
           olga: on my way
           olga: port 3 replaced
`, system)
	}
	assert.Equal(t, want.String(), regexp.MustCompile(`ticket [0-9a-z_]+`).ReplaceAllString(out.String(), "ticket ID"))
}
