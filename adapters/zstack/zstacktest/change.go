package zstacktest

import (
	"slices"
	"time"
)

const maxComment = 65535 // characters

// change is one step of a ticket's status.
type change struct {
	from, to Status
	comment  string
	flow     string // the name of the step that was decided
	who      identity
	at       time.Time
	sequence int64 // 0: the next one
	context  object
}

// change is ChangeTicketStatus.
func (c *call) change() (object, *refusal) {
	event := Event(c.text("statusEvent"))
	if !slices.Contains([]Event{open, Approve, Cancel, Reject, Reopen}, event) {
		return nil, argument(textMandatory, "statusEvent", "APIChangeTicketStatusMsg") // what is unknown decodes to null
	}
	if p := c.checkLength("comment", maxComment); p != nil {
		return nil, p
	}
	t, p := c.ticket()
	if p != nil {
		return nil, p
	}
	if p := c.server.mayChange(t, event, c.who, c.knobs); p != nil || c.dryRun {
		return nil, p
	}
	comment, p := c.knobs.store("comment", c.text("comment"), columnBytes)
	if p != nil {
		return nil, p
	}
	c.server.transition(t, event, change{comment: comment, who: c.who, at: c.now, sequence: c.sequence}, c.knobs)
	return object{"inventory": c.render(&ticketEntity, ticketRecord(t))}, nil
}

// ticket is the ticket in the path, if the caller can see it.
func (c *call) ticket() (*Ticket, *refusal) {
	t := c.server.find(c.uuid)
	if t == nil || !c.who.sees(t.AccountUUID) {
		return nil, missing(ticketResource, c.uuid)
	}
	return t, nil
}

// sees reports whether an identity sees what belongs to an account. An
// approver outside of the project is not simulated.
func (who identity) sees(account string) bool { return who.admin || who.account == account }

// mayChange checks an event: the submitter, the status, the operator.
func (s *Server) mayChange(t *Ticket, e Event, who identity, k Knobs) *refusal {
	for _, uuid := range []string{t.VirtualIDUUID, t.ProjectUUID} {
		if s.removed[uuid] {
			return k.denied("SYS.1006", textSubmitterGone, uuid, t.UUID)
		}
	}
	if e == open && k.OpenEvent == OpenReopens {
		e = Reopen
	}
	legal := false
	switch e {
	case Approve, Reject, Cancel:
		legal = t.Status.Open()
	case Reopen:
		legal = t.Status == Cancelled || t.Status == Rejected
	}
	if !legal {
		return k.denied("SYS.1006", textBadStatus, t.Status, e)
	}
	if e == Cancel || e == Reopen {
		return s.mustOwn(t, who, k)
	}
	_, flow := s.step(t)
	if by, _ := who.operator(); flow == nil || flow.ApproverUUID != by {
		approver := ""
		if flow != nil {
			approver = flow.ApproverUUID
		}
		return k.denied("SYS.1006", textNotApprover, approver)
	}
	return nil
}

// mustOwn refuses everybody but the submitter.
func (s *Server) mustOwn(t *Ticket, who identity, k Knobs) *refusal {
	if who.virtual == t.VirtualIDUUID && who.virtual != "" || who.admin && k.AdminSubmits {
		return nil
	}
	by, _ := who.operator()
	return k.denied("SYS.1006", textNotOwner, by, t.UUID, t.Name)
}

// step is the approval step that a ticket waits for, or nil.
func (s *Server) step(t *Ticket) (*FlowCollection, *Flow) {
	f := s.collection(t.FlowCollectionUUID)
	if f == nil {
		return nil, nil
	}
	for i := range f.Flows {
		if f.Flows[i].UUID == t.CurrentFlowUUID {
			return f, &f.Flows[i]
		}
	}
	return f, nil
}

