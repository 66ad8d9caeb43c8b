package rsm

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

const (
	probePast  = 10 * time.Minute // how long ago the running mode claims to have begun
	probeAhead = 15 * time.Minute // when it runs out by itself
	probeStep  = 100 * time.Millisecond

	probeLabel = "tt_probe"
	probeCased = "TtProbeCase" // to see whether keys keep their letter case
)

// askRunning makes the mode that runs, and asks everything that can be seen on
// one: how it is shown, when, and what changes do to it.
func (p *probe) askRunning(ctx context.Context) error {
	// Off the whole second: what follows the dates on the tick of a scheduler
	// may be right by chance on it.
	if err := p.pause(ctx, 370*time.Millisecond); err != nil {
		return err
	}
	now := p.s.now().Truncate(time.Second)
	began := now.Add(-probePast)
	body := func() map[string]any {
		return map[string]any{
			"dateStart": probeTime(began), "dateEnd": probeTime(now.Add(probeAhead)),
			"configItems": []map[string]any{{"id": p.ci}},
			"labels":      map[string]string{probeLabel: p.run, probeCased: "1", p.marker(): "1"},
		}
	}
	m, err := p.post(ctx, body(), nil)
	const question = "a beginning in the past"
	switch {
	case refusal(err):
		p.find(question, "refused", "%v", err)
		began = now
		if m, err = p.post(ctx, body(), nil); err != nil {
			return err
		}
	case err != nil:
		return err
	case at(m.DateStart).Sub(began).Abs() < 2*time.Second:
		p.find(question, "kept", "the mode shows the beginning that it was given")
	default:
		p.find(question, "moved", "the mode begins when it is made")
	}
	p.running = m
	p.askDates(m)
	p.askView(m)
	for _, ask := range []func(context.Context) error{p.askVisibility, p.askQueries, p.askLabels, p.askLimits, p.askScope} {
		if err := ask(ctx); err != nil {
			return err
		}
	}
	return nil
}

// marker is the name of a label that nothing else has.
func (p *probe) marker() string { return probeLabel + "_" + p.run }

func (p *probe) pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return tt.Errorf(tt.CodeCanceled, tt.NotDone, "while probing: %w", ctx.Err())
	}
}

var (
	fraction = regexp.MustCompile(`:\d\d\.(\d+)`)
	offset   = regexp.MustCompile(`(Z|[+-]\d\d:?\d\d)$`)
)

// askDates looks at how dates are written.
func (p *probe) askDates(m *probedMode) {
	digits := 0
	if match := fraction.FindStringSubmatch(m.DateEnd); match != nil {
		digits = len(match[1])
	}
	p.find("fractions of seconds", fmt.Sprint(digits, " digits"), "a date is written as %s", m.DateEnd)
	const question = "time zone"
	switch zone := offset.FindString(m.DateEnd); zone {
	case "":
		p.find(question, "none", "a date is written as %s", m.DateEnd)
	case "+05:30":
		p.find(question, "as given", "dates come back with the offset that they were sent with")
	default:
		p.find(question, zone, "whatever offset a date was sent with")
	}
}

// askView looks at what an answer shows of a mode.
func (p *probe) askView(m *probedMode) {
	switch it := m.item(p.ci); {
	case it == nil:
		p.unknown("default depth", "the mode does not show its config item")
	case it.Depth == nil:
		p.find("default depth", "none", "a config item without a depth has none")
	default:
		p.find("default depth", fmt.Sprint(*it.Depth), "of a config item that was sent without")
	}
	_, same := m.label(probeCased)
	_, lower := m.label(strings.ToLower(probeCased[:1]) + probeCased[1:])
	switch {
	case same:
		p.find("label keys", "as given", "%s came back as it was sent", probeCased)
	case lower:
		p.find("label keys", "first letter lowered", "the adapter's keys begin with a lower one")
	default:
		p.find("label keys", "changed", "labels came back as %s", cutText(string(m.Labels)))
	}
	if len(m.fields) == 0 {
		p.find("unknown fields", "none", "modes show what is documented")
		return
	}
	slices.Sort(m.fields)
	p.find("unknown fields", strings.Join(slices.Compact(m.fields), ", "), "ignored by the adapter")
}

