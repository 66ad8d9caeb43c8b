package zstacktest

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// validationOnly is the system tag of a call that is checked and not carried
// out.
const validationOnly = "ephemeral::validationOnly"

const (
	createMessage = "APICreateTicketMsg"
	maxName       = 255  // characters
	maxDesc       = 2048 // characters
	systemIAM2    = "iam2"
)

// checkSystemTags refuses tags that no part of the server has registered.
func (c *call) checkSystemTags() *refusal {
	for _, tag := range c.tags {
		if !strings.HasPrefix(tag, "ephemeral::") {
			return argument(textSystemTag, tag)
		}
	}
	return nil
}

// create makes a ticket. The order of checks is the server's.
func (c *call) create() (object, *refusal) {
	for _, check := range []func() *refusal{c.checkCreateFields, c.checkResourceUUID, c.checkTagPatterns} {
		if p := check(); p != nil {
			return nil, p
		}
	}
	t := &Ticket{
		UUID:        c.text("resourceUuid"),
		Name:        c.text("name"),
		Description: c.text("description"),
		Status:      Pending,
		AccountUUID: c.who.account,
		Created:     c.now,
		Changed:     c.now,
	}
	if system := c.text("accountSystemType"); system != systemIAM2 {
		return nil, c.invalid(textSystemType, system)
	}
	var p *refusal
	if t.Requests, p = c.readRequests(); p != nil {
		return nil, p
	}
	if p = c.choosePath(t); p != nil {
		return nil, p
	}
	if p = c.checkSubmitter(t); p != nil {
		return nil, p
	}
	if c.dryRun {
		return nil, nil
	}
	if p = c.insert(t); p != nil {
		return nil, p
	}
	return object{"inventory": c.render(&ticketEntity, ticketRecord(t))}, nil
}

// checkCreateFields is what every API message is checked for.
func (c *call) checkCreateFields() *refusal {
	if p := c.mandatory(createMessage, "name", "requests", "accountSystemType", "accountSystemContext"); p != nil {
		return p
	}
	if p := c.checkLength("name", maxName); p != nil {
		return p
	}
	if p := c.checkLength("description", maxDesc); p != nil {
		return p
	}
	return c.checkRequestList()
}

func (c *call) checkLength(name string, limit int) *refusal {
	if n := utf8.RuneCountInString(c.text(name)); n > limit {
		return argument(textTooLong, name, limit, n)
	}
	return nil
}

func (c *call) checkRequestList() *refusal {
	list, ok := c.params["requests"].([]any)
	if !ok || len(list) == 0 {
		return argument(textEmptyList, "requests")
	}
	for _, r := range list {
		if r == nil {
			return argument(textNullElement, "requests")
		}
	}
	return nil
}

func (c *call) checkResourceUUID() *refusal {
	if id := c.text("resourceUuid"); c.has("resourceUuid") && !isResourceUUID(id) {
		return argument(textBadUUID, id)
	}
	return nil
}

// checkTagPatterns refuses tagUuids: the server has no tag patterns.
func (c *call) checkTagPatterns() *refusal {
	if list, ok := c.params["tagUuids"].([]any); ok && len(list) > 0 {
		return argument(textTagPattern, jsonText(list[0]))
	}
	return nil
}

// readRequests decodes the list, whatever the APIs are.
func (c *call) readRequests() ([]TicketRequest, *refusal) {
	var out []TicketRequest
	list, _ := c.params["requests"].([]any)
	for _, v := range list {
		fields, ok := v.(object)
		if !ok {
			return nil, c.invalid(textBadBody, jsonText(v), "not an object")
		}
		r := TicketRequest{Times: 1}
		r.Name, _ = fields["requestName"].(string)
		r.API, _ = fields["apiName"].(string)
		if n, ok := fields["executeTimes"].(json.Number); ok {
			f, err := n.Float64()
			if err != nil || f != float64(int32(f)) {
				return nil, c.invalid(textBadBody, r.API, "executeTimes is no int")
			}
			r.Times = int64(f)
		}
		switch body := fields["apiBody"].(type) {
		case nil:
		case object:
			r.Body = cloneObject(body)
		default:
			return nil, c.invalid(textBadBody, r.API, "not an object")
		}
		if r.Times < 1 && c.knobs.RefuseZeroTimes {
			return nil, c.invalid(textTimes, r.Name, r.Times)
		}
		out = append(out, r)
	}
	return out, nil
}

// choosePath finds the ticket's type by its requests, and its approval
// process.
func (c *call) choosePath(t *Ticket) *refusal {
	kind := c.server.typeFor(t.Requests)
	if kind == nil || kind.AdminOnly && !c.who.admin {
		return c.invalid(textNoType)
	}
	t.TypeUUID = kind.UUID
	flow := c.server.collection(c.text("flowCollectionUuid"))
	switch {
	case flow == nil:
		return c.invalid(textNoCollection)
	case !flow.takes(kind.UUID):
		return c.invalid(textOtherType, flow.UUID, kind.UUID)
	case flow.Invalid:
		return c.invalid(textInvalidFlow, flow.UUID)
	case flow.Disabled:
		return c.invalid(textDisabledFlow, flow.UUID)
	}
	t.FlowCollectionUUID, t.CurrentFlowUUID = flow.UUID, flow.Flows[0].UUID
	if p := c.checkBodies(t.Requests); p != nil {
		return p
	}
	fields, _ := c.params["accountSystemContext"].(object)
	project, _ := fields["projectUuid"].(string)
	if flow.ProjectUUID != "" && flow.ProjectUUID != project {
		return c.invalid(textOtherProject, flow.UUID, project)
	}
	return nil
}

