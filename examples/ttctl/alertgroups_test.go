package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt/reconcile"
)

// groupsText is an answer of Alertmanager 0.28, shortened: a group of two
// alerts, the same group by another route, a silenced one, one of another
// receiver, and one whose alert names no object.
const groupsText = `[
 {"labels":{"alertname":"LinkDown","site":"msk"},"receiver":{"name":"tickets"},"alerts":[
  {"annotations":{"summary":"uplink down","runbook":"http://wiki/1"},"endsAt":"2026-11-21T20:19:00.000Z","fingerprint":"a1","receivers":[{"name":"tickets"}],
   "startsAt":"2026-11-21T20:15:00.000Z","status":{"inhibitedBy":[],"mutedBy":[],"silencedBy":[],"state":"active"},"updatedAt":"2026-11-21T20:16:00.000Z",
   "generatorURL":"http://prometheus/graph","labels":{"alertname":"LinkDown","site":"msk","instance":"sw-8:9100","severity":"critical"}},
  {"annotations":{"summary":"uplink down"},"startsAt":"2026-11-21T20:14:00.000Z","status":{"state":"active"},
   "labels":{"alertname":"LinkDown","site":"msk","instance":"sw-7:9100","severity":"critical"}},
  {"annotations":{},"startsAt":"2026-11-21T20:10:00.000Z","status":{"state":"suppressed","silencedBy":["x"]},
   "labels":{"alertname":"LinkDown","site":"msk","instance":"sw-9:9100"}}]},
 {"labels":{"alertname":"LinkDown","site":"msk"},"receiver":{"name":"tickets"},"alerts":[
  {"annotations":{},"startsAt":"2026-11-21T20:17:00.000Z","status":{"state":"active"},"labels":{"alertname":"LinkDown","site":"msk","instance":"sw-7:9100","severity":"warning"}}]},
 {"labels":{"alertname":"FanFailed"},"receiver":{"name":"tickets"},"alerts":[
  {"annotations":{},"startsAt":"2026-11-21T20:10:00.000Z","status":{"state":"suppressed"},"labels":{"alertname":"FanFailed","instance":"sw-9"}}]},
 {"labels":{"alertname":"FanFailed"},"receiver":{"name":"mail"},"alerts":[
  {"annotations":{},"startsAt":"2026-11-21T20:10:00.000Z","status":{"state":"active"},"labels":{"alertname":"FanFailed","instance":"sw-9"}}]},
 {"labels":{},"receiver":{"name":"tickets"},"alerts":[
  {"annotations":{},"startsAt":"2026-11-21T20:10:00.000Z","status":{"state":"unprocessed"},"labels":{"alertname":"Watchdog"}},
  {"annotations":{},"startsAt":"2026-11-21T20:10:00.000Z","status":{"state":"active"},"labels":{"alertname":"Watchdog"}}]}
]`

func TestAlertGroupsBecomeAlarms(t *testing.T) {
	groups, err := readGroups([]byte(groupsText))
	require.NoError(t, err)
	reading := groupReading{receivers: []string{"tickets"}, objectLabel: "instance", reasonLabel: "severity"}
	alarms, odd := reading.alarms(groups)
	assert.Equal(t, []reconcile.Alarm{
		{
			Series: "alertmanager/tickets/alertname/LinkDown/site/msk", Object: "sw-7", Members: []string{"sw-8"}, Queue: "tickets",
			Subject: "LinkDown (site=msk)", Timestamp: time.Date(2026, 11, 21, 20, 14, 0, 0, time.UTC),
			Body: `{instance="sw-7:9100", severity="critical"}
  summary: uplink down
{instance="sw-8:9100", severity="critical"}
  runbook: http://wiki/1
  summary: uplink down
{instance="sw-7:9100", severity="warning"}
`},
		{Series: "alertmanager/tickets/alertname/FanFailed", Queue: "tickets", KeepOnly: true},
		{Series: "alertmanager/tickets", Queue: "tickets", Subject: "Watchdog", Body: "{alertname=\"Watchdog\"}\n", KeepOnly: true,
			Timestamp: time.Date(2026, 11, 21, 20, 10, 0, 0, time.UTC)},
	}, alarms)
	assert.Equal(t, []string{"no ticket can be opened for alertmanager/tickets: no alert of it has an object in the label instance"}, odd)
	for _, a := range alarms {
		assert.NoError(t, a.Validate())
	}

	alarms, odd = groupReading{receivers: []string{"mail", "tickets"}, objectLabel: "instance", keepPort: true, defaultObject: "noc", queue: "net"}.alarms(groups)
	require.Len(t, alarms, 4)
	assert.Empty(t, odd)
	assert.Equal(t, "sw-7:9100", alarms[0].Object)
	assert.Equal(t, "noc", alarms[3].Object)
	assert.Equal(t, "net", alarms[3].Queue)
}