func cutText(text string) string {
	text, _ = tt.Cut(tt.CleanText(text), 120)
	return text
}

// askVisibility measures when the new mode is shown by its id, in lists, and
// as running.
func (p *probe) askVisibility(ctx context.Context) error {
	m := p.running
	answered := m.asked.Add(m.took)
	var byID, listed, started time.Duration = -1, -1, -1
	state := ""
	see := func(it *probedItem) {
		if it != nil && started < 0 && !strings.EqualFold(it.State, "pending") {
			started, state = time.Since(answered), it.State
		}
	}
	see(m.item(p.ci))
	for time.Since(answered) <= p.wait && (byID < 0 || listed < 0 || started < 0) {
		if byID < 0 || started < 0 {
			shown, err := p.get(ctx, m.ID)
			switch {
			case err == nil:
				if byID < 0 {
					byID = time.Since(answered)
				}
				see(shown.item(p.ci))
			case tt.CodeOf(err) != tt.CodeNotFound:
				return err
			}
		}
		if listed < 0 {
			found, _, err := p.rows(ctx, p.run, nil)
			if err != nil {
				return err
			}
			if found[m.ID] {
				listed = time.Since(answered)
			}
		}
		if err := p.pause(ctx, probeStep); err != nil {
			return err
		}
	}
	p.find("a create takes", roughly(m.took), "the slowest of all, from the request to its answer")
	p.late("reads by id", byID, "after the create was answered")
	p.late("lists", listed, "after the create was answered")
	p.late("states", started, "after the create was answered, of a mode that begins in the past")
	if state == "" {
		p.unknown("state of a running mode", "it stayed Pending for %s", p.wait)
	} else {
		p.find("state of a running mode", state, "of its config item")
	}
	return nil
}

func (p *probe) get(ctx context.Context, id int64) (*probedMode, error) {
	reply, err := p.s.client.Do(p.s.client.Operation(ctx), rest.Request{Path: modePath(id), ReadOnly: true})
	if err != nil {
		return nil, err
	}
	return readMode(reply.Body)
}

// late notes how late something was seen; below zero: not within the wait.
func (p *probe) late(question string, after time.Duration, detail string) {
	if after < 0 {
		p.shown = max(p.shown, p.wait)
		p.unknown(question, "not within %s: probe again with a longer wait", p.wait)
		return
	}
	p.shown = max(p.shown, after)
	answer := roughly(after)
	if after >= 100*time.Millisecond {
		answer += " late"
	}
	p.find(question, answer, "%s", detail)
}

// askQueries looks whether the server selects as it is asked to. It comes when
// lists show the mode.
func (p *probe) askQueries(ctx context.Context) error {
	m := p.running
	for _, q := range []struct {
		question, search string
		filter           map[string]any
		wanted           bool
	}{
		{"search in values of labels", p.run, nil, true},
		{"search in names of labels", p.marker(), nil, true},
		{"search for what nothing holds", "x" + p.run, nil, false},
		{"filter by config item", p.run, map[string]any{"configItemIds": []int64{p.ci}}, true},
		{"filter by the end, earlier", p.run, map[string]any{"dateEnd": dateRange{probeTime(at(m.DateEnd).Add(-time.Minute))}}, true},
		{"filter by the end, later", p.run, map[string]any{"dateEnd": dateRange{probeTime(at(m.DateEnd).Add(time.Minute))}}, false},
	} {
		found, header, err := p.rows(ctx, q.search, q.filter)
		switch {
		case err != nil && !refusal(err):
			return err
		case err != nil:
			p.find(q.question, "refused", "%v", err)
		case found[m.ID] == q.wanted:
			p.find(q.question, "honoured", "a mode of this probe was found where it should be")
		default:
			p.find(q.question, "not honoured", "the adapter compares every row, and needs what it asks for to be among them")
		}
		if q.question != "search in values of labels" || err != nil {
			continue
		}
		if header.Get("X-Total-Pages") != "" {
			p.find("page headers", "sent", "lists say how many pages they have")
		} else {
			p.find("page headers", "not sent", "the adapter reads until a page is short")
		}
	}
	return nil
}

