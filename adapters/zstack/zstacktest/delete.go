package zstacktest

import (
	"slices"
	"time"
)

// delete is DeleteTicket. Both delete modes do the same.
func (c *call) delete() (object, *refusal) {
	t, p := c.ticket()
	if p != nil {
		if c.knobs.DeleteMissing == DeleteMissingDone {
			p = nil
		}
		return nil, p
	}
	if !c.dryRun {
		c.server.remove(t, c.now, c.knobs)
	}
	return nil, nil
}

// remove moves a ticket and its history to the archive; the lock is held.
func (s *Server) remove(t *Ticket, at time.Time, k Knobs) {
	s.tickets = slices.DeleteFunc(s.tickets, func(other *Ticket) bool { return other == t })
	s.gone[t.UUID] = true
	if !k.KeepTags {
		s.tags = slices.DeleteFunc(s.tags, func(tag *Tag) bool { return tag.ResourceUUID == t.UUID })
	}
	kept := s.histories[:0:0]
	for _, h := range s.histories {
		switch {
		case h.TicketUUID != t.UUID:
			kept = append(kept, h)
		case !k.NoArchive:
			h.ArchiveUUID = s.uuid()
			s.oldHistory = append(s.oldHistory, h)
		}
	}
	s.histories = kept
	if !k.NoArchive {
		t.ArchiveUUID, t.Changed = s.uuid(), at
		s.archive = append(s.archive, t)
	}
}
