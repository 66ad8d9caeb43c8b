package rsmtest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// CI is a configuration item.
type CI struct {
	ID     int64
	Name   string
	Labels map[string]any // strings, lists of strings, or nil
	Parent int64          // the CI above it, 0 for none
}

// DefaultCIs returns the CIs 1 to 20 of a server whose options name none.
// CI 7 is called "host-7" and has the label noc_id "obj-7". One name is the
// beginning of another (1 and 10), and 20 is called "Host-1", which differs
// from the name of 1 in letter case only.
func DefaultCIs() []CI {
	cis := make([]CI, 20)
	for i := range cis {
		id := int64(i + 1)
		cis[i] = CI{
			ID:     id,
			Name:   fmt.Sprintf("host-%d", id),
			Labels: map[string]any{"noc_id": fmt.Sprintf("obj-%d", id)},
		}
	}
	cis[19].Name = "Host-1"
	cis[19].Labels["noc_id"] = "Obj-1"
	return cis
}

func (c CI) clone() CI {
	c.Labels, _ = cloneValue(c.Labels).(map[string]any)
	return c
}

// has reports whether the label is there with the wanted value: nil wants
// any, a list one of its elements.
func (c CI) has(label string, want any) bool {
	have, ok := c.Labels[label]
	if !ok {
		return false
	}
	if want == nil {
		return true
	}
	for _, w := range values(want) {
		if slices.Contains(values(have), w) {
			return true
		}
	}
	return false
}

// values are the strings in a label.
func values(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []string:
		return v
	case []any:
		var out []string
		for _, x := range v {
			out = append(out, values(x)...)
		}
		return out
	}
	return nil
}

// below reports whether the CI is above among the parents of id.
func (s *Server) below(id, above int64) bool {
	for range len(s.cis) { // a loop among parents ends, too
		ci, ok := s.cis[id]
		if !ok || ci.Parent == 0 {
			return false
		}
		if ci.Parent == above {
			return true
		}
		id = ci.Parent
	}
	return false
}

type ciJSON struct {
	ID     int64          `json:"id"`
	Name   string         `json:"name"`
	Labels map[string]any `json:"labels,omitempty"`
	Type   *idJSON        `json:"configItemType,omitempty"`
	Owner  *idJSON        `json:"ownerWorkGroup,omitempty"`
}

type idJSON struct {
	ID int64 `json:"id"`
}

func (c *call) ciAnswer(ci CI, full bool) ciJSON {
	out := ciJSON{ID: ci.ID, Name: ci.Name}
	if full {
		out.Labels = ci.clone().Labels
		out.Type, out.Owner = &idJSON{1}, &idJSON{1}
	}
	return out
}

// readableCIs are the CIs that the token may read and keep accepts.
func (c *call) readableCIs(keep func(CI) bool) []CI {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	var out []CI
	for _, ci := range c.server.cis {
		if c.token.canRead(ci.ID) && (keep == nil || keep(ci)) {
			out = append(out, ci)
		}
	}
	return out
}

func (c *call) listCIs() *problem {
	return c.sendCIs(c.readableCIs(nil), false)
}

func (c *call) filterCIs() *problem {
	var body struct {
		IDs    []int64        `json:"ids"`
		Names  []string       `json:"names"`
		Labels map[string]any `json:"labels"`
	}
	if p := c.decode(&body, textBadModel); p != nil {
		return p
	}
	equal := func(a, b string) bool { return a == b }
	if c.knobs.FoldNames {
		equal = strings.EqualFold
	}
	return c.sendCIs(c.readableCIs(func(ci CI) bool {
		if len(body.IDs) > 0 && !slices.Contains(body.IDs, ci.ID) {
			return false
		}
		if len(body.Names) > 0 && !slices.ContainsFunc(body.Names, func(n string) bool { return equal(n, ci.Name) }) {
			return false
		}
		for label, want := range body.Labels {
			if !ci.has(label, want) {
				return false
			}
		}
		return true
	}), c.knobs.ExtraFields)
}

func (c *call) sendCIs(cis []CI, full bool) *problem {
	q, p := c.listQuery()
	if p != nil {
		return p
	}
	total := len(cis)
	if q.search != "" {
		cis = slices.DeleteFunc(cis, func(ci CI) bool {
			return !contains(ci.Name, q.search) && !contains(strconv.FormatInt(ci.ID, 10), q.search)
		})
	}
	sortRows(q, cis, func(ci CI) int64 { return ci.ID }, func(a, b CI) int {
		if q.column == "name" {
			return strings.Compare(a.Name, b.Name)
		}
		return 0
	})
	cis = page(c, q, cis, total)
	out := make([]ciJSON, len(cis))
	for i, ci := range cis {
		out[i] = c.ciAnswer(ci, full)
	}
	c.send(http.StatusOK, out)
	return nil
}

func (c *call) getCI() *problem {
	id, p := c.pathID()
	if p != nil {
		return p
	}
	found := c.readableCIs(func(ci CI) bool { return ci.ID == id })
	if len(found) == 0 {
		return &problem{status: http.StatusNotFound, text: textNoCI, id: id}
	}
	c.send(http.StatusOK, c.ciAnswer(found[0], true))
	return nil
}
