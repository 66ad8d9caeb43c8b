package zstack

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ttkit/ttkit/tt"
)

// tagging knows whether this server keeps the user tags that come with a
// creation. That it does is a convention of the platform, and the ticket
// module is not public: the first ticket of a process shows it.
type tagging struct{ kept atomic.Int32 }

const (
	tagsKept    = 1
	tagsDropped = 2
)

// complete sees to it that a new ticket has its tags.
func (t *tagging) complete(ctx context.Context, s *System, p *ticketPlan) error {
	missing := p.body.UserTags
	switch t.kept.Load() {
	case tagsKept:
		return nil
	case tagsDropped:
	default:
		b, err := s.tags(ctx, p.uuid)
		if err != nil {
			return err
		}
		arrived := b.ours && b.marked
		for _, e := range p.entries {
			arrived = arrived && b.has(e)
		}
		if arrived {
			t.kept.Store(tagsKept)
			return nil
		}
		if len(b.held) == 0 && !b.marked {
			t.kept.Store(tagsDropped)
			s.log.InfoContext(ctx, "the server drops the tags of a creation: every ticket gets them one by one")
		}
	}
	return s.writeTags(ctx, p.uuid, missing)
}

// inFlight is how many tags of one ticket are written at once.
const inFlight = 4

// writeTags writes tags, and returns the first error.
func (s *System) writeTags(ctx context.Context, uuid string, texts []string) error {
	for _, err := range s.tagEach(ctx, uuid, texts) {
		if err != nil {
			return err
		}
	}
	return nil
}

// tagEach writes tags, some at once, and returns an error for each.
func (s *System) tagEach(ctx context.Context, uuid string, texts []string) []error {
	if len(texts) == 1 {
		return []error{s.tag(ctx, uuid, texts[0])}
	}
	failed := make([]error, len(texts))
	var wg sync.WaitGroup
	room := make(chan struct{}, inFlight)
	for i, text := range texts {
		room <- struct{}{}
		wg.Add(1)
		s.flights.Go(func() {
			defer func() { <-room; wg.Done() }()
			failed[i] = s.tag(ctx, uuid, text)
		})
	}
	wg.Wait()
	return failed
}

// tag writes one tag. That it is there already is a success: a tag's text says
// who it is.
func (s *System) tag(ctx context.Context, uuid, text string) error {
	var body tagBody
	body.Params.Type, body.Params.Resource, body.Params.Tag = ticketResource, uuid, text
	err := s.carry(ctx, change{
		act: func(ctx context.Context) error {
			return s.do(ctx, work{method: http.MethodPost, path: pathUserTags, body: body})
		},
		there: func(ctx context.Context) (bool, error) {
			rows, err := s.tagRows(ctx, uuid)
			return slices.ContainsFunc(rows, func(t tagRow) bool { return t.Text == text }), err
		},
	})
	if err == nil || asError(err).Code != tt.CodeNotFound {
		return err
	}
	_, deleted, findErr := s.find(ctx, uuid)
	switch {
	case findErr != nil:
		return findErr
	case deleted:
		return errDeleted()
	}
	return err
}

func errDeleted() error {
	return tt.Errorf(tt.CodeClosed, tt.NotDone, "the ticket was deleted and is in the archives: nothing can be added to it")
}
