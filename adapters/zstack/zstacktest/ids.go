package zstacktest

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// uuid makes the next uuid: version 4, without dashes, the same in every run;
// the lock is held.
func (s *Server) uuid() string {
	s.ids++
	sum := sha256.Sum256([]byte("zstacktest " + strconv.FormatInt(s.ids, 10)))
	sum[6] = sum[6]&0x0f | 0x40
	sum[8] = sum[8]&0x3f | 0x80
	return hex.EncodeToString(sum[:16])
}

// isResourceUUID reports whether a client may choose s for a resource: 32
// lower-case hex digits with a version from 1 to 5 and the usual variant.
func isResourceUUID(s string) bool {
	if len(s) != 32 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		digit := c >= '0' && c <= '9'
		switch {
		case !digit && (c < 'a' || c > 'f'),
			i == 12 && (c < '1' || c > '5'),
			i == 16 && c != '8' && c != '9' && c != 'a' && c != 'b':
			return false
		}
	}
	return true
}

// used reports whether any resource has the uuid; the lock is held.
func (s *Server) used(uuid string, k Knobs) bool {
	if s.find(uuid) != nil || k.BurnUUIDs && s.gone[uuid] || s.sessions[uuid] != nil {
		return true
	}
	for _, t := range s.tags {
		if t.UUID == uuid {
			return true
		}
	}
	for _, t := range s.archive {
		if t.ArchiveUUID == uuid {
			return true
		}
	}
	for _, a := range s.opts.Accounts {
		if a.UUID == uuid {
			return true
		}
	}
	for _, v := range s.opts.VirtualIDs {
		if v.UUID == uuid {
			return true
		}
	}
	for _, p := range s.opts.Projects {
		if p.UUID == uuid || p.AccountUUID == uuid {
			return true
		}
	}
	for _, t := range s.opts.TicketTypes {
		if t.UUID == uuid {
			return true
		}
	}
	for _, c := range s.opts.FlowCollections {
		if c.UUID == uuid {
			return true
		}
		for _, f := range c.Flows {
			if f.UUID == uuid {
				return true
			}
		}
	}
	return false
}
