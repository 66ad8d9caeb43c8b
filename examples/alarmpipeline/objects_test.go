package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/ttkit/ttkit/adapters/fake"
)

func TestObjects(t *testing.T) {
	object := func(n *notification, name string) { n.Alerts[0].Labels["instance"] = name }
	for _, row := range []struct{ label, want string }{
		{"web-1:9100", "web-1"}, {"web-1", "web-1"}, {"10.0.0.7:9100", "10.0.0.7"}, {"[2001:db8::7]:9100", "2001:db8::7"},
		{"2001:db8::7", "2001:db8::7"}, {"web-1:http", "web-1:http"}, {" web-1 ", "web-1"}, {"коммутатор 7", "коммутатор 7"},
	} {
		bubble(t, "the label "+row.label+" is the object "+row.want, func(t *testing.T) {
			s := newStage(t)
			s.tell(payload(alerts{"x": "firing"}, func(n *notification) { object(n, row.label) }))
			assert.Equal(t, []string{"open 1 " + row.want}, s.tickets())
		})
	}
	bubble(t, "ports stay when they belong to the name", func(t *testing.T) {
		s := newStage(t).with(func(c *Config) { c.KeepPort = true })
		s.fires("web-1")
		assert.Equal(t, []string{"open 1 web-1:9100"}, s.tickets())
	})
	bubble(t, "any label can hold it", func(t *testing.T) {
		s := newStage(t).with(func(c *Config) { c.ObjectLabel = "ci" })
		s.tell(payload(alerts{"x": "firing"}, func(n *notification) { n.Alerts[0].Labels["ci"] = "101" }))
		assert.Equal(t, []string{"open 1 101"}, s.tickets())
	})
	for _, row := range []struct{ name, value, says string }{
		{"no label", "", "has no label instance"},
		{"a label that cannot be an object", "a\x00b", `has label instance "a\x00b"`},
		{"a label that is too long", strings.Repeat("x", 256), "which cannot name an object"},
	} {
		bubble(t, "no alert of the group has one, "+row.name+": refused, naming the alert", func(t *testing.T) {
			s := newStage(t)
			n := payload(alerts{"x": "firing"}, func(n *notification) { object(n, row.value) })
			w := s.post(n)
			assert.Equal(t, 422, w.Code)
			assert.Contains(t, w.Body.String(), `alertname="Down"`)
			assert.Contains(t, w.Body.String(), row.says)
			assert.Empty(t, s.backend.History())

			s.with(func(c *Config) { c.DefaultObject = "unassigned" }).tell(n)
			assert.Equal(t, []string{"open 1 unassigned"}, s.tickets())
		})
	}
	bubble(t, "one alert with an object is enough for all", func(t *testing.T) {
		s := newStage(t)
		s.tell(payload(alerts{"a": "firing", "b": "firing"}, func(n *notification) { object(n, "") }))
		assert.Equal(t, []string{"open 1 b"}, s.tickets())
		assert.Contains(t, s.ticket(0).Body, "Firing: 2 alerts")
	})
	bubble(t, "a leader that the ticket system does not know leaves the lead to the next", func(t *testing.T) {
		s := newStage(t, fake.WithInventory("b", "c"))
		s.fires("a", "b", "c")
		assert.Equal(t, []string{"open 1 b+c"}, s.tickets())
		assert.Contains(t, s.ticket(0).Body, "\na {instance=")
	})
	bubble(t, "no object is known: refused, unless there is a default", func(t *testing.T) {
		s := newStage(t, fake.WithInventory("c"))
		w := s.post(payload(alerts{"a": "firing", "b": "firing"}))
		assert.Equal(t, 422, w.Code)
		assert.Contains(t, w.Body.String(), `there is no object "a"`)
		assert.Empty(t, s.tickets())
		s.resolves("a", "b")
		s.with(func(c *Config) { c.DefaultObject = "c" }).fires("a", "b")
		assert.Equal(t, []string{"open 1 c"}, s.tickets())
	})
	bubble(t, "without group tickets the text names what cannot be a member", func(t *testing.T) {
		s := newStage(t, fake.WithoutGroups())
		s.fires("a")
		s.fires("a", "b")
		assert.Equal(t, []string{"open 1 a"}, s.tickets())
		assert.Contains(t, s.ticket(0).Comments[0].Body, "\nb {instance=")
	})
}

func TestTextsThatTheTicketSystemCuts(t *testing.T) {
	bubble(t, "are not told again", func(t *testing.T) {
		s := newStage(t, fake.WithLimits(fake.Limits{Subject: 20, Body: 60, Comment: 60, Comments: 2}))
		for range 3 {
			s.fires("a", "b", "c")
		}
		for range 3 {
			s.fires("a", "b", "c", "d")
		}
		assert.Equal(t, []string{"Firing: 4 alerts"}, s.comments(0))
		s.fires("a", "b", "c", "d", "e")
		s.fires("a", "b", "c", "d", "e", "f") // one comment too many: refused, logged, and no reason to send it for ever
		assert.Len(t, s.comments(0), 2)
		assert.Equal(t, []string{"open 1 a+b+c+d+e+f"}, s.tickets())
	})
}
