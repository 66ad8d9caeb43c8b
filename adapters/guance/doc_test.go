package guance

import (
	"testing"

	"github.com/ttkit/ttkit/internal/settings/settingstest"
)

func TestOptionTable(t *testing.T) { settingstest.Table(t, "doc.go", Options()) }
