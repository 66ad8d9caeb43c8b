package rsmtest

import (
	"time"
	"unicode"
	"unicode/utf8"
)

// modeJSON is a mode in an answer.
type modeJSON struct {
	ID        int64          `json:"id"`
	DateStart string         `json:"dateStart"`
	DateEnd   string         `json:"dateEnd"`
	Title     *string        `json:"title"`
	Items     []itemJSON     `json:"configItems"`
	Labels    map[string]any `json:"labels"`

	// What nobody documented (Knobs.ExtraFields).
	Revision int     `json:"revision,omitempty"`
	Author   *idJSON `json:"createdBy,omitempty"`
}

type itemJSON struct {
	ID        int64  `json:"id"`
	Scope     string `json:"scope"`
	Depth     int    `json:"depth"`
	State     string `json:"state"`
	DateStart string `json:"dateStart"`
	DateEnd   string `json:"dateEnd"`

	Name string `json:"name,omitempty"`
}

// answer is the mode as the token sees it. It shares no memory with m; the
// server's lock is held.
func (c *call) answer(m *Mode, view time.Time) modeJSON {
	k := c.knobs
	out := modeJSON{
		ID:        m.ID,
		DateStart: k.date(m.Start),
		DateEnd:   k.date(m.End),
		Items:     make([]itemJSON, 0, len(m.Items)),
		Labels:    k.labels(m.Labels),
	}
	if m.Title != "" {
		title := m.Title
		out.Title = &title
	}
	if k.ExtraFields {
		out.Revision, out.Author = 3, &idJSON{1}
	}
	for _, it := range m.Items {
		if k.HideItems && !c.token.canRead(it.CI) {
			continue
		}
		item := itemJSON{
			ID:        it.CI,
			Scope:     it.Scope,
			Depth:     it.Depth,
			State:     k.literal(it.state(view)),
			DateStart: k.date(it.Start),
			DateEnd:   k.date(it.End),
		}
		if k.ExtraFields {
			item.Name = c.server.cis[it.CI].Name
		}
		out.Items = append(out.Items, item)
	}
	return out
}

// date shows a time.
func (k Knobs) date(t time.Time) string {
	offset := "-07:00"
	switch k.Zone {
	case ZoneUTC:
		t = t.UTC()
	case ZoneMoscow:
		t = t.In(moscow)
	case ZoneZ:
		t, offset = t.UTC(), "Z07:00"
	case ZoneGiven:
	}
	if k.digits() == 7 {
		return t.Format("2006-01-02T15:04:05.0000000" + offset)
	}
	return t.Format("2006-01-02T15:04:05" + offset)
}

// literal is the word for a state.
func (k Knobs) literal(s State) string {
	switch {
	case s == Running && k.RunningState != "":
		return k.RunningState
	case s == Cancelled && k.CancelledState != "":
		return k.CancelledState
	}
	return string(s)
}

func (k Knobs) labels(labels map[string]any) map[string]any {
	if len(labels) == 0 && k.NullEmpty {
		return nil
	}
	out := make(map[string]any, len(labels))
	for key, v := range labels {
		if k.LowerLabelKeys {
			first, n := utf8.DecodeRuneInString(key)
			key = string(unicode.ToLower(first)) + key[n:]
		}
		out[key] = cloneValue(v)
	}
	return out
}
