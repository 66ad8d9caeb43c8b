package sim_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/internal/sim"
)

func TestTheLogHoldsEverythingButCredentials(t *testing.T) {
	c := newCounter(func(v *sim.Vendor) { v.Mask = []string{"X-Api-Key"} })
	defer c.Close()
	req, err := http.NewRequest("POST", c.URL()+"/add?a=%20b", strings.NewReader("body"))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer hidden-token")
	req.Header.Set("X-Api-Key", "hidden-key")
	req.Header.Set("X-Other", "shown")
	resp, err := c.Client().Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())

	log := c.Requests()
	require.Len(t, log, 1)
	got := log[0]
	assert.Equal(t, "POST", got.Method)
	assert.Equal(t, "/add", got.Path)
	assert.Equal(t, "a=%20b", got.Query)
	assert.Equal(t, "body", got.Body)
	assert.Equal(t, "add", got.Route)
	assert.True(t, got.Writes)
	assert.Equal(t, []int{1, 201, 201}, []int{got.Acted, got.Result, got.Status})
	assert.Equal(t, "shown", got.Header.Get("X-Other"))
	assert.Equal(t, "***", got.Header.Get("Authorization"))
	assert.Equal(t, "***", got.Header.Get("X-Api-Key"))
	assert.Equal(t, "Bearer hidden-token", req.Header.Get("Authorization"), "the request itself is untouched")

	got.Header.Set("X-Other", "changed")
	assert.Equal(t, "shown", c.Requests()[0].Header.Get("X-Other"), "the log is copied")
}

func TestTheLogIsBounded(t *testing.T) {
	c := newCounter(nil)
	defer c.Close()
	const requests = 20_050
	for range requests {
		c.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/read", nil))
	}
	assert.Equal(t, requests, c.RequestCount())
	assert.Len(t, c.Requests(), 10_000)
}
