package zstacktest

import "slices"

// Tickets returns deep copies of the tickets that are alive, in the order of
// their creation.
func (s *Server) Tickets() []Ticket {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	return copies(s.tickets, (*Ticket).clone)
}

// Ticket returns a deep copy of a ticket that is alive; ok tells whether it
// exists.
func (s *Server) Ticket(uuid string) (t Ticket, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	if found := s.find(uuid); found != nil {
		return found.clone(), true
	}
	return Ticket{}, false
}

// Archived returns deep copies of the deleted tickets, in the order of their
// deletion. UUID is the uuid that the ticket had.
func (s *Server) Archived() []Ticket {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	return copies(s.archive, (*Ticket).clone)
}

// Histories returns deep copies of the history rows of a ticket, alive or
// archived, or of all tickets with "", in the order in which they committed.
func (s *Server) Histories(ticketUUID string) []History {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	rows := slices.Concat(s.oldHistory, s.histories)
	rows = slices.DeleteFunc(rows, func(h *History) bool { return ticketUUID != "" && h.TicketUUID != ticketUUID })
	return copies(rows, (*History).clone)
}

// Tags returns the user tags of a ticket, or of everything with "", in the
// order of their creation.
func (s *Server) Tags(ticketUUID string) []Tag {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	out := []Tag{}
	for _, t := range s.tags {
		if ticketUUID == "" || t.ResourceUUID == ticketUUID {
			out = append(out, *t)
		}
	}
	return out
}

// Approvals counts the approve events that arrived over the API, also those
// that were refused. A person's approvals are not counted.
func (s *Server) Approvals() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.approvals
}

// Executions returns what was executed after last approvals.
func (s *Server) Executions() []Execution {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	out := slices.Clone(s.executions)
	for i := range out {
		out[i].Body = cloneObject(out[i].Body)
	}
	return out
}

// find returns the ticket that is alive, or nil; the lock is held.
func (s *Server) find(uuid string) *Ticket {
	for _, t := range s.tickets {
		if t.UUID == uuid {
			return t
		}
	}
	return nil
}

func copies[T any](in []*T, clone func(*T) T) []T {
	out := make([]T, len(in))
	for i, v := range in {
		out[i] = clone(v)
	}
	return out
}
