package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ttkit/ttkit/examples/internal/alertgroup"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/reconcile"
)

// alertGroup is one group of Alertmanager's API v2 (GET /api/v2/alerts/groups),
// as far as it is read. Fields that it does not know are ignored: newer
// Alertmanagers add some.
type alertGroup struct {
	Labels   map[string]string `json:"labels"`
	Receiver struct {
		Name string `json:"name"`
	} `json:"receiver"`
	Alerts []groupedAlert `json:"alerts"`
}

type groupedAlert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
	Status      struct {
		State string `json:"state"`
	} `json:"status"`
}

// The states of an alert. Only an active one has been notified; the others
// fire all the same, so that their ticket stays.
const (
	stateActive      = "active"
	stateSuppressed  = "suppressed"  // silenced or inhibited
	stateUnprocessed = "unprocessed" // not looked at yet
)

// readGroups reads the answer of Alertmanager. Its errors say where.
func readGroups(text []byte) ([]alertGroup, error) {
	var groups []alertGroup
	decoder := json.NewDecoder(bytes.NewReader(text))
	err := decoder.Decode(&groups)
	var wrong *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF):
		return nil, errors.New("the alert groups are empty: not even an empty list is there")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("line %d: the alert groups do not end: were they cut off?", lineAt(text, int64(len(text))))
	case errors.As(err, &wrong):
		return nil, fmt.Errorf("line %d: %q is a %s: give what Alertmanager answers to GET /api/v2/alerts/groups", lineAt(text, wrong.Offset), wrong.Field, wrong.Value)
	case errors.As(err, &syntax):
		return nil, fmt.Errorf("line %d: the alert groups are no JSON: %w", lineAt(text, syntax.Offset), err)
	case err != nil:
		return nil, fmt.Errorf("the alert groups cannot be read: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("line %d: the text goes on after the list of alert groups", lineAt(text, decoder.InputOffset()))
	}
	if groups == nil {
		return nil, errors.New("the alert groups are null, and should be a list")
	}
	for i, g := range groups {
		switch {
		case g.Receiver.Name == "":
			return nil, fmt.Errorf("groups[%d]: no receiver: give the answer to /api/v2/alerts/groups, not that to /api/v2/alerts", i)
		case len(g.Alerts) == 0:
			return nil, fmt.Errorf("groups[%d]: no alerts: a group has at least one", i)
		}
		for j, a := range g.Alerts {
			switch state := a.Status.State; {
			case len(a.Labels) == 0:
				return nil, fmt.Errorf("groups[%d].alerts[%d]: no labels: they are what an alert is known by", i, j)
			case state != stateActive && state != stateSuppressed && state != stateUnprocessed:
				return nil, fmt.Errorf("groups[%d].alerts[%d]: status.state is %q: it is active, suppressed or unprocessed", i, j, cutName(state))
			}
		}
	}
	return groups, nil
}

// lineAt is the number of the line in which an offset lies.
func lineAt(text []byte, offset int64) int {
	return 1 + bytes.Count(text[:max(0, min(offset, int64(len(text))))], []byte("\n"))
}

func cutName(text string) string {
	text, _ = tt.Cut(text, 60)
	return text
}

// groupReading says how alert groups become alarms: as alarmpipeline does.
type groupReading struct {
	receivers     []string
	objectLabel   string
	keepPort      bool
	defaultObject string
	queue         string
	reasonLabel   string
}

// alarms makes one alarm of all groups of one receiver with the same labels.
// odd tells about groups for which no ticket can be opened.
func (r groupReading) alarms(groups []alertGroup) (alarms []reconcile.Alarm, odd []string) {
	bySeries := map[string]*alertGroup{}
	var names []string
	for _, g := range groups {
		if !slices.Contains(r.receivers, g.Receiver.Name) {
			continue
		}
		name := alertgroup.Series(g.Receiver.Name, g.Labels)
		if bySeries[name] == nil {
			bySeries[name] = &alertGroup{Labels: g.Labels, Receiver: g.Receiver}
			names = append(names, name)
		}
		bySeries[name].Alerts = append(bySeries[name].Alerts, g.Alerts...)
	}
	for _, name := range names {
		alarm := r.alarm(name, bySeries[name])
		if !alarm.KeepOnly && alarm.Object == "" {
			alarm.KeepOnly = true
			odd = append(odd, fmt.Sprintf("no ticket can be opened for %s: no alert of it has an object in the label %s", name, r.objectLabel))
		}
		alarms = append(alarms, alarm)
	}
	return alarms, odd
}

func (r groupReading) alarm(series string, g *alertGroup) reconcile.Alarm {
	active := slices.DeleteFunc(slices.Clone(g.Alerts), func(a groupedAlert) bool { return a.Status.State != stateActive })
	slices.SortStableFunc(active, func(a, b groupedAlert) int {
		return cmp.Or(a.StartsAt.Compare(b.StartsAt), strings.Compare(a.describe(nil), b.describe(nil)))
	})
	alarm := reconcile.Alarm{Series: series, Queue: cmp.Or(r.queue, g.Receiver.Name), KeepOnly: len(active) == 0}
	if alarm.KeepOnly {
		return alarm
	}
	for _, a := range active {
		obj := cmp.Or(alertgroup.Object(a.Labels[r.objectLabel], r.keepPort), r.defaultObject)
		switch {
		case obj == "" || obj == alarm.Object || slices.Contains(alarm.Members, obj):
		case alarm.Object == "":
			alarm.Object = obj
		default:
			alarm.Members = append(alarm.Members, obj)
		}
	}
	if started := active[0].StartsAt; started.Year() >= 1970 {
		alarm.Timestamp = started
	}
	alarm.Reason = shared(active, func(a groupedAlert) string { return a.Labels[r.reasonLabel] })
	alarm.Subject = g.subject(active)
	var body strings.Builder
	for _, a := range active {
		body.WriteString(a.describe(g.Labels) + "\n")
		for _, name := range slices.Sorted(maps.Keys(a.Annotations)) {
			fmt.Fprintf(&body, "  %s: %s\n", name, strings.TrimSpace(a.Annotations[name]))
		}
	}
	alarm.Body = body.String()
	return alarm
}

// subject is the summary that all alerts share, or their name, and the group
// labels.
func (g *alertGroup) subject(active []groupedAlert) string {
	title := cmp.Or(
		shared(active, func(a groupedAlert) string { return a.Annotations["summary"] }),
		shared(active, func(a groupedAlert) string { return a.Labels["alertname"] }),
		"Alerts of "+g.Receiver.Name,
	)
	var where []string
	for _, name := range slices.Sorted(maps.Keys(g.Labels)) {
		if name != "alertname" {
			where = append(where, name+"="+g.Labels[name])
		}
	}
	if len(where) > 0 {
		title += " (" + strings.Join(where, ", ") + ")"
	}
	return oneLine(title)
}

// shared returns the value that all alerts have, "" when they differ.
func shared(alerts []groupedAlert, value func(groupedAlert) string) string {
	for _, a := range alerts {
		if value(a) != value(alerts[0]) {
			return ""
		}
	}
	return value(alerts[0])
}

// describe writes the alert's labels as PromQL would, without those of its
// group.
func (a groupedAlert) describe(group map[string]string) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(a.Labels)) {
		if _, everybodys := group[name]; !everybodys {
			pairs = append(pairs, fmt.Sprintf("%s=%q", name, a.Labels[name]))
		}
	}
	return "{" + strings.Join(pairs, ", ") + "}"
}
