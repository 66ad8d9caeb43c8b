package zstacktest

import "time"

// kind is the type of a field.
type kind int

const (
	kindText kind = iota
	kindNumber
	kindDate
	kindFree // a free-form object
)

type field struct {
	name string
	kind kind
}

// entity is what a query can list.
type entity struct {
	class  string // of its inventories, in a schema
	fields []field
	rows   func(*Server) []record
}

// record is one row. A value is nil, a string, an int64, a bool, a time or
// what JSON decodes to.
type record struct {
	uuid    string
	account string // the owner, "": everybody sees it
	get     func(field string) any
}

const (
	ticketClass = "org.zstack.ticket.entity.TicketInventory"
	tagClass    = "org.zstack.header.tag.TagInventory"
)

// texts, dates and so on declare fields.
func texts(names ...string) []field { return fieldsOf(kindText, names) }

func fieldsOf(k kind, names []string) []field {
	out := make([]field, len(names))
	for i, name := range names {
		out[i] = field{name, k}
	}
	return out
}

func with(parts ...[]field) []field {
	var out []field
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

var (
	dates = fieldsOf(kindDate, []string{"createDate", "lastOpDate"})

	ticketFields = with(
		texts("uuid", "name", "description", "status", "accountSystemType", "ticketTypeUuid", "currentFlowUuid", "flowCollectionUuid"),
		fieldsOf(kindFree, []string{"request", "accountSystemContext"}),
		dates,
	)
	historyFields = with(
		texts("uuid", "ticketUuid", "fromStatus", "toStatus", "comment", "operationContextType", "operatorType", "operatorUuid", "flowName"),
		fieldsOf(kindNumber, []string{"sequence"}),
		fieldsOf(kindFree, []string{"operationContext"}),
		dates,
	)
)

var ticketEntity = entity{
	class:  ticketClass,
	fields: ticketFields,
	rows:   func(s *Server) []record { return records(s.tickets, ticketRecord) },
}

var archiveEntity = entity{
	class:  "org.zstack.ticket.entity.ArchiveTicketInventory",
	fields: with(ticketFields, texts("ticketUuid", "accountUuid")),
	rows:   func(s *Server) []record { return records(s.archive, archiveRecord) },
}

var historyEntity = entity{
	class:  "org.zstack.ticket.entity.TicketStatusHistoryInventory",
	fields: historyFields,
	rows:   func(s *Server) []record { return records(s.histories, s.historyRecord) },
}

var historyArchiveEntity = entity{
	class:  "org.zstack.ticket.entity.ArchiveTicketStatusHistoryInventory",
	fields: with(historyFields, texts("historyUuid", "accountUuid")),
	rows:   func(s *Server) []record { return records(s.oldHistory, s.historyArchiveRecord) },
}

var tagEntity = entity{
	class:  tagClass,
	fields: with(texts("uuid", "resourceUuid", "resourceType", "tag", "type"), dates),
	rows:   func(s *Server) []record { return records(s.tags, tagRecord) },
}

func records[T any](list []T, row func(T) record) []record {
	out := make([]record, len(list))
	for i, v := range list {
		out[i] = row(v)
	}
	return out
}

// optional is a text that is null when it is empty.
func optional(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func ticketRecord(t *Ticket) record {
	return record{uuid: t.UUID, account: t.AccountUUID, get: func(name string) any {
		switch name {
		case "uuid":
			return t.UUID
		case "name":
			return t.Name
		case "description":
			return optional(t.Description)
		case "status":
			return string(t.Status)
		case "accountSystemType":
			return systemIAM2
		case "ticketTypeUuid":
			return optional(t.TypeUUID)
		case "currentFlowUuid":
			return optional(t.CurrentFlowUUID)
		case "flowCollectionUuid":
			return optional(t.FlowCollectionUUID)
		case "request":
			return t.requestList()
		case "accountSystemContext":
			return object{"projectUuid": t.ProjectUUID, "virtualIDUuid": t.VirtualIDUUID}
		case "createDate":
			return t.Created
		case "lastOpDate":
			return t.Changed
		}
		return nil
	}}
}

// requestList is a ticket's requests as JSON decodes them.
func (t *Ticket) requestList() []any {
	list := make([]any, len(t.Requests))
	for i, r := range t.Requests {
		one := object{"executeTimes": r.Times}
		set(one, "requestName", r.Name)
		set(one, "apiName", r.API)
		if r.Body != nil {
			one["apiBody"] = r.Body
		}
		list[i] = one
	}
	return list
}

func archiveRecord(t *Ticket) record {
	r := ticketRecord(t)
	r.uuid = t.ArchiveUUID
	get := r.get
	r.get = func(name string) any {
		switch name {
		case "uuid":
			return t.ArchiveUUID
		case "ticketUuid":
			return t.UUID
		case "accountUuid":
			return t.AccountUUID
		}
		return get(name)
	}
	return r
}

func (s *Server) historyRecord(h *History) record {
	k := s.knobs
	return record{uuid: h.UUID, account: h.AccountUUID, get: func(name string) any {
		switch name {
		case "uuid":
			return h.UUID
		case "sequence":
			return h.Sequence
		case "ticketUuid":
			return h.TicketUUID
		case "fromStatus":
			return string(h.From)
		case "toStatus":
			return string(h.To)
		case "comment":
			return optional(h.Comment)
		case "operationContextType":
			return "StatusChanged"
		case "operationContext":
			if h.Context == nil {
				return nil
			}
			return h.Context
		case "operatorType":
			return optional(h.operatorType(k))
		case "operatorUuid":
			return optional(h.OperatorUUID)
		case "flowName":
			return optional(h.FlowName)
		case "createDate", "lastOpDate":
			return h.Created
		}
		return nil
	}}
}

func (h *History) operatorType(k Knobs) string {
	switch {
	case k.Operators == OperatorsNone || h.OperatorUUID == "":
		return ""
	case k.Operators == OperatorsShort && h.ByAccount:
		return "account"
	case k.Operators == OperatorsShort:
		return "iam2"
	case h.ByAccount:
		return "Account"
	}
	return "IAM2VirtualID"
}

func (s *Server) historyArchiveRecord(h *History) record {
	r := s.historyRecord(h)
	r.uuid = h.ArchiveUUID
	get := r.get
	r.get = func(name string) any {
		switch name {
		case "uuid":
			return h.ArchiveUUID
		case "historyUuid":
			return h.UUID
		case "accountUuid":
			return h.AccountUUID
		}
		return get(name)
	}
	return r
}

func tagRecord(t *Tag) record {
	return record{uuid: t.UUID, account: t.account, get: func(name string) any {
		switch name {
		case "uuid":
			return t.UUID
		case "resourceUuid":
			return t.ResourceUUID
		case "resourceType":
			return t.ResourceType
		case "tag":
			return t.Text
		case "type":
			return "User"
		case "createDate", "lastOpDate":
			return t.Created
		}
		return nil
	}}
}

// render is a whole inventory.
func (c *call) render(e *entity, r record) object { return c.renderFields(r, e.fields) }

// renderFields is an inventory with some fields. Nulls are absent.
func (c *call) renderFields(r record, fields []field) object {
	out := object{}
	for _, f := range fields {
		switch v := r.get(f.name).(type) {
		case nil:
		case time.Time:
			out[f.name] = c.date(v)
		case object:
			out[f.name] = c.knobs.free(v)
		case []any:
			out[f.name] = c.knobs.free(v)
		default:
			out[f.name] = v
		}
	}
	if c.knobs.ExtraFields {
		out["zstackVersion"] = "5.2.0"
		out["undocumented"] = object{"list": []any{}, "flag": true}
	}
	return out
}