func TestAlertGroupsThatAreNoneSayWhere(t *testing.T) {
	for _, row := range []struct{ name, text, says string }{
		{"nothing", "", "not even an empty list"},
		{"an answer that was cut off", "[\n{\"labels\":", "line 2: the alert groups do not end"},
		{"an HTML page", "<html>", "line 1: the alert groups are no JSON"},
		{"an object", `{"status":"success"}`, "line 1"},
		{"null", "null", "null"},
		{"two lists", "[]\n[]", "line 2: the text goes on"},
		{"a label that is a number", `[{"labels":{"a":1}}]`, `line 1: "labels" is a number`},
		{"alerts in place of groups", `[{"labels":{"a":"b"},"status":{"state":"active"}}]`, "groups[0]: no receiver"},
		{"a group without alerts", `[{"receiver":{"name":"r"},"alerts":[]}]`, "groups[0]: no alerts"},
		{"an alert without labels", `[{"receiver":{"name":"r"},"alerts":[{"status":{"state":"active"}}]}]`, "groups[0].alerts[0]: no labels"},
		{"an alert in an unknown state", `[{"receiver":{"name":"r"},"alerts":[{"labels":{"a":"b"},"status":{"state":"resolved"}}]}]`, `groups[0].alerts[0]: status.state is "resolved"`},
		{"an alert without a state", `[{"receiver":{"name":"r"},"alerts":[{"labels":{"a":"b"}}]}]`, `status.state is ""`},
		{"a time that is none", `[{"receiver":{"name":"r"},"alerts":[{"startsAt":"x"}]}]`, "the alert groups cannot be read"},
	} {
		t.Run(row.name, func(t *testing.T) {
			groups, err := readGroups([]byte(row.text))
			require.ErrorContains(t, err, row.says)
			assert.NotContains(t, err.Error(), "\n")
			assert.Nil(t, groups)
		})
	}
}

// Whatever an Alertmanager answers is refused in one line, or becomes alarms
// that can be planned with, each once.
func FuzzReadGroups(f *testing.F) {
	f.Add([]byte(groupsText))
	f.Add([]byte(`[{"receiver":{"name":"tickets"},"labels":{"a":"\u0000","":"/%~"},"alerts":[{"labels":{"instance":" : "},"status":{"state":"active"}}]}]`))
	f.Add([]byte("[]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		groups, err := readGroups(text)
		if err != nil {
			assert.NotEmpty(t, err.Error())
			return
		}
		var receivers []string
		for _, g := range groups {
			receivers = append(receivers, g.Receiver.Name)
		}
		alarms, _ := groupReading{receivers: receivers, objectLabel: "instance", reasonLabel: "severity"}.alarms(groups)
		seen := map[string]bool{}
		for _, a := range alarms {
			assert.False(t, seen[a.Series])
			seen[a.Series] = true
			if err := a.Validate(); err != nil { // texts and queues may hold what a ticket cannot
				assert.False(t, strings.Contains(err.Error(), "object"), err)
			}
		}
	})
}