// transition does what mayChange has allowed; the lock is held.
func (s *Server) transition(t *Ticket, e Event, ch change, k Knobs) {
	collection, flow := s.step(t)
	ch.from = t.Status
	switch e {
	case Cancel:
		ch.to, t.CurrentFlowUUID = Cancelled, ""
	case Reject:
		ch.to, ch.flow, t.CurrentFlowUUID = Rejected, flow.Name, ""
	case Reopen, open:
		ch.to = Pending
		if collection != nil {
			t.CurrentFlowUUID = collection.Flows[0].UUID
		}
	case Approve:
		ch.flow = flow.Name
		if next := collection.after(flow.UUID); next != "" {
			ch.to, t.CurrentFlowUUID = IntermediateApproved, next
		} else {
			ch.to, t.CurrentFlowUUID = FinalApproved, ""
		}
	}
	t.Status, t.Changed = ch.to, ch.at
	if ch.to != FinalApproved {
		s.addHistory(t, ch)
		return
	}
	results := s.execute(t, ch.at, k)
	if k.ResultRow == ResultRowShared {
		ch.context = results
		s.addHistory(t, ch)
		return
	}
	s.addHistory(t, ch)
	s.addHistory(t, change{from: FinalApproved, to: FinalApproved, at: ch.at, context: results})
}

// after is the step that follows one, or "".
func (f *FlowCollection) after(uuid string) string {
	for i := range f.Flows {
		if f.Flows[i].UUID == uuid && i+1 < len(f.Flows) {
			return f.Flows[i+1].UUID
		}
	}
	return ""
}

// execute runs the requests of a ticket, and returns what its history shows.
func (s *Server) execute(t *Ticket, at time.Time, k Knobs) object {
	results := []any{}
	for _, r := range t.Requests {
		kind := s.typeOf(r.API)
		tags, _ := r.Body["systemTags"].([]any)
		dry := slices.Contains(tags, any(validationOnly)) && !k.ExecutorDropsTags
		failed := kind == nil || !kind.complete(r.Body)
		var succeeded, failures int64
		for range min(r.Times, maxExecutions) {
			s.executions = append(s.executions, Execution{
				Time: at, TicketUUID: t.UUID, Name: r.Name, API: r.API, Body: cloneObject(r.Body), ValidationOnly: dry, Failed: failed,
			})
			if failed {
				failures++
			} else {
				succeeded++
			}
		}
		results = append(results, object{
			"requestName": r.Name, "successTimes": succeeded, "failureTimes": failures, "errors": []any{},
		})
	}
	return object{"requestResults": results}
}

// maxExecutions bounds what one request can do to the memory of a test.
const maxExecutions = 100

// addHistory stores a row; the lock is held.
func (s *Server) addHistory(t *Ticket, ch change) {
	if ch.sequence == 0 {
		ch.sequence = s.draw()
	}
	uuid, account := ch.who.operator()
	s.histories = append(s.histories, &History{
		UUID: s.uuid(), Sequence: ch.sequence, TicketUUID: t.UUID, From: ch.from, To: ch.to, Comment: ch.comment,
		Context: ch.context, FlowName: ch.flow, OperatorUUID: uuid, ByAccount: account && uuid != "",
		Created: ch.at, AccountUUID: t.AccountUUID,
	})
}

// update is UpdateTicketRequest.
func (c *call) update() (object, *refusal) {
	if p := c.checkRequestList(); p != nil {
		return nil, p
	}
	if p := c.checkLength("description", maxDesc); p != nil {
		return nil, p
	}
	t, p := c.ticket()
	if p != nil {
		return nil, p
	}
	if p := c.server.mustOwn(t, c.who, c.knobs); p != nil {
		return nil, p
	}
	if t.Status != Cancelled && (t.Status != Rejected || !c.knobs.UpdateRejected) {
		return nil, c.knobs.denied("SYS.1006", textNotUpdatable, t.UUID, t.Name, t.Status)
	}
	requests, p := c.readRequests()
	if p != nil {
		return nil, p
	}
	if kind := c.server.typeFor(requests); kind == nil || kind.UUID != t.TypeUUID {
		return nil, c.invalid(textNoType)
	}
	if p := c.checkBodies(requests); p != nil || c.dryRun {
		return nil, p
	}
	if p := c.knobs.storable(requests); p != nil {
		return nil, p
	}
	if c.has("description") {
		text, p := c.knobs.store("description", c.text("description"), columnBytes)
		if p != nil {
			return nil, p
		}
		t.Description = text
	}
	t.Requests, t.Changed = requests, c.now
	return object{"inventory": c.render(&ticketEntity, ticketRecord(t))}, nil
}
