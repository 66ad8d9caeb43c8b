package guancetest_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
)

func TestEveryValueOfEveryKnobShows(t *testing.T) {
	knobs := make(map[string]func(a *api))
	for _, group := range []map[string]func(a *api){writeKnobs, answerKnobs, otherKnobs} {
		maps.Copy(knobs, group)
	}
	seen := make(map[string]bool)
	for _, n := range guancetest.AllKnobs() {
		assert.False(t, seen[n.Name], "%s is there twice", n.Name)
		seen[n.Name] = true
		t.Run(n.Name, func(t *testing.T) {
			show := knobs[n.Name]
			require.NotNil(t, show, "nothing shows what it changes")
			bubble(t, guancetest.Options{Knobs: n.Knobs}, show)
		})
	}
	assert.Len(t, seen, len(knobs))
}

func TestRandomKnobsDependOnTheSeedAlone(t *testing.T) {
	different := make(map[guancetest.Knobs]bool)
	for seed := range uint64(200) {
		k := guancetest.RandomKnobs(seed)
		assert.Equal(t, k, guancetest.RandomKnobs(seed))
		different[k] = true
	}
	assert.Len(t, different, 200)
}

// listStatus is what the list answers to GET and to POST.
func (a *api) listStatus() []int {
	a.t.Helper()
	return []int{a.do("GET", schedules+"/list", nil).status, a.do("POST", schedules+"/list", nil).status}
}

// deleteStatus is what the batch delete and the one by path answer.
func (a *api) deleteStatus() []int {
	a.t.Helper()
	one, two := a.add(nil), a.add(nil)
	return []int{
		a.do("POST", schedules+"/delete", obj{"scheduleUUIDs": []string{one}}).status,
		a.do("POST", schedules+"/"+two+"/delete", nil).status,
	}
}

// ids are the row ids of n adds.
func (a *api) ids(n int) []int64 {
	a.t.Helper()
	var out []int64
	for range n {
		out = append(out, a.stored(a.add(nil)).ID)
	}
	return out
}

func stored(all []guancetest.Schedule) []string {
	var out []string
	for _, x := range all {
		out = append(out, x.Name)
	}
	return out
}

// told are those who hear at once of an incident on a host.
func (a *api) told(host string) []string {
	var out []string
	for _, n := range a.server.Notified(guancetest.Event{Dimensions: map[string]string{"host": host}}, a.server.Now()) {
		out = append(out, n.Target)
	}
	slices.Sort(out)
	return out
}

// escalation shows whom a schedule of three levels tells, and when.
func (a *api) escalation() []string {
	a.t.Helper()
	step := func(n int, after int) obj {
		return obj{"level": n, "levelUpTime": after, "ifRepeatNotify": false,
			"notifyConfig": []obj{{"notifyObjectType": "member", "notifyObject": []string{fmt.Sprintf("acnt_%d", n)}}}}
	}
	a.add(obj{"dimensionFilter": "host:a", "scheduleStrategy": rules(obj{"strategy": []obj{step(2, 1200), step(0, 0), step(1, 600)}})})
	var out []string
	now := a.server.Now()
	for _, n := range a.server.Notices(guancetest.Event{Dimensions: map[string]string{"host": "a"}}, now, now.Add(time.Hour)) {
		out = append(out, fmt.Sprint(n.At.Sub(now), " ", n.Target))
	}
	return out
}

// skewed checks that the server's clock is what the Date header shows, and
// what is stored.
func (a *api) skewed(date string) {
	a.t.Helper()
	assert.Equal(a.t, date, a.do("GET", schedules+"/list", nil).header.Get("Date"))
	server, err := http.ParseTime(date)
	require.NoError(a.t, err)
	assert.True(a.t, server.Equal(a.server.Now()))
	assert.Equal(a.t, float64(server.Unix()), a.get(a.add(nil))["createAt"])
}
