package guancetest

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// The statuses of an incident.
const (
	StatusOpen     = "open"
	StatusWorking  = "working" // somebody has claimed it
	StatusResolved = "resolved"
	StatusClosed   = "closed"
)

var statuses = []string{StatusOpen, StatusWorking, StatusResolved, StatusClosed}

// Incident is one incident as the server holds it. Only monitors make
// incidents, none is ever deleted.
type Incident struct {
	UUID      string // incident_ and 32 hexadecimal digits
	ID        int64
	Workspace string

	Name        string
	Description string
	Level       string // such as system_level_1
	Status      string
	Dimensions  map[string]string
	Tags        []string
	Assignees   []string
	URL         string
	Attachments []string
	Extend      json.RawMessage
	Comments    []Comment
	Operations  []Operation

	Schedules []string // those that matched when it opened
	Notices   []Notice // those that were sent at once
	Creator   string
	Updator   string
	Created   time.Time
	Updated   time.Time
}

// Comment is a comment on an incident, or a reply to an issue.
type Comment struct {
	UUID        string // inccmt_… or repim_…
	ID          int64
	Text        string
	System      bool // the server wrote it: a change of an issue
	Attachments []string
	Extend      json.RawMessage
	Creator     string
	Updator     string
	Created     time.Time
	Updated     time.Time
}

// Operation is a line in the log of an incident.
type Operation struct {
	UUID          string // incop_…
	ID            int64
	Kind          string // create, status_update, …
	Before, After string
	Operator      string
	Created       time.Time
}

// AddIncident opens an incident, as a monitor would, and returns its UUID. It
// goes to the schedules that match it now; see [Server.Notified]. A zero
// Level is system_level_1, a zero Status open. Nothing is checked.
func (s *Server) AddIncident(i Incident) (uuid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i = i.clone()
	i.Workspace = cmp.Or(i.Workspace, DefaultWorkspace)
	i.Name = cmp.Or(i.Name, "incident")
	i.Level = cmp.Or(i.Level, "system_level_1")
	i.Status = cmp.Or(i.Status, StatusOpen)
	i.Creator = cmp.Or(i.Creator, "SYS")
	if len(i.Extend) == 0 {
		i.Extend = json.RawMessage("{}")
	}
	if i.Created.IsZero() {
		i.Created = s.clock()
	}
	if i.UUID == "" {
		i.UUID = "incident_" + s.nextHex()
	}
	if i.ID == 0 {
		i.ID = s.nextRow()
	}
	e := Event{i.Workspace, i.Dimensions, i.Tags, i.Level, i.Status}
	i.Schedules, i.Notices = nil, nil
	for _, x := range s.matching(e, i.Created) {
		i.Schedules = append(i.Schedules, x.UUID)
		i.Notices = append(i.Notices, s.notices(x, e, i.Created, i.Created)...)
	}
	i.Operations = append(i.Operations, Operation{
		UUID: "incop_" + s.nextHex(), ID: s.nextRow(), Kind: "create", After: i.Status, Operator: i.Creator, Created: i.Created,
	})
	s.incidents = append(s.incidents, &i)
	return i.UUID
}

// Incidents returns deep copies of all incidents in the order of opening.
func (s *Server) Incidents() []Incident {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Incident, len(s.incidents))
	for i, x := range s.incidents {
		out[i] = x.clone()
	}
	return out
}

func (i Incident) clone() Incident {
	i.Dimensions = maps.Clone(i.Dimensions)
	i.Tags, i.Assignees, i.Attachments = slices.Clone(i.Tags), slices.Clone(i.Assignees), slices.Clone(i.Attachments)
	i.Extend = slices.Clone(i.Extend)
	i.Comments, i.Operations = cloneComments(i.Comments), slices.Clone(i.Operations)
	i.Schedules, i.Notices = slices.Clone(i.Schedules), slices.Clone(i.Notices)
	for n := range i.Notices {
		i.Notices[n].Methods = slices.Clone(i.Notices[n].Methods)
	}
	return i
}

func cloneComments(all []Comment) []Comment {
	all = slices.Clone(all)
	for i := range all {
		all[i].Attachments, all[i].Extend = slices.Clone(all[i].Attachments), slices.Clone(all[i].Extend)
	}
	return all
}

// nextRow is the next row id of anything but a schedule; the lock is held.
func (s *Server) nextRow() int64 {
	s.rows++
	return int64(s.rows)
}

// log notes what was done to an incident; the lock is held.
func (c *call) log(i *Incident, kind, before, after string) {
	i.Operations = append(i.Operations, Operation{
		UUID: "incop_" + c.server.nextHex(), ID: c.server.nextRow(), Kind: kind, Before: before, After: after,
		Operator: c.key.account(), Created: c.now,
	})
}

// incident finds an incident of the key's workspace, or nil; the lock is held.
func (c *call) incident(uuid string) *Incident {
	for _, i := range c.server.incidents {
		if i.UUID == uuid && i.Workspace == c.key.Workspace {
			return i
		}
	}
	return nil
}

// showIncident is an incident in an answer; the lock is held.
func (c *call) showIncident(i *Incident) object {
	k := c.knobs
	dimensions := i.Dimensions
	if dimensions == nil {
		dimensions = map[string]string{}
	}
	return object{
		pair("workspaceUUID", encode(i.Workspace)),
		pair("name", encode(i.Name)),
		pair("description", encode(i.Description)),
		pair("level", encode(i.Level)),
		pair("incidentsStatus", encode(i.Status)),
		pair("source", encode("internal")),
		pair("resourceUrl", encode(i.URL)),
		// The vendor writes the dimensions as JSON within a string.
		pair("resourceContent", object{pair("df_dimension_tags", encode(string(encode(dimensions))))}.bytes()),
		pair("assigner", encode(nonNil(i.Assignees))),
		pair("tags", encode(nonNil(i.Tags))),
		pair("schedule", encode(nonNil(i.Schedules))),
		pair("attachmentUUIDs", encode(nonNil(i.Attachments))),
		pair("extend", i.Extend),
		pair("id", encode(i.ID)),
		pair("uuid", encode(i.UUID)),
		pair("creator", encode(i.Creator)),
		pair("updator", encode(i.Updator)),
		pair("createAt", k.timestamp(i.Created)),
		pair("updateAt", k.timestamp(i.Updated)),
		pair("deleteAt", k.timestamp(time.Time{})),
	}
}