// typeFor finds the ticket type of requests: the only one that those of known
// APIs have.
func (s *Server) typeFor(requests []TicketRequest) *TicketType {
	var found *TicketType
	for _, r := range requests {
		t := s.typeOf(r.API)
		if t == nil {
			continue
		}
		if found != nil && found != t {
			return nil
		}
		found = t
	}
	return found
}

func (s *Server) typeOf(api string) *TicketType {
	for i := range s.opts.TicketTypes {
		for _, name := range s.opts.TicketTypes[i].APIs {
			if name == api {
				return &s.opts.TicketTypes[i]
			}
		}
	}
	return nil
}

// checkBodies looks for APIs that are not there, and bodies that are not
// theirs.
func (c *call) checkBodies(requests []TicketRequest) *refusal {
	for _, r := range requests {
		t := c.server.typeOf(r.API)
		switch {
		case t == nil:
			return c.invalid(textNoAPI, r.API)
		case r.Body == nil:
			return c.invalid(textBadBody, r.API, "apiBody is null")
		case c.knobs.CheckBody && !t.complete(r.Body):
			return c.invalid(textBadBody, r.API, "a mandatory field is missing")
		}
	}
	return nil
}

// complete reports whether a request has all that it needs to run.
func (t *TicketType) complete(body object) bool {
	for _, name := range t.Mandatory {
		if body[name] == nil {
			return false
		}
	}
	return true
}

// collection finds an approval process; "" is the default one.
func (s *Server) collection(uuid string) *FlowCollection {
	for i := range s.opts.FlowCollections {
		f := &s.opts.FlowCollections[i]
		if len(f.Flows) > 0 && (f.UUID == uuid || uuid == "" && f.Default) {
			return f
		}
	}
	return nil
}

func (f *FlowCollection) takes(typeUUID string) bool {
	for _, uuid := range f.TypeUUIDs {
		if uuid == typeUUID {
			return true
		}
	}
	return len(f.TypeUUIDs) == 0
}

// checkSubmitter compares accountSystemContext with the session.
func (c *call) checkSubmitter(t *Ticket) *refusal {
	context, _ := c.params["accountSystemContext"].(object)
	t.ProjectUUID, _ = context["projectUuid"].(string)
	t.VirtualIDUUID, _ = context["virtualIDUuid"].(string)
	if c.who.virtual != "" && c.who.project != "" && c.who.virtual == t.VirtualIDUUID && c.who.project == t.ProjectUUID {
		return nil
	}
	project := c.server.project(t.ProjectUUID)
	if c.who.admin && c.knobs.AdminSubmits && project != nil {
		t.AccountUUID = project.AccountUUID
		return nil
	}
	return c.invalid(textSubmitter, t.VirtualIDUUID, t.ProjectUUID)
}

func (s *Server) project(uuid string) *Project {
	for i := range s.opts.Projects {
		if s.opts.Projects[i].UUID == uuid {
			return &s.opts.Projects[i]
		}
	}
	return nil
}

// insert stores a new ticket with its tags.
func (c *call) insert(t *Ticket) *refusal {
	s, k := c.server, c.knobs
	var p *refusal
	if t.Name, p = k.store("name", t.Name, 0); p != nil {
		return p
	}
	if t.Description, p = k.store("description", t.Description, columnBytes); p != nil {
		return p
	}
	if p = k.storable(t.Requests); p != nil {
		return p
	}
	var texts []string
	if !k.DropCreateTags {
		for _, tag := range c.tagList("userTags") {
			if tag, p = k.store("tag", tag, columnBytes); p != nil {
				return p
			}
			texts = append(texts, tag)
		}
	}
	if t.UUID == "" {
		t.UUID = s.uuid()
	}
	if s.used(t.UUID, k) {
		return internal(textDuplicate, t.UUID)
	}
	s.addTicket(t, c.who, k)
	for _, text := range texts {
		if !s.hasTag(ticketResource, t.UUID, text, k) {
			s.addTag(ticketResource, t.UUID, text, t.AccountUUID, c.now)
		}
	}
	return nil
}

// storable looks at the requests as the database stores them.
func (k Knobs) storable(requests []TicketRequest) *refusal {
	raw, err := json.Marshal(requests)
	if err != nil {
		return internal(textDataTooLong, "request")
	}
	if k.Texts == TextsCut {
		k.Texts = TextsRefused // half of a JSON text would be none
	}
	_, p := k.store("request", string(raw), columnBytes)
	return p
}

// addTicket puts a ticket where it can be found; the lock is held.
func (s *Server) addTicket(t *Ticket, who identity, k Knobs) {
	s.tickets = append(s.tickets, t)
	if k.CreateRow {
		s.addHistory(t, change{from: Pending, to: Pending, who: who, at: t.Created})
	}
}
