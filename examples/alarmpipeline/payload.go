package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// notification is one message of Alertmanager's webhook, version 4, as far as
// the pipeline reads it. Fields that it does not know are ignored: newer
// Alertmanagers add some.
type notification struct {
	Version         string            `json:"version"`
	GroupKey        string            `json:"groupKey"` // names the route, and changes with Alertmanager's configuration
	TruncatedAlerts uint64            `json:"truncatedAlerts"`
	Status          string            `json:"status"`
	Receiver        string            `json:"receiver"`
	GroupLabels     map[string]string `json:"groupLabels"`
	Alerts          []alert           `json:"alerts"`
}

// alert is one alert of a notification.
type alert struct {
	Status      string            `json:"status"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
}

// The values of a status.
const (
	statusFiring   = "firing"
	statusResolved = "resolved"
)

// parseNotification reads the body of a webhook request. Its errors say what
// is wrong in words for the person who reads Alertmanager's log.
func parseNotification(body []byte) (*notification, error) {
	var n notification
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(&n); err != nil {
		return nil, explainJSON(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the body goes on after the JSON object")
	}
	return &n, n.validate()
}

func explainJSON(err error) error {
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("the body is empty: send Alertmanager's webhook, version 4")
	case errors.As(err, &wrongType) && wrongType.Field == "":
		return fmt.Errorf("the body is no JSON object but a %s", wrongType.Value)
	case errors.As(err, &wrongType):
		return fmt.Errorf("%s is a %s where Alertmanager's webhook has another type", wrongType.Field, wrongType.Value)
	}
	return fmt.Errorf("the body is no valid JSON: %w", err)
}

func (n *notification) validate() error {
	switch {
	case n.Version != "4":
		return fmt.Errorf("version is %q: this service takes Alertmanager's webhook, version \"4\"", n.Version)
	case n.Receiver == "":
		return errors.New("receiver is missing: it is part of the group's name")
	case n.Status != statusFiring && n.Status != statusResolved:
		return fmt.Errorf("status is %q: it is firing or resolved", n.Status)
	case len(n.Alerts) == 0:
		return errors.New("alerts is empty: a notification has at least one")
	}
	for i, a := range n.Alerts {
		switch {
		case a.Status != statusFiring && a.Status != statusResolved:
			return fmt.Errorf("alerts[%d].status is %q: it is firing or resolved", i, a.Status)
		case len(a.Labels) == 0:
			return fmt.Errorf("alerts[%d].labels is empty: labels are what an alert is known by", i)
		}
	}
	return nil
}

// identity names an alert: by its labels, as Alertmanager does. The
// fingerprint that Alertmanager sends is a hash of them.
func (a alert) identity() string { return joinLabels(a.Labels) }

// joinLabels gives different texts for different labels: text that came as
// JSON is valid UTF-8 and never holds the byte 0xff.
func joinLabels(labels map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		b.WriteString(name + "\xff" + labels[name] + "\xff")
	}
	return b.String()
}

// describe names an alert in an error, as PromQL would.
func (a alert) describe() string {
	pairs := make([]string, 0, len(a.Labels))
	for _, name := range slices.Sorted(maps.Keys(a.Labels)) {
		pairs = append(pairs, fmt.Sprintf("%s=%q", name, a.Labels[name]))
	}
	return "{" + strings.Join(pairs, ", ") + "}"
}
