package zstacktest

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// What a person does in the vendor's console goes past the API: it appears
// in no log of requests, makes no job, and is not counted by Approvals.

// Open makes a ticket as a person would, and returns its uuid. What is zero
// gets a default: a new uuid, status Pending, DefaultVirtualID in
// DefaultProject (or the first ones of Options), the default approval process,
// and [HarmlessRequests]. Nothing is checked but that the uuid is free.
func (s *Server) Open(t Ticket, tags ...string) (uuid string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.advance()
	t = t.clone()
	if t.UUID == "" {
		t.UUID = s.uuid()
	}
	if s.used(t.UUID, s.knobs) {
		return "", fmt.Errorf("zstacktest: uuid %s is used", t.UUID)
	}
	if t.ProjectUUID == "" && len(s.opts.Projects) > 0 {
		t.ProjectUUID = s.opts.Projects[0].UUID
	}
	if t.VirtualIDUUID == "" && len(s.opts.VirtualIDs) > 0 {
		t.VirtualIDUUID = s.opts.VirtualIDs[0].UUID
	}
	if p := s.project(t.ProjectUUID); p != nil && t.AccountUUID == "" {
		t.AccountUUID = p.AccountUUID
	}
	if t.Status == "" {
		t.Status = Pending
	}
	if t.Requests == nil {
		t.Requests = HarmlessRequests()
	}
	if kind := s.typeFor(t.Requests); kind != nil && t.TypeUUID == "" {
		t.TypeUUID = kind.UUID
	}
	if f := s.collection(t.FlowCollectionUUID); f != nil {
		t.FlowCollectionUUID = f.UUID
		if t.CurrentFlowUUID == "" && t.Status.Open() {
			t.CurrentFlowUUID = f.Flows[0].UUID
		}
	}
	if t.Created.IsZero() {
		t.Created = now
	}
	if t.Changed.IsZero() {
		t.Changed = t.Created
	}
	t.ArchiveUUID = ""
	s.addTicket(&t, identity{account: t.AccountUUID, virtual: t.VirtualIDUUID, project: t.ProjectUUID}, s.knobs)
	for _, tag := range tags {
		s.addTag(ticketResource, t.UUID, tag, t.AccountUUID, now)
	}
	return t.UUID, nil
}

// HarmlessRequests is a list of requests that every server accepts and that
// does nothing, even when it is approved by mistake and Knobs.ExecutorDropsTags
// is not set: its tag says that it shall be validated only.
func HarmlessRequests() []TicketRequest {
	return []TicketRequest{{
		Name: "incident", API: CreateVMAPI, Times: 1,
		Body: map[string]any{
			"name": "placeholder", "imageUuid": "placeholder", "l3NetworkUuids": []any{"placeholder"},
			"systemTags": []any{validationOnly},
		},
	}}
}

// Act changes the status of a ticket as the person would who may: the
// approver whose turn it is for Approve and Reject, the submitter for Cancel
// and Reopen. With Knobs.CommitLag the change takes its turn and commits
// later. An error says why the server refuses it.
func (s *Server) Act(uuid string, e Event, comment string) error {
	return s.act(uuid, comment, func(Status) []Event { return []Event{e} })
}

// Remark leaves a comment on a ticket as people must who want to say something
// and decide nothing: there is no comment without a change of the status. An
// open ticket is rejected with the comment and reopened; a cancelled or
// rejected one is reopened with the comment, and cancelled or rejected again.
// Both rows commit together. A ticket with its final approval cannot be
// remarked on.
func (s *Server) Remark(uuid, comment string) error {
	return s.act(uuid, comment, func(now Status) []Event {
		switch now {
		case Cancelled:
			return []Event{Reopen, Cancel}
		case Rejected:
			return []Event{Reopen, Reject}
		}
		return []Event{Reject, Reopen}
	})
}

