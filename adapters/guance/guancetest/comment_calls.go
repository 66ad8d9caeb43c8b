package guancetest

import (
	"encoding/json"
	"slices"
)

// commentBody reads the body of a comment; text is the name of its text.
func commentBody(f *fields, text string, limit int) Comment {
	m := Comment{Text: f.required(text, limit), Extend: json.RawMessage("{}")}
	if extend := f.nested("extend"); extend != nil {
		m.Extend = extend.bytes()
	}
	return m
}

// addComment writes a comment on an incident. The answer does not name it.
func (c *call) addComment() *problem {
	o, p := c.body()
	if p != nil {
		return p
	}
	f := fields{object: o, length: c.knobs.Length}
	m := commentBody(&f, "comment", 0)
	attachments := f.texts("attachmentUUIDs")
	if f.problem != nil {
		return f.problem
	}
	set(&m.Attachments, attachments, nil, true)
	s := c.server
	s.mu.Lock()
	i := c.incident(c.id)
	if i == nil {
		s.mu.Unlock()
		return &problem{kind: noIncident}
	}
	m.UUID, m.ID, m.Creator, m.Created = "inccmt_"+s.nextHex(), s.nextRow(), c.key.account(), c.now
	i.Comments = append(i.Comments, m)
	s.mu.Unlock()
	c.succeed(true)
	return nil
}

// modifyComment changes a comment.
func (c *call) modifyComment() *problem {
	o, p := c.body()
	if p != nil {
		return p
	}
	f := fields{object: o, length: c.knobs.Length}
	m := commentBody(&f, "comment", 0)
	attachments := f.texts("attachmentUUIDs")
	if f.problem != nil {
		return f.problem
	}
	c.server.mu.Lock()
	i, old := c.comment(c.id)
	if old == nil {
		c.server.mu.Unlock()
		return &problem{kind: noComment}
	}
	old.Text, old.Extend = m.Text, m.Extend
	set(&old.Attachments, attachments, nil, true)
	old.Updated, old.Updator = c.now, c.key.account()
	out := c.showComment(i, old)
	c.server.mu.Unlock()
	c.succeed(out)
	return nil
}

// comment finds a comment and its incident, or nil; the lock is held.
func (c *call) comment(uuid string) (*Incident, *Comment) {
	for _, i := range c.server.incidents {
		if n := slices.IndexFunc(i.Comments, func(m Comment) bool { return m.UUID == uuid }); n >= 0 && i.Workspace == c.key.Workspace {
			return i, &i.Comments[n]
		}
	}
	return nil, nil
}

// listComments shows the comments on an incident, the newest first.
func (c *call) listComments() *problem {
	f, p := c.parameters()
	if p != nil {
		return p
	}
	g := f.page()
	if f.problem != nil {
		return f.problem
	}
	c.server.mu.Lock()
	i := c.incident(c.id)
	if i == nil {
		c.server.mu.Unlock()
		return &problem{kind: noIncident}
	}
	rows := slices.Clone(i.Comments)
	slices.Reverse(rows)
	shown, info := showPage(c, g, rows, func(m Comment) object { return c.showComment(i, &m) })
	c.server.mu.Unlock()
	c.sendRows(shown, info, nil)
	return nil
}

// showComment is a comment in an answer; the lock is held.
func (c *call) showComment(i *Incident, m *Comment) object {
	return object{
		pair("incidentsUUID", encode(i.UUID)),
		pair("workspaceUUID", encode(i.Workspace)),
		pair("comment", encode(m.Text)),
		pair("extend", m.Extend),
		pair("attachmentUUIDs", encode(nonNil(m.Attachments))),
		pair("id", encode(m.ID)),
		pair("uuid", encode(m.UUID)),
		pair("status", encode(0)),
		pair("creator", encode(m.Creator)),
		pair("updator", encode(m.Updator)),
		pair("createAt", c.knobs.timestamp(m.Created)),
		pair("updateAt", c.knobs.timestamp(m.Updated)),
	}
}
