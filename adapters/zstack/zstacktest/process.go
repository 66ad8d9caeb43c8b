package zstacktest

import "time"

// installed is the createDate of what an installation begins with.
var installed = time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)

var typeEntity = entity{
	class:  "org.zstack.ticket.entity.TicketTypeInventory",
	fields: with(texts("uuid", "name", "description", "type", "requests", "adminOnly"), dates),
	rows: func(s *Server) []record {
		out := []record{}
		for _, t := range s.opts.TicketTypes {
			out = append(out, fixed(t.UUID, "", object{
				"name": t.Name, "type": t.Name, "requests": jsonText(t.APIs), "adminOnly": t.AdminOnly,
			}))
		}
		return out
	},
}

var collectionEntity = entity{
	class: "org.zstack.ticket.entity.TicketFlowCollectionInventory",
	fields: with(texts("uuid", "name", "description", "state", "status", "isDefault", "projectUuid"),
		fieldsOf(kindFree, []string{"flows", "ticketTypeUuids"}), dates),
	rows: func(s *Server) []record {
		out := []record{}
		for _, f := range s.opts.FlowCollections {
			fields := object{
				"name": f.Name, "state": "Enabled", "status": "Valid", "isDefault": f.Default,
				"flows": f.flowList(), "ticketTypeUuids": f.typeList(), "projectUuid": optional(f.ProjectUUID),
			}
			if f.Disabled {
				fields["state"] = "Disabled"
			}
			if f.Invalid {
				fields["status"] = "Invalid"
			}
			out = append(out, fixed(f.UUID, s.ownerOf(f), fields))
		}
		return out
	},
}

var flowEntity = entity{
	class: "org.zstack.ticket.entity.TicketFlowInventory",
	fields: with(texts("uuid", "name", "description", "parentFlowUuid", "flowContextType", "collectionUuid", "approverUuid", "valid"),
		fieldsOf(kindFree, []string{"flowContext"}), dates),
	rows: func(s *Server) []record {
		out := []record{}
		for _, f := range s.opts.FlowCollections {
			for _, one := range f.flowList() {
				fields := one.(object)
				out = append(out, fixed(fields["uuid"].(string), s.ownerOf(f), fields))
			}
		}
		return out
	},
}

// ownerOf is the account that a project's approval process belongs to.
func (s *Server) ownerOf(f FlowCollection) string {
	if p := s.project(f.ProjectUUID); p != nil {
		return p.AccountUUID
	}
	return ""
}

// flowList is the steps as inventories.
func (f FlowCollection) flowList() []any {
	out := make([]any, len(f.Flows))
	for i, flow := range f.Flows {
		one := object{
			"uuid": flow.UUID, "name": flow.Name, "collectionUuid": f.UUID, "approverUuid": flow.ApproverUUID, "valid": !f.Invalid,
		}
		if i > 0 {
			one["parentFlowUuid"] = f.Flows[i-1].UUID
		}
		out[i] = one
	}
	return out
}

func (f FlowCollection) typeList() []any {
	out := make([]any, len(f.TypeUUIDs))
	for i, uuid := range f.TypeUUIDs {
		out[i] = uuid
	}
	return out
}

// fixed is a row of what the administrator has set up.
func fixed(uuid, account string, fields object) record {
	return record{uuid: uuid, account: account, get: func(name string) any {
		switch name {
		case "uuid":
			return uuid
		case "createDate", "lastOpDate":
			return installed
		}
		return fields[name]
	}}
}