// askLabels changes the labels, leaving some out.
func (p *probe) askLabels(ctx context.Context) error {
	m, err := p.patch(ctx, p.running.ID, map[string]any{"labels": map[string]string{probeLabel: p.run}})
	if err != nil {
		return err
	}
	p.find("a change takes", roughly(p.change), "the slowest of all, from the request to its answer")
	const question = "labels in a change"
	if _, kept := m.label(p.marker()); kept {
		p.find(question, "merge", "labels that a change leaves out stay")
	} else {
		p.find(question, "replace", "labels that a change leaves out are removed")
	}
	return nil
}

// askLimits tries longer and longer texts, until one is refused.
func (p *probe) askLimits(ctx context.Context) error {
	for _, limit := range []struct {
		question, unit string
		sizes          []int
		body           func(size int) map[string]any
	}{
		{"label values", "bytes", []int{255, 256, 1024, 4096, 16384}, func(n int) map[string]any {
			return map[string]any{"labels": map[string]string{probeLabel: p.run, probeLabel + "_long": strings.Repeat("x", n)}}
		}},
		{"titles", "characters", []int{200, 201, 255, 256, 1024}, func(n int) map[string]any {
			return map[string]any{"title": p.title() + strings.Repeat("x", n-len(p.title()))}
		}},
	} {
		longest, refusedAt := 0, 0
		for _, size := range limit.sizes {
			_, err := p.patch(ctx, p.running.ID, limit.body(size))
			if refusal(err) {
				refusedAt = size
				break
			}
			if err != nil {
				return err
			}
			longest = size
		}
		if refusedAt == 0 {
			p.find(limit.question, fmt.Sprintf("%d %s or more", longest, limit.unit), "nothing longer was tried")
		} else {
			p.find(limit.question, fmt.Sprintf("less than %d %s", refusedAt, limit.unit), "%d were taken; the adapter needs 255 bytes in a label and 200 characters in a title", longest)
		}
	}
	const question = "dates that end in Z"
	_, err := p.patch(ctx, p.running.ID, map[string]any{"dateEnd": at(p.running.DateEnd).UTC().Format("2006-01-02T15:04:05Z")})
	switch {
	case refusal(err):
		p.find(question, "refused", "the adapter writes offsets")
	case err != nil:
		return err
	default:
		p.find(question, "accepted", "the adapter writes offsets all the same")
	}
	return nil
}

// askScope lets a second config item join, and the first one leave.
func (p *probe) askScope(ctx context.Context) error {
	const joining, changing = "a config item that joins", "config items in a change"
	if p.another == 0 {
		why := "it takes a second object"
		if len(p.s.anchors) > 0 {
			why = "of no matter with anchor_ci: members of groups are not config items then"
		}
		p.unknown(joining, "%s", why)
		p.unknown(changing, "%s", why)
		return nil
	}
	if began := at(p.running.DateStart); p.s.now().Sub(began) < 3*time.Second { // dates are whole seconds
		if err := p.pause(ctx, 3*time.Second); err != nil {
			return err
		}
	}
	m, err := p.patch(ctx, p.running.ID, map[string]any{"configItems": []map[string]any{{"id": p.ci}, {"id": p.another}}})
	if err != nil {
		return err
	}
	switch it := m.item(p.another); {
	case it == nil:
		p.unknown(joining, "the answer does not show it")
	case at(it.DateStart).Sub(at(m.DateStart)) >= time.Second:
		p.find(joining, "begins when it joins", "and stays in the list, as ended, when it leaves")
	default:
		p.find(joining, "begins with the mode", "the list is what was sent")
	}
	if m, err = p.patch(ctx, p.running.ID, map[string]any{"configItems": []map[string]any{{"id": p.another}}}); err != nil {
		return err
	}
	if it := m.item(p.ci); it != nil && !it.over() {
		p.find(changing, "merge", "config items that a change leaves out stay")
	} else {
		p.find(changing, "replace", "config items that a change leaves out end, or are removed")
	}
	return nil
}

// null reports whether JSON text is null, or not there at all.
func null(text []byte) bool {
	text = bytes.TrimSpace(text)
	return len(text) == 0 || string(text) == "null"
}
