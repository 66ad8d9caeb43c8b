package main

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
)

func bubble(t *testing.T, name string, test func(*testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

func TestAGroupOfAlertsIsOneTicketPerEpisode(t *testing.T) {
	bubble(t, "first alert: a ticket that says everything", func(t *testing.T) {
		s := newStage(t)
		raised := time.Now().Add(-time.Minute).UTC()
		s.fires("web-1")
		require.Equal(t, []string{"open 1 web-1"}, s.tickets())
		ticket := s.ticket(0)
		assert.Equal(t, "alertmanager/ops/alertname/Down/1", ticket.Key)
		assert.Equal(t, "unreachable", ticket.Subject)
		assert.Equal(t, "ops", ticket.Queue)
		assert.Equal(t, "critical", ticket.PreReason)
		assert.Equal(t, raised, ticket.OpenedAt)
		assert.Empty(t, ticket.Group)
		assert.Contains(t, ticket.Body, "Firing: 1 alert [")
		assert.Contains(t, ticket.Body, `web-1 {instance="web-1:9100", severity="critical"}`)
		assert.Contains(t, ticket.Body, "  summary: unreachable\n")
	})
	bubble(t, "several at once: one ticket, the first leads", func(t *testing.T) {
		s := newStage(t)
		s.fires("web-1", "web-2", "web-3")
		assert.Equal(t, []string{"open 1 web-1+web-2+web-3"}, s.tickets())
		assert.Empty(t, s.comments(0), "the body says it")
	})
	bubble(t, "alerts that join later become members, told in a comment", func(t *testing.T) {
		s := newStage(t)
		s.fires("web-1")
		s.fires("web-1", "web-2")
		assert.Equal(t, []string{"open 1 web-1+web-2"}, s.tickets())
		assert.Equal(t, []string{"Firing: 2 alerts"}, s.comments(0))
	})
	bubble(t, "two alerts on one object are one member", func(t *testing.T) {
		s := newStage(t)
		s.tell(payload(alerts{"web-1": "firing", "web-2": "firing"}, func(n *notification) {
			disk := n.Alerts[1]
			disk.Labels = map[string]string{"alertname": "Down", "instance": "web-2:9100", "disk": "sda"}
			cpu := n.Alerts[0]
			cpu.Labels = map[string]string{"alertname": "Down", "instance": "web-1:9101"}
			n.Alerts = append(n.Alerts, disk, cpu)
		}))
		assert.Equal(t, []string{"open 1 web-1+web-2"}, s.tickets())
		assert.Contains(t, s.ticket(0).Body, "Firing: 4 alerts")
	})
	bubble(t, "a repeat changes nothing", func(t *testing.T) {
		s := newStage(t)
		for range 3 {
			s.fires("web-1", "web-2")
		}
		assert.Equal(t, []string{"open 1 web-1+web-2"}, s.tickets())
		assert.Empty(t, s.comments(0))
		assert.Equal(t, 1, s.calls("CreateTT"))
		assert.Equal(t, 1, s.calls("AddToGroupTT"))
	})
	bubble(t, "a changed annotation is a comment, also when it changes back", func(t *testing.T) {
		s := newStage(t)
		s.fires("web-1")
		s.tell(payload(alerts{"web-1": "firing very unreachable"}))
		s.tell(payload(alerts{"web-1": "firing very unreachable"}))
		s.fires("web-1")
		require.Len(t, s.comments(0), 2)
		assert.Contains(t, s.ticket(0).Comments[0].Body, "summary: very unreachable\n")
		assert.Contains(t, s.ticket(0).Comments[1].Body, "summary: unreachable\n")
		s.tell(payload(alerts{"web-1": "firing very unreachable"}))
		assert.Len(t, s.comments(0), 3)
	})
	bubble(t, "alerts resolve one by one, and the last one closes after the hold", func(t *testing.T) {
		s := newStage(t)
		s.fires("web-1", "web-2", "web-3")
		s.tell(payload(alerts{"web-1": "resolved", "web-2": "firing", "web-3": "firing"}))
		s.tell(payload(alerts{"web-2": "resolved", "web-3": "firing"}))
		assert.Equal(t, []string{"Firing: 2 alerts", "Firing: 1 alert"}, s.comments(0))
		s.resolves("web-3")
		time.Sleep(testHold - time.Second)
		assert.Equal(t, []string{"open 1 web-1+web-2+web-3"}, s.tickets())
		time.Sleep(2 * time.Second)
		assert.Equal(t, []string{"closed 1 web-1+web-2+web-3"}, s.tickets())
		assert.Equal(t, "resolved", s.ticket(0).FinalReason)
	})
	bubble(t, "firing again after the close is the next episode", func(t *testing.T) {
		s := newStage(t)
		for range 3 {
			s.fires("web-1", "web-2")
			s.resolves("web-1", "web-2")
			s.holdPasses()
		}
		assert.Equal(t, []string{"closed 1 web-1+web-2", "closed 2 web-1+web-2", "closed 3 web-1+web-2"}, s.tickets())
	})
	bubble(t, "flapping within the hold stays in one ticket", func(t *testing.T) {
		s := newStage(t)
		for range 5 {
			s.fires("web-1")
			s.resolves("web-1")
			time.Sleep(testHold / 2)
		}
		assert.Equal(t, []string{"open 1 web-1"}, s.tickets())
		s.holdPasses()
		assert.Equal(t, []string{"closed 1 web-1"}, s.tickets())
		assert.Equal(t, []string{"All alerts of the group are resolved."}, s.comments(0))
	})
	bubble(t, "a group that is resolved before it had a ticket gets none", func(t *testing.T) {
		s := newStage(t)
		s.resolves("web-1")
		s.holdPasses()
		assert.Empty(t, s.tickets())
	})
	bubble(t, "other receivers and group labels are other groups", func(t *testing.T) {
		s := newStage(t)
		s.fires("web-1")
		s.tell(payload(alerts{"web-1": "firing"}, func(n *notification) { n.Receiver = "dev" }))
		s.tell(payload(alerts{"web-1": "firing"}, func(n *notification) { n.GroupLabels["site"] = "msk" }))
		s.tell(payload(alerts{"web-1": "firing"}, func(n *notification) { n.GroupLabels = nil }))
		assert.Len(t, s.tickets(), 4)
	})
	bubble(t, "another groupKey is the same group: somebody edited a route", func(t *testing.T) {
		s := newStage(t)
		s.fires("web-1")
		s.tell(payload(alerts{"web-1": "firing", "web-2": "firing"}, func(n *notification) { n.GroupKey = "edited" }))
		s.tell(payload(alerts{"web-1": "resolved", "web-2": "resolved"}, func(n *notification) { n.GroupKey = "edited" }))
		s.holdPasses()
		assert.Equal(t, []string{"closed 1 web-1+web-2"}, s.tickets())
	})
}

// secondAlertmanager is how the other one of a pair tells the same: it heard
// from another Prometheus, so that start times and the order differ.
func secondAlertmanager(n *notification) {
	for i := range n.Alerts {
		n.Alerts[i].StartsAt = n.Alerts[i].StartsAt.Add(time.Duration(i+1) * 17 * time.Second)
	}
	for i, j := 0, len(n.Alerts)-1; i < j; i, j = i+1, j-1 {
		n.Alerts[i], n.Alerts[j] = n.Alerts[j], n.Alerts[i]
	}
}

func TestTwoAlertmanagersMakeOneTicket(t *testing.T) {
	bubble(t, "telling the same, at once or one after the other", func(t *testing.T) {
		s := newStage(t)
		say := []alerts{
			{"web-1": "firing", "web-2": "firing"},
			{"web-1": "firing", "web-2": "firing", "web-3": "firing"},
			{"web-1": "firing", "web-2": "resolved", "web-3": "firing other"},
			{"web-1": "resolved", "web-3": "resolved"},
		}
		for _, each := range say {
			var both sync.WaitGroup
			both.Go(func() { s.tell(payload(each)) })
			both.Go(func() { s.tell(payload(each, secondAlertmanager)) })
			both.Wait()
			time.Sleep(10 * time.Second)
			s.tell(payload(each, secondAlertmanager))
			time.Sleep(5 * time.Second)
		}
		s.holdPasses()
		require.Len(t, s.tickets(), 1)
		assert.Equal(t, []string{"Firing: 3 alerts", "Firing: 2 alerts", "All alerts of the group are resolved."}, s.comments(0))
		assert.Equal(t, tt.StateClosed, s.ticket(0).State)
		assert.ElementsMatch(t, []string{"web-1", "web-2", "web-3"}, s.ticket(0).Objects)
	})
	bubble(t, "a stale firing within the hold opens nothing and comments nothing", func(t *testing.T) {
		s := newStage(t)
		first := payload(alerts{"web-1": "firing"})
		s.tell(first)
		s.resolves("web-1")
		time.Sleep(testHold / 2)
		s.tell(first) // the slower one has not heard yet
		time.Sleep(testHold)
		assert.Equal(t, []string{"open 1 web-1"}, s.tickets(), "one of them says firing")
		s.resolves("web-1") // now it has
		s.holdPasses()
		assert.Equal(t, []string{"closed 1 web-1"}, s.tickets())
		assert.Equal(t, []string{"All alerts of the group are resolved."}, s.comments(0))
	})
	bubble(t, "the second resolved neither lengthens the hold nor closes again", func(t *testing.T) {
		s := newStage(t)
		s.fires("web-1")
		s.resolves("web-1")
		time.Sleep(testHold / 2)
		s.resolves("web-1")
		time.Sleep(testHold/2 + time.Second)
		assert.Equal(t, []string{"closed 1 web-1"}, s.tickets())
		s.resolves("web-1")
		s.holdPasses()
		assert.Equal(t, 1, s.calls("CloseTT"))
	})
	bubble(t, "one of them knows less: what the other says still fires", func(t *testing.T) {
		s := newStage(t)
		s.fires("web-1", "web-2")
		s.tell(payload(alerts{"web-1": "firing"}, secondAlertmanager))
		s.fires("web-1", "web-2")
		assert.Equal(t, []string{"open 1 web-1+web-2"}, s.tickets())
	})
}

func TestWhatAlertmanagerLeavesOut(t *testing.T) {
	other := func(n *notification) { n.GroupKey = `{}/{team="db"}:{alertname="Down"}` }
	bubble(t, "two routes with one receiver and one set of group labels share a ticket, and both must resolve", func(t *testing.T) {
		s := newStage(t)
		s.fires("web-1")
		s.tell(payload(alerts{"db-1": "firing"}, other))
		s.resolves("web-1")
		s.holdPasses()
		assert.Equal(t, []string{"open 1 web-1+db-1"}, s.tickets())
		s.tell(payload(alerts{"db-1": "resolved"}, other))
		s.holdPasses()
		assert.Equal(t, []string{"closed 1 web-1+db-1"}, s.tickets())
	})
	bubble(t, "an alert that a route does not name any more, because it is silenced, keeps nothing open", func(t *testing.T) {
		s := newStage(t)
		s.fires("web-1", "web-2")
		s.fires("web-1")
		s.resolves("web-1")
		s.holdPasses()
		assert.Equal(t, []string{"closed 1 web-1+web-2"}, s.tickets())
	})
	bubble(t, "of the alerts that it cut off nothing is known", func(t *testing.T) {
		cut := func(n *notification) { n.TruncatedAlerts = 2 }
		s := newStage(t)
		s.fires("web-1", "web-2", "web-3")
		s.tell(payload(alerts{"web-1": "firing"}, cut))
		assert.Empty(t, s.comments(0), "still three")
		s.tell(payload(alerts{"web-1": "resolved"}, cut))
		assert.Equal(t, []string{"Firing: 2 alerts"}, s.comments(0))
		s.tell(payload(alerts{"web-2": "resolved", "web-3": "resolved"}, cut))
		s.holdPasses()
		assert.Equal(t, []string{"open 1 web-1+web-2+web-3"}, s.tickets(), "status is that of the alerts sent")
		s.resolves("web-1", "web-2", "web-3")
		s.holdPasses()
		assert.Equal(t, []string{"closed 1 web-1+web-2+web-3"}, s.tickets())
	})
}

func TestPeopleAndLeasesEndTickets(t *testing.T) {
	for _, row := range []struct {
		name    string
		options []fake.Option
	}{
		{"where closed tickets take comments", nil},
		{"where they do not", []fake.Option{fake.WithoutCommentsAfterClose()}},
	} {
		bubble(t, "a person closes while alerts fire: the next notification begins an episode, "+row.name, func(t *testing.T) {
			s := newStage(t, row.options...)
			s.fires("web-1", "web-2")
			require.NoError(t, s.backend.Console("anna").Close(s.ticket(0).ID, "fixed"))
			assert.Len(t, s.tickets(), 1)
			s.fires("web-1", "web-2")
			assert.Equal(t, []string{"closed 1 web-1+web-2", "open 2 web-1+web-2"}, s.tickets())
			s.resolves("web-1", "web-2")
			s.holdPasses()
			assert.Equal(t, []string{"closed 1 web-1+web-2", "closed 2 web-1+web-2"}, s.tickets())
		})
	}
	bubble(t, "a person closes during the hold: nothing is left to do", func(t *testing.T) {
		s := newStage(t)
		s.fires("web-1")
		s.resolves("web-1")
		require.NoError(t, s.backend.Console("anna").Close(s.ticket(0).ID, "fixed"))
		s.holdPasses()
		assert.Equal(t, []string{"closed 1 web-1"}, s.tickets())
		assert.Equal(t, "fixed", s.ticket(0).FinalReason)
	})
	bubble(t, "a person reopens the ticket: the alarm that returns goes on in it", func(t *testing.T) {
		s := newStage(t)
		s.fires("web-1")
		s.resolves("web-1")
		s.holdPasses()
		require.NoError(t, s.backend.Console("anna").Reopen(s.ticket(0).ID))
		s.fires("web-1", "web-2")
		assert.Equal(t, []string{"open 1 web-1+web-2"}, s.tickets())
	})
	bubble(t, "notifications renew the lease when less than half of it is left", func(t *testing.T) {
		s := newStage(t, fake.WithLease(168*time.Hour))
		s.fires("web-1")
		time.Sleep(83 * time.Hour)
		s.fires("web-1")
		assert.Zero(t, s.calls("RenewTT"))
		time.Sleep(2 * time.Hour)
		s.fires("web-1")
		assert.Equal(t, 1, s.calls("RenewTT"))
		assert.Equal(t, time.Now().Add(168*time.Hour).UTC(), s.ticket(0).ExpiresAt)
	})
	bubble(t, "a lapsed lease ends the episode, not the alarm", func(t *testing.T) {
		s := newStage(t, fake.WithLease(time.Hour))
		s.fires("web-1")
		time.Sleep(2 * time.Hour)
		s.fires("web-1")
		assert.Equal(t, []string{"expired 1 web-1", "open 2 web-1"}, s.tickets())
	})
	bubble(t, "a close that needs an approval is enough: the next episode has a ticket of its own", func(t *testing.T) {
		s := newStage(t, fake.WithPendingClose(0))
		s.fires("web-1")
		s.resolves("web-1")
		s.holdPasses()
		s.restart() // knows nothing of it
		s.fires("web-1")
		assert.Equal(t, []string{"pending 1 web-1", "open 2 web-1"}, s.tickets())
	})
}
