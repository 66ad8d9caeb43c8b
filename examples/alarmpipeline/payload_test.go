package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/ttkit/ttkit/tt"
	"pgregory.net/rapid"
)

// real is what Alertmanager 0.25 sends, as it arrives.
const real = `{"receiver":"ops","status":"firing","alerts":[
 {"status":"firing","labels":{"alertname":"Down","ci":"101","severity":"critical"},"annotations":{"summary":"unreachable"},
  "startsAt":"2026-03-01T09:00:05.123+01:00","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://prom/graph","fingerprint":"a1b2c3d4e5f60718"},
 {"status":"resolved","labels":{"alertname":"Down","ci":"102"},"annotations":{},
  "startsAt":"2026-03-01T08:59:00Z","endsAt":"2026-03-01T09:00:00Z","generatorURL":"","fingerprint":"0000000000000001"}],
 "groupLabels":{"alertname":"Down"},"commonLabels":{"alertname":"Down"},"commonAnnotations":{},
 "externalURL":"http://am:9093","version":"4","groupKey":"{}:{alertname=\"Down\"}","truncatedAlerts":0}`

func TestParseReadsWhatAlertmanagerSends(t *testing.T) {
	n, err := parseNotification([]byte(real))
	require.NoError(t, err)
	assert.Equal(t, &notification{
		Version: "4", GroupKey: `{}:{alertname="Down"}`, Status: "firing", Receiver: "ops",
		GroupLabels: map[string]string{"alertname": "Down"},
		Alerts: []alert{
			{
				Status: "firing", Labels: map[string]string{"alertname": "Down", "ci": "101", "severity": "critical"},
				Annotations: map[string]string{"summary": "unreachable"}, StartsAt: n.Alerts[0].StartsAt,
			},
			{
				Status: "resolved", Labels: map[string]string{"alertname": "Down", "ci": "102"},
				Annotations: map[string]string{}, StartsAt: n.Alerts[1].StartsAt,
			},
		},
	}, n)
	assert.Equal(t, time.Date(2026, 3, 1, 8, 0, 5, 123e6, time.UTC), n.Alerts[0].StartsAt.UTC())
}

// broken are bodies that are refused, and what the refusal says.
var broken = []struct{ name, body, says string }{
	{"nothing", "", "the body is empty"},
	{"no JSON", "alert!", "no valid JSON"},
	{"JSON that is cut", real[:200], "no valid JSON: unexpected EOF"},
	{"a list", "[]", "no JSON object but a array"},
	{"two objects", real + "{}", "goes on after the JSON object"},
	{"null", "null", `version is ""`},
	{"an empty object", "{}", `version is ""`},
	{"another version", strings.Replace(real, `"version":"4"`, `"version":"5"`, 1), `version is "5"`},
	{"a version that is a number", strings.Replace(real, `"version":"4"`, `"version":4`, 1), "version is a number"},
	{"no receiver", strings.Replace(real, `"receiver":"ops"`, `"receiver":""`, 1), "receiver is missing"},
	{"an unknown status", strings.Replace(real, `"status":"firing","alerts"`, `"status":"burning","alerts"`, 1), `status is "burning"`},
	{"an unknown status of an alert", strings.Replace(real, `"status":"resolved"`, `"status":""`, 1), `alerts[1].status is ""`},
	{"no alerts", `{"version":"4","receiver":"ops","status":"firing","alerts":[]}`, "alerts is empty"},
	{"an alert that is null", `{"version":"4","receiver":"ops","status":"firing","alerts":[null]}`, `alerts[0].status is ""`},
	{"an alert without labels", `{"version":"4","receiver":"ops","status":"firing","alerts":[{"status":"firing"}]}`, "alerts[0].labels is empty"},
	{"a label that is a number", strings.Replace(real, `"ci":"101"`, `"ci":101`, 1), "is a number where"},
	{"a time that is none", strings.Replace(real, "2026-03-01T08:59:00Z", "yesterday", 1), "no valid JSON: parsing time"},
	{"a negative count", strings.Replace(real, `"truncatedAlerts":0`, `"truncatedAlerts":-1`, 1), "truncatedAlerts is a number"},
}

