package rsmtest

import "time"

const (
	// firstID is far from the ids of CIs, so that a program that mixes them
	// up is found out.
	firstID = 1001

	// block is how many ids a node reserves at once.
	block = 20
)

// ids hands out the ids of modes.
type ids struct {
	next  int64      // the first that nobody reserved
	nodes [2]reserve // IDsBlocks
	turn  int
	down  reserve // IDsReversed
}

// reserve is what is left of a block: [from, to).
type reserve struct{ from, to int64 }

// nextID hands out an id that no mode has; the lock is held.
func (s *Server) nextID(order IDOrder) int64 {
	for {
		if id := s.ids.hand(order); s.find(id) == nil {
			return id
		}
	}
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

// nextDelay is how long the next creation takes to commit: none, half and all
// of d in an order that lets later ones overtake; the lock is held.
func (s *Server) nextDelay(d time.Duration) time.Duration {
	s.delays++
	switch s.delays % 3 {
	case 1:
		return d
	case 2:
		return 0
	}
	return d / 2
}
