package guancetest

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

const (
	firstID = 41

	// block is how many row ids a node reserves at once.
	block = 20
)

// ids hands out the row ids of schedules.
type ids struct {
	next  int64      // the first that nobody reserved
	nodes [2]reserve // IDsBlocks
	turn  int
	down  reserve // IDsReversed
}

// reserve is what is left of a block: [from, to).
type reserve struct{ from, to int64 }

// nextID hands out a row id that no schedule has; the lock is held.
func (s *Server) nextID() int64 {
	for {
		id := s.ids.hand(s.knobs.IDs)
		if !s.taken(id) {
			return id
		}
	}
}

func (s *Server) taken(id int64) bool {
	for _, x := range s.schedules {
		if x.ID == id {
			return true
		}
	}
	return false
}

func (i *ids) hand(order IDOrder) int64 {
	switch order {
	case IDsBlocks:
		node := &i.nodes[i.turn%len(i.nodes)]
		i.turn++
		i.fill(node)
		node.from++
		return node.from - 1
	case IDsReversed:
		i.fill(&i.down)
		i.down.to--
		return i.down.to
	}
	i.next++
	return i.next - 1
}

// fill reserves a block when nothing is left of the last one.
func (i *ids) fill(r *reserve) {
	if r.from == r.to {
		*r = reserve{i.next, i.next + block}
		i.next += block
	}
}

// nextDelay is how long the next add takes to commit: none, half and all of
// Knobs.CommitDelay in an order that lets later ones overtake; the lock is
// held.
func (s *Server) nextDelay() time.Duration {
	s.delays++
	switch d := s.knobs.CommitDelay; s.delays % 3 {
	case 1:
		return d
	case 2:
		return 0
	default:
		return d / 2
	}
}

// nextHex is 32 hexadecimal digits that come once, in no order; the lock is
// held. The same server hands out the same ones.
func (s *Server) nextHex() string {
	s.hexes++
	return hash("uuid", strconv.Itoa(s.hexes))
}

// hash is 32 hexadecimal digits that depend on the parts alone.
func hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// dashed writes 32 hexadecimal digits as a UUID.
func dashed(hex string) string {
	return hex[:8] + "-" + hex[8:12] + "-" + hex[12:16] + "-" + hex[16:20] + "-" + hex[20:]
}
