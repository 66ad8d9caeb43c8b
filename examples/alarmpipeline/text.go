package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/ttkit/ttkit/tt"
)

// subjectOf is the summary that all alerts share, or their name, and the
// group labels.
func subjectOf(g *group) string {
	alerts := g.alerts()
	title := shared(alerts, func(f *firingAlert) string { return f.Annotations["summary"] })
	if title == "" {
		title = common(alerts, "alertname")
	}
	if title == "" {
		title = "Alerts of " + g.receiver
	}
	var where []string
	for _, name := range slices.Sorted(maps.Keys(g.labels)) {
		if name != "alertname" {
			where = append(where, name+"="+g.labels[name])
		}
	}
	if len(where) > 0 {
		title += " (" + strings.Join(where, ", ") + ")"
	}
	return strings.Join(strings.Fields(tt.CleanText(title)), " ")
}

// common returns a label's value when all alerts have the same.
func common(alerts []*firingAlert, label string) string {
	return shared(alerts, func(f *firingAlert) string { return f.Labels[label] })
}

func shared(alerts []*firingAlert, value func(*firingAlert) string) string {
	for _, f := range alerts {
		if value(f) != value(alerts[0]) {
			return ""
		}
	}
	return value(alerts[0])
}

// textOf lists what fires, for the body of a ticket and for comments. It
// holds nothing that differs between two Alertmanagers telling the same: no
// times, no addresses, no order of theirs.
//
// Its first line carries a checksum of the rest. So it can be told whether a
// ticket says the same already, even where the ticket system cut the text.
func textOf(g *group) string {
	alerts := slices.SortedFunc(maps.Values(g.firing), func(a, b *firingAlert) int {
		return strings.Compare(a.object+"\xff"+a.identity(), b.object+"\xff"+b.identity())
	})
	var b strings.Builder
	for _, f := range alerts {
		b.WriteString("\n" + f.describeIn(g.labels) + "\n")
		for _, name := range slices.Sorted(maps.Keys(f.Annotations)) {
			fmt.Fprintf(&b, "  %s: %s\n", name, strings.TrimSpace(f.Annotations[name]))
		}
	}
	rest := tt.CleanText(b.String())
	sum := sha256.Sum256([]byte(rest))
	noun := "alerts"
	if len(alerts) == 1 {
		noun = "alert"
	}
	return fmt.Sprintf("Firing: %d %s [%s]\n", len(alerts), noun, hex.EncodeToString(sum[:4])) + rest
}

// describeIn writes the object and the labels that are not the group's.
func (f *firingAlert) describeIn(group map[string]string) string {
	own := alert{Labels: map[string]string{}}
	for name, value := range f.Labels {
		if _, everybodys := group[name]; !everybodys {
			own.Labels[name] = value
		}
	}
	return strings.TrimSpace(f.object + " " + own.describe())
}

var firstLine = regexp.MustCompile(`^Firing: \d+ alerts? \[([0-9a-f]{8})\]`)

// revision returns the checksum in the first line of a text that textOf made,
// "" for any other text.
func revision(text string) string {
	match := firstLine.FindStringSubmatch(text)
	if match == nil {
		return ""
	}
	return match[1]
}
