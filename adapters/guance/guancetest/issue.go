package guancetest

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

// The statuses of an issue.
const (
	IssueOpen     = 10
	IssueResolved = 20
	IssuePending  = 30
)

var issueStatuses = []int64{IssueOpen, IssueResolved, IssuePending}

// Issue is one issue of the older Issue API.
type Issue struct {
	UUID      string // issue_ and 32 hexadecimal digits
	ID        int64
	Workspace string

	Name         string
	Level        string // such as system_level_1
	Description  string
	Status       int // IssueOpen, IssueResolved, IssuePending
	Extend       json.RawMessage
	Attachments  []string
	ResourceType string // event, dashboard, viewer
	ResourceUUID string
	Resource     string
	Channels     []string
	Replies      []Comment // those with System tell of changes

	Creator string
	Updator string
	Created time.Time
	Updated time.Time
}

// AddIssue adds an issue as a person would, and returns its UUID. A zero Level
// is system_level_1, a zero Status open.
func (s *Server) AddIssue(i Issue) (uuid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i = i.clone()
	i.Workspace = cmp.Or(i.Workspace, DefaultWorkspace)
	i.Name = cmp.Or(i.Name, "a person's issue")
	i.Level = cmp.Or(i.Level, "system_level_1")
	i.Status = cmp.Or(i.Status, IssueOpen)
	i.Creator = cmp.Or(i.Creator, person)
	if len(i.Extend) == 0 {
		i.Extend = json.RawMessage("{}")
	}
	if i.Created.IsZero() {
		i.Created = s.clock()
	}
	s.insertIssue(&i)
	return i.UUID
}

// insertIssue gives an issue its names; the lock is held.
func (s *Server) insertIssue(i *Issue) {
	if i.UUID == "" {
		i.UUID = "issue_" + s.nextHex()
	}
	if i.ID == 0 {
		i.ID = s.nextRow()
	}
	s.issues = append(s.issues, i)
}

// Issues returns deep copies of all issues in the order of creation.
func (s *Server) Issues() []Issue {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Issue, len(s.issues))
	for i, x := range s.issues {
		out[i] = x.clone()
	}
	return out
}

func (i Issue) clone() Issue {
	i.Extend = slices.Clone(i.Extend)
	i.Attachments, i.Channels = slices.Clone(i.Attachments), slices.Clone(i.Channels)
	i.Replies = cloneComments(i.Replies)
	return i
}

// issue finds an issue of the key's workspace, or nil; the lock is held.
func (c *call) issue(uuid string) *Issue {
	for _, i := range c.server.issues {
		if i.UUID == uuid && i.Workspace == c.key.Workspace {
			return i
		}
	}
	return nil
}

// showIssue is an issue in an answer; the lock is held.
func (c *call) showIssue(i *Issue) object {
	k := c.knobs
	return object{
		pair("workspaceUUID", encode(i.Workspace)),
		pair("name", encode(i.Name)),
		pair("level", encode(i.Level)),
		pair("description", encode(i.Description)),
		pair("statusType", encode(i.Status)),
		pair("extend", i.Extend),
		pair("attachmentUuids", encode(nonNil(i.Attachments))),
		pair("resourceType", encode(i.ResourceType)),
		pair("resourceUUID", encode(i.ResourceUUID)),
		pair("resource", encode(i.Resource)),
		pair("channelUUIDs", encode(nonNil(i.Channels))),
		pair("id", encode(i.ID)),
		pair("uuid", encode(i.UUID)),
		pair("status", encode(0)),
		pair("creator", encode(i.Creator)),
		pair("updator", encode(i.Updator)),
		pair("createAt", k.timestamp(i.Created)),
		pair("updateAt", k.timestamp(i.Updated)),
		pair("deleteAt", k.timestamp(time.Time{})),
	}
}

// levels are the built-in levels, most urgent first.
var levels = []string{"system_level_0", "system_level_1", "system_level_2", "system_level_3"}

// listLevels shows the built-in levels.
func (c *call) listLevels() *problem {
	var rows []object
	for i, uuid := range levels {
		rows = append(rows, object{
			pair("uuid", encode(uuid)),
			pair("name", encode("P"+string(rune('0'+i)))),
			pair("isDefault", encode(true)),
		})
	}
	c.succeed(rows)
	return nil
}
