package zstacktest

import (
	"slices"
	"time"
)

// ticketResource is the type of tickets in the tag system.
const ticketResource = "TicketVO"

// createTag is CreateUserTag.
func (c *call) createTag() (object, *refusal) {
	s, k := c.server, c.knobs
	if p := c.mandatory("APICreateUserTagMsg", "resourceType", "resourceUuid", "tag"); p != nil {
		return nil, p
	}
	if kind := c.text("resourceType"); kind != ticketResource {
		return nil, argument(textTagType, kind)
	}
	t := s.find(c.text("resourceUuid"))
	if t == nil || !c.who.sees(t.AccountUUID) {
		return nil, missing(ticketResource, c.text("resourceUuid"))
	}
	text, p := k.store("tag", c.text("tag"), columnBytes)
	if p != nil {
		return nil, p
	}
	if s.hasTag(ticketResource, t.UUID, text, k) {
		code := "SYS.1006"
		if k.DuplicateTag == DuplicateTagOwn {
			code = "TAG.1000"
		}
		return nil, &refusal{code: code, text: textTagDuplicate, args: []any{t.UUID, text}}
	}
	if c.dryRun {
		return nil, nil
	}
	tag := s.addTag(ticketResource, t.UUID, text, t.AccountUUID, c.now)
	return object{"inventory": c.render(&tagEntity, tagRecord(tag))}, nil
}

// deleteTag is DeleteTag.
func (c *call) deleteTag() (object, *refusal) {
	s := c.server
	i := slices.IndexFunc(s.tags, func(t *Tag) bool { return t.UUID == c.uuid && c.who.sees(t.account) })
	switch {
	case i >= 0 && !c.dryRun:
		s.tags = slices.Delete(s.tags, i, i+1)
	case i < 0 && c.knobs.DeleteMissing == DeleteMissingRefused:
		return nil, missing("UserTagVO", c.uuid)
	}
	return nil, nil
}

// hasTag reports whether the tag is there already, as the database compares;
// the lock is held.
func (s *Server) hasTag(kind, resource, text string, k Knobs) bool {
	text = k.collate(text)
	return slices.ContainsFunc(s.tags, func(t *Tag) bool {
		return t.ResourceUUID == resource && t.ResourceType == kind && k.collate(t.Text) == text
	})
}

// addTag stores a tag; the lock is held.
func (s *Server) addTag(kind, resource, text, account string, at time.Time) *Tag {
	t := &Tag{UUID: s.uuid(), ResourceType: kind, ResourceUUID: resource, Text: text, Created: at, account: account}
	s.tags = append(s.tags, t)
	return t
}