// act does what choose says for the status of a ticket; the first event has
// the comment.
func (s *Server) act(uuid, comment string, choose func(Status) []Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, k := s.advance(), s.knobs
	t := s.find(uuid)
	if t == nil {
		return fmt.Errorf("zstacktest: no ticket %s", uuid)
	}
	events := choose(t.Status)
	if p := s.mayChange(t, events[0], s.personFor(t, events[0]), k); p != nil {
		return errors.New("zstacktest: " + p.say(English))
	}
	changes := make([]change, len(events))
	for i := range changes {
		changes[i].sequence = s.draw()
	}
	changes[0].comment = comment
	s.later(now, now.Add(s.lag(k)), func(at time.Time) {
		for i, e := range events {
			ch := changes[i]
			ch.who, ch.at = s.personFor(t, e), at
			if s.find(uuid) != t || s.mayChange(t, e, ch.who, k) != nil {
				return // somebody was faster
			}
			s.transition(t, e, ch, k)
		}
	})
	return nil
}

// personFor is who may do this to the ticket.
func (s *Server) personFor(t *Ticket, e Event) identity {
	who := identity{account: t.AccountUUID, virtual: t.VirtualIDUUID, project: t.ProjectUUID}
	if e != Approve && e != Reject {
		return who
	}
	_, flow := s.step(t)
	if flow == nil {
		return who
	}
	for _, v := range s.opts.VirtualIDs {
		if v.UUID == flow.ApproverUUID {
			return identity{account: t.AccountUUID, virtual: v.UUID, project: t.ProjectUUID}
		}
	}
	return identity{account: flow.ApproverUUID, admin: true}
}

// Delete deletes a ticket as an administrator would, and reports whether it
// was there.
func (s *Server) Delete(uuid string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.advance()
	t := s.find(uuid)
	if t == nil {
		return false
	}
	s.remove(t, now, s.knobs)
	return true
}

// AddTag tags a ticket as a person would, and returns the tag's uuid, or ""
// when there is no such ticket or it has the tag.
func (s *Server) AddTag(ticketUUID, text string) (uuid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.advance()
	t := s.find(ticketUUID)
	if t == nil || s.hasTag(ticketResource, ticketUUID, text, s.knobs) {
		return ""
	}
	return s.addTag(ticketResource, ticketUUID, text, t.AccountUUID, now).UUID
}

// RemoveTag removes a tag by its uuid, and reports whether it was there.
func (s *Server) RemoveTag(uuid string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	before := len(s.tags)
	s.tags = slices.DeleteFunc(s.tags, func(t *Tag) bool { return t.UUID == uuid })
	return len(s.tags) < before
}

// RemoveVirtualID deletes a virtual ID, as an administrator can. Its sessions
// end; its tickets can only be deleted from then on; approval processes that
// need it become invalid, and the tickets that wait in them are rejected by
// the system.
func (s *Server) RemoveVirtualID(uuid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.advance()
	s.removed[uuid] = true
	for id, a := range s.sessions {
		if a.who.virtual == uuid {
			s.endSession(id)
		}
	}
	for i := range s.opts.FlowCollections {
		f := &s.opts.FlowCollections[i]
		if slices.ContainsFunc(f.Flows, func(flow Flow) bool { return flow.ApproverUUID == uuid }) {
			f.Invalid = true
			s.rejectAll(f.UUID, now)
		}
	}
}

// RemoveProject deletes a project, as an administrator can. Its sessions end,
// and its tickets can only be deleted from then on.
func (s *Server) RemoveProject(uuid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	s.removed[uuid] = true
	for id, a := range s.sessions {
		if a.who.project == uuid {
			s.endSession(id)
		}
	}
}

// rejectAll is what the system does when an approver is gone.
func (s *Server) rejectAll(collection string, at time.Time) {
	for _, t := range s.tickets {
		if t.FlowCollectionUUID == collection && t.Status.Open() {
			from := t.Status
			t.Status, t.CurrentFlowUUID, t.Changed = Rejected, "", at
			p := refusal{text: textApproverGone}
			s.addHistory(t, change{from: from, to: Rejected, comment: p.say(s.knobs.Locale), at: at})
		}
	}
}