func TestParseRefusesAndSaysWhy(t *testing.T) {
	for _, row := range broken {
		t.Run(row.name, func(t *testing.T) {
			_, err := parseNotification([]byte(row.body))
			require.ErrorContains(t, err, row.says)
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

func labelSets() *rapid.Generator[map[string]string] {
	word := rapid.OneOf(rapid.SampledFrom([]string{"a", "b", "/", "a/b", "%2F", "~", "1", ""}), rapid.String())
	return rapid.MapOfN(word, word, 0, 5)
}

func TestGroupNames(t *testing.T) {
	t.Run("the same for the same labels", rapid.MakeCheck(func(r *rapid.T) {
		receiver, labels := rapid.String().Draw(r, "receiver"), labelSets().Draw(r, "labels")
		assert.Equal(r, groupName(receiver, labels), groupName(receiver, maps.Clone(labels)))
	}))
	t.Run("different for different ones, and so are the keys of their episodes", rapid.MakeCheck(func(r *rapid.T) {
		one, other := labelSets().Draw(r, "one"), labelSets().Draw(r, "other")
		if maps.Equal(one, other) {
			return
		}
		a, b := newGroup(groupName("ops", one), &notification{}), newGroup(groupName("ops", other), &notification{})
		number := rapid.IntRange(1, 1<<62).Draw(r, "number")
		assert.NotEqual(r, a.name, b.name)
		_, mine := a.episodeOf(b.key(number))
		assert.False(r, mine, "%s and %s", a.name, b.key(number))
		got, mine := b.episodeOf(b.key(number))
		assert.True(r, mine)
		assert.Equal(r, number, got)
	}))
	t.Run("always the beginning of a valid key", rapid.MakeCheck(func(r *rapid.T) {
		labels := rapid.MapOfN(rapid.String(), rapid.StringN(0, 400, -1), 0, 8).Draw(r, "labels")
		g := newGroup(groupName(rapid.String().Draw(r, "receiver"), labels), &notification{})
		assert.NoError(r, tt.ValidateKey(g.key(1<<62)))
	}))
	for _, key := range []string{"", "alertmanager/ops", "alertmanager/ops/", "alertmanager/ops/0", "alertmanager/ops/-1", "alertmanager/ops/01",
		"alertmanager/ops/+1", "alertmanager/ops/1x", "alertmanager/ops/99999999999999999999", "alertmanager/dev/1", "x/alertmanager/ops/1"} {
		t.Run("not an episode of the group: "+key, func(t *testing.T) {
			_, ours := newGroup(groupName("ops", nil), &notification{}).episodeOf(key)
			assert.False(t, ours)
		})
	}
}

// Whatever arrives, it is a notification that makes sense or an error in one
// line; and what is made of a notification can be sent to a ticket system.
func FuzzParseNotification(f *testing.F) {
	f.Add([]byte(real))
	for _, row := range broken {
		f.Add([]byte(row.body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := parseNotification(body)
		if err != nil {
			if err.Error() == "" || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q", err)
			}
			return
		}
		p, err := New(tt.Unimplemented{}, Config{DefaultObject: "unassigned"})
		require.NoError(t, err)
		require.NoError(t, p.requireObject(n))
		g := newGroup(groupName(n.Receiver, n.GroupLabels), n)
		g.learn(n, p.objectOf)
		for range 2 { // what is told twice is known once
			before := len(g.firing)
			g.learn(n, p.objectOf)
			require.Len(t, g.firing, before)
		}
		require.NotEmpty(t, p.objectsOf(g, n))
		if len(g.firing) == 0 {
			return
		}
		g.episode = &episode{number: 1}
		req := p.request(g, g.objects()[0])
		if len(n.Receiver) <= tt.MaxObject && utf8.ValidString(n.Receiver) && tt.ValidateObject(n.Receiver) == nil {
			require.NoError(t, req.Validate())
		}
		require.NotEmpty(t, revision(req.Body))
		require.Equal(t, tt.CleanText(req.Body), req.Body)
		slices.Reverse(n.Alerts)
		again, err := json.Marshal(n)
		require.NoError(t, err)
		twin, err := parseNotification(again)
		require.NoError(t, err)
		h := newGroup(g.name, twin)
		h.learn(twin, p.objectOf)
		if distinct(n.Alerts) {
			require.Equal(t, textOf(g), textOf(h), "the order of alerts makes no difference")
		}
	})
}

func distinct(alerts []alert) bool {
	seen := map[string]bool{}
	for _, a := range alerts {
		if seen[a.identity()] {
			return false
		}
		seen[a.identity()] = true
	}
	return true
}
