package guancetest

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// issueDraft are the fields of add and modify.
type issueDraft struct {
	name, level, description             *string
	status                               *int64
	extend                               *object
	attachments, channels                *[]string
	resourceType, resourceUUID, resource *string
}

// readIssue reads the body of add and modify; whole says that it must describe
// a whole issue.
func (c *call) readIssue(whole bool) (*issueDraft, *problem) {
	o, p := c.body()
	if p != nil {
		return nil, p
	}
	f := fields{object: o, length: c.knobs.Length}
	need := func(name string) {
		if whole && !f.given(name) {
			f.bad(name, "required")
		}
	}
	need("name")
	d := &issueDraft{name: f.text("name", 256)}
	if d.name != nil && *d.name == "" {
		f.bad("name", "empty")
	}
	need("level")
	d.level = f.text("level", 0)
	need("description")
	d.description = f.text("description", 0)
	need("extend")
	if c.knobs.IssueExtend && !f.given("extend") {
		f.bad("extend", "required")
	}
	d.extend = f.nested("extend")
	d.attachments, d.channels = f.texts("attachmentUuids"), f.texts("channelUUIDs")
	d.resourceType, d.resourceUUID, d.resource = f.text("resourceType", 0), f.text("resourceUUID", 0), f.text("resource", 0)
	if t := d.resourceType; t != nil && !slices.Contains([]string{"event", "dashboard", "viewer"}, *t) {
		f.bad("resourceType", "unknown")
	}
	if !whole {
		d.status = f.integer("statusType")
		if d.status != nil && !slices.Contains(issueStatuses, *d.status) {
			f.bad("statusType", "none of 10, 20, 30")
		}
	}
	return d, f.problem
}

// apply changes the fields that are given.
func (d *issueDraft) apply(i *Issue) {
	set(&i.Name, d.name, "", true)
	set(&i.Level, d.level, "", true)
	set(&i.Description, d.description, "", true)
	set(&i.Attachments, d.attachments, nil, true)
	set(&i.Channels, d.channels, nil, true)
	set(&i.ResourceType, d.resourceType, "", true)
	set(&i.ResourceUUID, d.resourceUUID, "", true)
	set(&i.Resource, d.resource, "", true)
	if d.extend != nil {
		i.Extend = d.extend.bytes()
	}
	if d.status != nil {
		i.Status = int(*d.status)
	}
}

// addIssue makes an issue.
func (c *call) addIssue() *problem {
	d, p := c.readIssue(true)
	if p != nil {
		return p
	}
	c.server.mu.Lock()
	i := &Issue{Workspace: c.key.Workspace, Status: IssueOpen, Creator: c.key.account(), Created: c.now}
	d.apply(i)
	c.server.insertIssue(i)
	out := c.showIssue(i)
	c.server.mu.Unlock()
	c.succeed(out)
	return nil
}

// modifyIssue changes the fields that are given. A new status leaves a reply
// of the server's.
func (c *call) modifyIssue() *problem {
	d, p := c.readIssue(false)
	if p != nil {
		return p
	}
	s := c.server
	s.mu.Lock()
	i := c.issue(c.id)
	if i == nil {
		s.mu.Unlock()
		return &problem{kind: noIssue}
	}
	if d.status != nil && int(*d.status) != i.Status {
		i.Replies = append(i.Replies, Comment{
			UUID: "repim_" + s.nextHex(), ID: s.nextRow(), System: true, Extend: json.RawMessage("{}"),
			Text: "statusType: " + strconv.Itoa(i.Status) + " -> " + strconv.FormatInt(*d.status, 10), Creator: c.key.account(), Created: c.now,
		})
	}
	d.apply(i)
	i.Updated, i.Updator = c.now, c.key.account()
	out := c.showIssue(i)
	s.mu.Unlock()
	c.succeed(out)
	return nil
}

// getIssue shows one issue, with what only this answer has.
func (c *call) getIssue() *problem {
	c.server.mu.Lock()
	i := c.issue(c.id)
	if i == nil {
		c.server.mu.Unlock()
		return &problem{kind: noIssue}
	}
	out := c.showIssue(i)
	out.put("attachments", []string{})
	out.put("bindChannels", nonNil(i.Channels))
	out.put("levelInfo", map[string]string{"uuid": i.Level})
	out.put("managerInfos", []string{})
	out.put("creatorInfo", map[string]string{"uuid": i.Creator})
	out.put("updatorInfo", map[string]string{"uuid": i.Updator})
	c.server.mu.Unlock()
	c.succeed(out)
	return nil
}

// issueFilter is one element of the filters of a list.
type issueFilter struct {
	key, value string
	equal      bool
}

