package guancetest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/tt/tttest"
)

// calls makes n calls and returns how many passed and the code of the last
// refusal.
func (a *api) calls(n int) (passed int, code string) {
	a.t.Helper()
	for range n {
		got := a.do("GET", schedules+"/list", nil)
		if got.Success {
			passed++
			continue
		}
		assert.Equal(a.t, 401, got.status)
		assert.Equal(a.t, 401, got.Code)
		code = got.ErrorCode
	}
	return passed, code
}

const (
	perKey       = "ft.TriggerApiAkCurrentLimiting"
	perWorkspace = "ft.TriggerApiWorkspaceCurrentLimiting"
)

func TestACallTooManyIsRefused(t *testing.T) {
	bubble(t, guancetest.Options{Limits: guancetest.VendorLimits()}, func(a *api) {
		passed, code := a.calls(20)
		assert.Equal(t, 20, passed)
		assert.Empty(t, code)
		passed, code = a.calls(1)
		assert.Equal(t, 0, passed)
		assert.Equal(t, perKey, code)

		time.Sleep(time.Minute - 1)
		passed, _ = a.calls(1)
		assert.Equal(t, 0, passed, "a moment before the minute is over")
		time.Sleep(time.Nanosecond)
		passed, _ = a.calls(21)
		assert.Equal(t, 20, passed)
		assert.Equal(t, guancetest.Usage{Calls: 43, Refused: 3, Peak: 22}, a.server.Usage(a.key))
		assert.Equal(t, guancetest.Usage{}, a.server.Usage("never used"))
	})
}

func TestTheSlidingWindowForgetsCallByCall(t *testing.T) {
	bubble(t, guancetest.Options{Limits: guancetest.Limits{Key: 3}}, func(a *api) {
		for range 3 {
			a.calls(1)
			time.Sleep(10 * time.Second)
		}
		time.Sleep(30 * time.Second) // a minute after the first call
		for range 3 {
			passed, _ := a.calls(2)
			assert.Equal(t, 1, passed)
			time.Sleep(10 * time.Second)
		}
	})
}

func TestAFixedWindowForgetsAllAtOnce(t *testing.T) {
	for _, row := range []struct {
		rule   string
		window guancetest.LimitWindow
		after  time.Duration // of the first call until there is room again
	}{
		{"a fixed window ends with the minute of the clock", guancetest.WindowFixed, 20 * time.Second},
		{"a window of the first call ends a minute after it", guancetest.WindowFirst, time.Minute},
	} {
		t.Run(row.rule, func(t *testing.T) {
			bubble(t, guancetest.Options{Limits: guancetest.Limits{Key: 5}, Knobs: guancetest.Knobs{Window: row.window}}, func(a *api) {
				time.Sleep(40 * time.Second)
				a.calls(1)
				time.Sleep(15 * time.Second)
				passed, code := a.calls(5)
				assert.Equal(t, 4, passed)
				assert.Equal(t, perKey, code)
				time.Sleep(row.after - 15*time.Second - 1)
				passed, _ = a.calls(1)
				assert.Zero(t, passed)
				time.Sleep(time.Nanosecond)
				passed, _ = a.calls(6)
				assert.Equal(t, 5, passed)
			})
		})
	}
}

func TestAWorkspaceHasALimitForAllItsKeys(t *testing.T) {
	bubble(t, guancetest.Options{
		Limits: guancetest.Limits{Key: 3, Workspace: 5, Per: time.Second},
		Keys:   []guancetest.Key{{Value: "a"}, {Value: "b"}, {Value: "c", Workspace: "wksp_c"}},
	}, func(a *api) {
		a.key = "a"
		passed, code := a.calls(4)
		assert.Equal(t, 3, passed)
		assert.Equal(t, perKey, code)
		a.key = "b"
		passed, code = a.calls(3)
		assert.Equal(t, 2, passed, "the refused call of the other key does not count")
		assert.Equal(t, perWorkspace, code)
		a.key = "c"
		passed, _ = a.calls(3)
		assert.Equal(t, 3, passed, "another workspace has its own")
		assert.Equal(t, guancetest.Usage{Calls: 7, Refused: 1, Peak: 7}, a.server.WorkspaceUsage(guancetest.DefaultWorkspace))
		assert.Equal(t, guancetest.Usage{Calls: 3, Peak: 3}, a.server.Usage("b"), "the workspace refused, not the key")
	})
}

func TestWhatCountsAsACall(t *testing.T) {
	bubble(t, guancetest.Options{Limits: guancetest.Limits{Key: 1000}}, func(a *api) {
		count := func() int { return a.server.Usage(guancetest.DefaultKey).Calls }
		a.do("GET", "/elsewhere", nil)
		assert.Equal(t, 1, count(), "one to a route that does not exist")
		a.do("POST", schedules+"/add", "{")
		assert.Equal(t, 2, count(), "one with a wrong body")

		a.key = "wrong"
		a.do("GET", schedules+"/list", nil)
		a.key = guancetest.DefaultKey
		a.server.Inject(
			tttest.Fault{Kind: tttest.StatusBefore}, tttest.Fault{Kind: tttest.Throttle},
			tttest.Fault{Kind: tttest.Unauthorized}, tttest.Fault{Kind: tttest.StatusAfter}, tttest.Fault{Kind: tttest.Twice},
		)
		a.server.SetLimits(guancetest.Limits{})
		for _, want := range []int{2, 2, 2, 3, 5} {
			req := a.request("GET", schedules+"/list", "")
			resp, err := a.server.Client().Do(req)
			if assert.NoError(t, err) {
				_ = resp.Body.Close()
			}
			assert.Equal(t, want, count(), "what reached the vendor, limits or not")
		}
	})
}

func TestLimitsOfNothingRefuseNothing(t *testing.T) {
	bubble(t, guancetest.Options{}, func(a *api) {
		passed, _ := a.calls(300)
		assert.Equal(t, 300, passed)
		a.server.SetLimits(guancetest.Limits{Key: 300})
		passed, _ = a.calls(1)
		assert.Equal(t, 0, passed, "what was counted stays")
		time.Sleep(time.Minute)
		passed, _ = a.calls(1)
		assert.Equal(t, 1, passed)
	})
}
