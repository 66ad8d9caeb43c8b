package rsm

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// objects remembers which config item an object is. Only hits are kept, and
// not for long: items are renamed and archived.
type objects struct {
	mu    sync.Mutex
	known map[string]knownItem
}

type knownItem struct {
	id    int64
	until time.Time
}

const (
	keepObject = 10 * time.Minute
	maxObjects = 100_000
	maxAsked   = 200 // in one request: the server may answer 1000 rows at most, and names may be shared
)

func (o *objects) init() { o.known = map[string]knownItem{} }

func (o *objects) recall(obj string) (int64, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	k, ok := o.known[obj]
	if ok && time.Now().After(k.until) {
		delete(o.known, obj)
		return 0, false
	}
	return k.id, ok
}

func (o *objects) keep(obj string, id int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.known) >= maxObjects {
		clear(o.known)
	}
	o.known[obj] = knownItem{id, time.Now().Add(keepObject)}
}

func (o *objects) forget(objs ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, obj := range objs {
		delete(o.known, obj)
	}
}

// configItem is a row of the inventory.
type configItem struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Labels labels `json:"labels"`
}

type itemsFilter struct {
	IDs    []int64           `json:"ids"`
	Names  []string          `json:"names"`
	Labels map[string]string `json:"labels"`
}

// resolve finds the config item of each object. failed holds the objects that
// have none; the error is set when the look-up itself failed.
func (s *System) resolve(ctx context.Context, objs []string) (ids map[string]int64, failed map[string]error, err error) {
	ids, failed = make(map[string]int64, len(objs)), map[string]error{}
	var ask []string
	for _, obj := range objs {
		if id, ok := s.objects.recall(obj); ok {
			ids[obj] = id
		} else if err := s.plausible(obj); err != nil {
			failed[obj] = err
		} else if !slices.Contains(ask, obj) {
			ask = append(ask, obj)
		}
	}
	if len(ask) == 0 {
		return ids, failed, nil
	}
	hits, err := s.ask(ctx, ask)
	if err != nil {
		return nil, nil, err
	}
	for _, obj := range ask {
		switch found := hits[obj]; len(found) {
		case 0:
			failed[obj] = tt.Errorf(tt.CodeNotFound, tt.NotDone,
				"no config item for object %q (object_by %s), or the token's user may not see it", obj, s.cfg.ObjectBy)
		case 1:
			ids[obj] = found[0]
			s.objects.keep(obj, found[0])
		default:
			failed[obj] = tt.Errorf(tt.CodeConflict, tt.NotDone,
				"object %q is ambiguous: config items %v; use object_by id, or a label that is unique", obj, found)
		}
	}
	return ids, failed, nil
}

// plausible refuses an object that cannot name a config item.
func (s *System) plausible(obj string) error {
	if s.cfg.ObjectBy != "id" {
		return nil
	}
	n, err := strconv.ParseInt(obj, 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != obj {
		return tt.Errorf(tt.CodeInvalid, tt.NotDone,
			"object %q is no config item id: give its number, or set object_by to name or label:KEY", obj)
	}
	return nil
}

// ask looks objects up in the inventory, many in one request where the API can
// tell the answers apart.
func (s *System) ask(ctx context.Context, objs []string) (map[string][]int64, error) {
	hits := map[string][]int64{}
	key, byLabel := strings.CutPrefix(s.cfg.ObjectBy, "label:")
	if byLabel {
		for _, obj := range objs { // one label, one value: one request each
			rows, err := s.items(ctx, itemsFilter{Labels: map[string]string{key: obj}})
			if err != nil {
				return nil, err
			}
			for _, row := range rows {
				if value, shown := labelOf(row.Labels, key); !shown || value == obj {
					hits[obj] = append(hits[obj], row.ID)
				}
			}
		}
		return hits, nil
	}
	for some := range slices.Chunk(objs, maxAsked) {
		var filter itemsFilter
		for _, obj := range some {
			if s.cfg.ObjectBy == "name" {
				filter.Names = append(filter.Names, obj)
			} else {
				id, _ := strconv.ParseInt(obj, 10, 64) // plausible has checked it
				filter.IDs = append(filter.IDs, id)
			}
		}
		rows, err := s.items(ctx, filter)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			obj := row.Name
			if s.cfg.ObjectBy == "id" {
				obj = strconv.FormatInt(row.ID, 10)
			}
			if !slices.Contains(hits[obj], row.ID) {
				hits[obj] = append(hits[obj], row.ID)
			}
		}
	}
	return hits, nil
}

func (s *System) items(ctx context.Context, filter itemsFilter) ([]configItem, error) {
	var rows []configItem
	_, err := s.client.Do(ctx, rest.Request{Method: "POST", Path: pathItemsFilter, Body: filter, ReadOnly: true, Out: &rows})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(rows, func(row configItem) bool { return row.ID < 1 }), nil
}

// place returns the config item that a ticket of this queue and object is
// put on: the object's, or the queue's anchor.
func (s *System) place(ctx context.Context, queue, obj string) (int64, error) {
	if len(s.anchors) > 0 {
		if id, ok := s.anchors[queue]; ok {
			return id, nil
		}
		if id, ok := s.anchors["*"]; ok {
			return id, nil
		}
		return 0, tt.Errorf(tt.CodeInvalid, tt.NotDone, `queue %q has no anchor_ci: add it to the setting, or add "*" for every other queue`, queue)
	}
	ids, failed, err := s.resolve(ctx, []string{obj})
	if err != nil {
		return 0, lookingUp(obj, err)
	}
	if err := failed[obj]; err != nil {
		return 0, err
	}
	return ids[obj], nil
}

// lookingUp says that an object's look-up failed: nothing was done.
func lookingUp(what string, err error) error {
	e, ok := err.(*tt.Error)
	if !ok {
		return err
	}
	c := *e
	c.Outcome = tt.NotDone
	c.Err = fmt.Errorf("looking up the config item of %s: %w", what, e.Err)
	return &c
}