// listIssues shows a page of the issues, the newest first. Here pageInfo
// stands inside content, whatever the knobs say: that is documented.
func (c *call) listIssues() *problem {
	f, p := c.parameters()
	if p != nil {
		return p
	}
	g := f.page()
	channel, from, to := f.text("channelUUID", 0), f.integer("startTime"), f.integer("endTime")
	var filters []issueFilter
	if elements := f.list("filters"); elements != nil {
		for n, raw := range *elements {
			e := f.element("filters", n, raw)
			if e == nil {
				continue
			}
			x := issueFilter{key: e.required("key", 0), equal: true}
			if !slices.Contains([]string{"resource", "level", "statusType", "creator", "updator"}, x.key) {
				e.bad("key", "unknown")
			}
			if equal := e.flag("equal"); equal != nil {
				x.equal = *equal
			}
			value, ok := e.field("value")
			if !ok {
				e.bad("value", "required")
			}
			x.value = strings.Trim(string(value), `"`) // a number or a plain word
			filters = append(filters, x)
			f.take(e.problem)
		}
	}
	if f.problem != nil {
		return f.problem
	}
	finds := func(i *Issue) bool {
		values := map[string]string{
			"resource": i.Resource, "level": i.Level, "statusType": strconv.Itoa(i.Status), "creator": i.Creator, "updator": i.Updator,
		}
		for _, x := range filters {
			if (values[x.key] == x.value) != x.equal {
				return false
			}
		}
		return (channel == nil || *channel == "" || slices.Contains(i.Channels, *channel)) &&
			(from == nil || i.Created.Unix() >= *from) && (to == nil || i.Created.Unix() <= *to) &&
			(c.knobs.Search.finds(i.Name, g.search) || c.knobs.Search.finds(i.Description, g.search))
	}
	c.server.mu.Lock()
	var rows []*Issue
	for _, i := range c.server.issues {
		if i.Workspace == c.key.Workspace && finds(i) {
			rows = append(rows, i)
		}
	}
	slices.SortFunc(rows, func(a, b *Issue) int { return cmp.Compare(b.ID, a.ID) })
	shown, info := showPage(c, g, rows, c.showIssue)
	c.server.mu.Unlock()
	c.succeed(object{pair("data", encode(shown)), pair("pageInfo", info.bytes())})
	return nil
}

// maxReply is the length of a reply.
const maxReply = 65535

// addReply writes a reply. The row id in the answer is null.
func (c *call) addReply() *problem {
	o, p := c.body()
	if p != nil {
		return p
	}
	f := fields{object: o, length: c.knobs.Length}
	uuid := f.required("issueUUID", 0)
	m := commentBody(&f, "content", maxReply)
	if !f.given("extend") {
		f.bad("extend", "required")
	}
	attachments := f.texts("attachmentUuids")
	if f.problem != nil {
		return f.problem
	}
	set(&m.Attachments, attachments, nil, true)
	s := c.server
	s.mu.Lock()
	i := c.issue(uuid)
	if i == nil {
		s.mu.Unlock()
		return &problem{kind: noIssue}
	}
	m.UUID, m.ID, m.Creator, m.Created = "repim_"+s.nextHex(), s.nextRow(), c.key.account(), c.now
	i.Replies = append(i.Replies, m)
	out := c.showReply(i, m)
	out.set("id", null)
	s.mu.Unlock()
	c.succeed(out)
	return nil
}

// listReplies shows a page of the replies to an issue, the oldest first unless
// the parameter ordering is -createAt. Here content is an array, whatever the
// knobs say: that is documented.
func (c *call) listReplies() *problem {
	f, p := c.parameters()
	if p != nil {
		return p
	}
	g, ordering := f.page(), f.text("ordering", 0)
	if f.problem != nil {
		return f.problem
	}
	c.server.mu.Lock()
	i := c.issue(c.id)
	if i == nil {
		c.server.mu.Unlock()
		return &problem{kind: noIssue}
	}
	rows := slices.Clone(i.Replies)
	if ordering != nil && *ordering == "-createAt" {
		slices.Reverse(rows)
	}
	shown, info := showPage(c, g, rows, func(m Comment) object { return c.showReply(i, m) })
	c.server.mu.Unlock()
	c.respond(shown, object{pair("pageInfo", info.bytes())})
	return nil
}

// modifyReply changes a reply that a person or a program wrote.
func (c *call) modifyReply() *problem {
	o, p := c.body()
	if p != nil {
		return p
	}
	f := fields{object: o, length: c.knobs.Length}
	m := commentBody(&f, "content", maxReply)
	if f.problem != nil {
		return f.problem
	}
	c.server.mu.Lock()
	i, n := c.reply(c.id)
	if i == nil {
		c.server.mu.Unlock()
		return &problem{kind: noComment}
	}
	old := &i.Replies[n]
	old.Text, old.Extend, old.Updated, old.Updator = m.Text, m.Extend, c.now, c.key.account()
	out := c.showReply(i, *old)
	c.server.mu.Unlock()
	c.succeed(out)
	return nil
}

// deleteReply deletes a reply.
func (c *call) deleteReply() *problem {
	c.server.mu.Lock()
	i, n := c.reply(c.id)
	if i == nil {
		c.server.mu.Unlock()
		return &problem{kind: noComment}
	}
	i.Replies = slices.Delete(i.Replies, n, n+1)
	c.server.mu.Unlock()
	c.succeed(true)
	return nil
}

// reply finds a reply that is not the server's own, and its issue; the lock is
// held.
func (c *call) reply(uuid string) (*Issue, int) {
	for _, i := range c.server.issues {
		n := slices.IndexFunc(i.Replies, func(m Comment) bool { return m.UUID == uuid && !m.System })
		if n >= 0 && i.Workspace == c.key.Workspace {
			return i, n
		}
	}
	return nil, -1
}

// showReply is a reply in an answer.
func (c *call) showReply(i *Issue, m Comment) object {
	kind := "reply"
	if m.System {
		kind = "change"
	}
	return object{
		pair("workspaceUUID", encode(i.Workspace)),
		pair("issueUUID", encode(i.UUID)),
		pair("type", encode(kind)),
		pair("content", encode(m.Text)),
		pair("extend", m.Extend),
		pair("attachmentUuids", encode(nonNil(m.Attachments))),
		pair("id", encode(m.ID)),
		pair("uuid", encode(m.UUID)),
		pair("creator", encode(m.Creator)),
		pair("updator", encode(m.Updator)),
		pair("createAt", c.knobs.timestamp(m.Created)),
		pair("updateAt", c.knobs.timestamp(m.Updated)),
		pair("deleteAt", c.knobs.timestamp(time.Time{})),
	}
}
