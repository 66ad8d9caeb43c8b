package fake_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/internal/settings/settingstest"
	"github.com/ttkit/ttkit/tt"
)

func TestTheDocumentedSettingsAreTheRealOnes(t *testing.T) {
	options, err := tt.Options("fake")
	require.NoError(t, err)
	settingstest.Table(t, "doc.go", options)
}

func TestOpenByName(t *testing.T) {
	tests := []struct {
		name     string
		settings map[string]any
		want     tt.Capabilities
		wantErr  string
	}{
		{name: "needs no setting"},
		{name: "takes a lease", settings: map[string]any{"lease": "168h"}, want: tt.Capabilities{Lease: 168 * time.Hour}},
		{name: "can close later", settings: map[string]any{"pending_close": "5m"}, want: tt.Capabilities{AsyncClose: true}},
		{name: "ignores what adapters over HTTP share", settings: map[string]any{
			"base_url": "https://tickets.example.net", "lookup": "best_effort", "timeout": "5s", "late": "1m",
			"settle": "1s", "window": 0, "ca_file": "ca.pem", "allow_http": true,
			"retry": map[string]any{"max_attempts": 3, "wait_min": "1s", "wait_max": "5s"},
		}},
		{name: "refuses a setting of another adapter", settings: map[string]any{"token": "x"}, wantErr: "token"},
		{name: "refuses a mistake in what it ignores", settings: map[string]any{"lookup": "never"}, wantErr: "lookup"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sys, err := tt.OpenConfig(ctx, tt.Config{Name: "msk", Adapter: "fake", Settings: test.settings})
			if test.wantErr != "" {
				require.ErrorIs(t, err, tt.ErrInvalid)
				require.ErrorContains(t, err, test.wantErr)
				return
			}
			require.NoError(t, err)
			test.want.PromoteGroupTT, test.want.CommentsAfterClose, test.want.Updates = true, true, true
			test.want.KeyGuarantee = tt.KeyEnforced
			assert.Equal(t, test.want, sys.Capabilities())
			assert.Equal(t, `fake "msk"`, sys.(*fake.System).String())
		})
	}
}

func TestOpenByURL(t *testing.T) {
	sys, err := tt.Open(ctx, "msk", "fake:?namespace=staging&lag=1h")
	require.NoError(t, err)
	_, err = sys.CreateTT(ctx, tt.CreateRequest{Object: "sw1", Subject: "link down", Key: "k"})
	require.NoError(t, err)

	_, err = sys.FindTT(ctx, "k")
	assert.ErrorIs(t, err, tt.ErrNotFound, "the lag hides the ticket")
	production := sys.(*fake.System).Backend().Open("production")
	other, err := production.CreateTT(ctx, tt.CreateRequest{Object: "sw1", Subject: "link down", Key: "k"})
	require.NoError(t, err)
	assert.False(t, other.Existed, "the namespace keeps the keys apart")
}

func TestASystemOpenedByNameDoesNotRememberForEver(t *testing.T) {
	sys, err := tt.Open(ctx, "msk", "fake:")
	require.NoError(t, err)
	for range 21_000 {
		_, err := sys.FindTT(ctx, "k")
		require.ErrorIs(t, err, tt.ErrNotFound)
	}
	history := sys.(*fake.System).Backend().History()
	assert.GreaterOrEqual(t, len(history), 10_000)
	assert.LessOrEqual(t, len(history), 20_000)
}

func TestEverySystemOpenedByNameHasItsOwnBackend(t *testing.T) {
	for range 2 {
		sys, err := tt.Open(ctx, "msk", "fake:")
		require.NoError(t, err)
		created, err := sys.CreateTT(ctx, tt.CreateRequest{Object: "sw1", Subject: "link down", Key: "k"})
		require.NoError(t, err)
		assert.False(t, created.Existed)
	}
}
