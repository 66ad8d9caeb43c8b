package rsmtest

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// modeBody is the body of create, replace and patch. An absent field and null
// are the same.
type modeBody struct {
	Title     *string             `json:"title"`
	DateStart *string             `json:"dateStart"`
	DateEnd   *string             `json:"dateEnd"`
	Items     []itemBody          `json:"configItems"`
	Labels    *map[string]*string `json:"labels"`
	Cancel    *bool               `json:"cancel"`
}

type itemBody struct {
	ID    *int64  `json:"id"`
	Scope *string `json:"scope"`
	Depth *int    `json:"depth"`
}

// maxDepth is where the depth of the graph is out of range.
const maxDepth = 100

// decode reads the JSON body into v; empty is the answer to no body.
func (c *call) decode(v any, empty text) *problem {
	raw, _ := io.ReadAll(c.r.Body) // it is in memory
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return badRequest(empty)
	}
	if json.Unmarshal(raw, v) != nil {
		return badRequest(textBadModel)
	}
	return nil
}

// change is a valid body.
type change struct {
	title      *string
	start, end time.Time // zero: unchanged
	items      []wanted  // empty: unchanged
	labels     map[string]any
	setLabels  bool
	cancel     bool
}

// wanted is an item that the client asks for.
type wanted struct {
	ci    int64
	scope string
	depth int
}

// readChange reads the body of a write. Whole says that it must describe a
// whole mode (create and replace).
func (c *call) readChange(whole bool) (change, *problem) {
	var b modeBody
	if p := c.decode(&b, textEmptyBody); p != nil {
		return change{}, p
	}
	if !whole && b.Title == nil && b.DateStart == nil && b.DateEnd == nil && len(b.Items) == 0 && b.Labels == nil && b.Cancel == nil {
		return change{}, badRequest(textAllEmpty)
	}
	var bad []field
	if whole {
		if b.DateStart == nil {
			bad = append(bad, field{"dateStart", textNoStart})
		}
		if b.DateEnd == nil {
			bad = append(bad, field{"dateEnd", textNoEnd})
		}
		if len(b.Items) == 0 {
			bad = append(bad, field{"configItems", textNoItems})
		}
	}
	ch := change{title: b.Title, cancel: b.Cancel != nil && *b.Cancel}
	var ok bool
	if ch.start, ok = c.optionalDate(b.DateStart); !ok {
		bad = append(bad, field{"dateStart", textBadModel})
	}
	if ch.end, ok = c.optionalDate(b.DateEnd); !ok {
		bad = append(bad, field{"dateEnd", textBadModel})
	}
	for _, it := range b.Items {
		w, problem := c.readItem(it)
		bad = append(bad, problem...)
		ch.items = append(ch.items, w)
	}
	if k := c.knobs; b.Title != nil && k.TitleLimit > 0 && utf8.RuneCountInString(*b.Title) > k.TitleLimit {
		bad = append(bad, field{"title", textLongTitle})
	}
	if b.Labels != nil {
		ch.setLabels = true
		ch.labels = make(map[string]any, len(*b.Labels))
		for key, v := range *b.Labels {
			if v == nil {
				ch.labels[key] = nil
				continue
			}
			if c.knobs.LabelLimit > 0 && len(*v) > c.knobs.LabelLimit {
				bad = append(bad, field{"labels", textLongLabel})
			}
			ch.labels[key] = *v
		}
	}
	if len(bad) > 0 {
		return change{}, badFields(bad...)
	}
	return ch, nil
}

func (c *call) readItem(it itemBody) (wanted, []field) {
	var bad []field
	w := wanted{scope: ScopeCi}
	switch {
	case it.ID == nil:
		bad = append(bad, field{"configItems", textNoItemID})
	case *it.ID < 1:
		bad = append(bad, field{"configItems", textBadItemID})
	default:
		w.ci = *it.ID
	}
	if it.Scope != nil {
		switch {
		case strings.EqualFold(*it.Scope, ScopeCi):
		case strings.EqualFold(*it.Scope, ScopeChildren):
			w.scope = ScopeChildren
		default:
			bad = append(bad, field{"configItems", textBadModel})
		}
	}
	if it.Depth != nil && (*it.Depth < -1 || *it.Depth > maxDepth) {
		bad = append(bad, field{"configItems", textBadDepth})
	}
	w.depth = c.knobs.depth(w.scope, it.Depth)
	return w, bad
}

// optionalDate reads a date that may be missing.
func (c *call) optionalDate(s *string) (time.Time, bool) {
	if s == nil {
		return time.Time{}, true
	}
	return c.parseDate(*s)
}

// parseDate reads a date and rounds it to what the server stores. A date
// without offset is server-local.
func (c *call) parseDate(s string) (time.Time, bool) {
	if c.knobs.RefuseZ && strings.HasSuffix(s, "Z") {
		return time.Time{}, false
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04"} {
		if t, err := time.ParseInLocation(layout, s, c.knobs.local()); err == nil && t.Year() >= 1 {
			return c.knobs.cut(t), true
		}
	}
	return time.Time{}, false
}
