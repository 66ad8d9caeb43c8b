package guance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// deletion is what is known of a way to delete.
type deletion int

const (
	untried deletion = iota
	works
	notThere
)

// deletions are the two forms.
type deletions struct{ path, batch deletion }

// deleteRoute is the route of a form; ok is false when the setting says another.
func (p *probe) deleteRoute(batch bool) (r route, ok bool) {
	r = p.s.routes.delete
	if r.given {
		return r, batch == !strings.Contains(r.path, uuidInPath)
	}
	if batch {
		r.path = pathSchedules + "/delete"
	}
	return r, true
}

const bodyUUIDs = "scheduleUUIDs"

// askDelete removes what was made: the main schedule by path, the others in a
// batch, and what is left in the form that works.
func (p *probe) askDelete(ctx context.Context) error {
	main := p.main.uuid
	others := slices.DeleteFunc(p.left(), func(uuid string) bool { return uuid == main })
	if err := p.removeBy(ctx, false, main); err != nil && !absent(err) {
		return err
	}
	if p.forms.path == notThere && p.s.routes.delete.given || len(others) == 0 {
		others = p.left()
	}
	if len(others) > 0 {
		if err := p.removeBy(ctx, true, others...); err != nil && !absent(err) {
			return err
		}
	}
	if err := p.remove(ctx, p.left()); err != nil && !absent(err) {
		return err
	}
	if err := p.look(ctx); err != nil {
		return err
	}
	p.findDelete()
	if p.forms.batch == works {
		return p.askDeleted(ctx, others[len(others)-1])
	}
	return p.askDeleted(ctx, main)
}

// askDeleted reads a schedule that was deleted.
func (p *probe) askDeleted(ctx context.Context, uuid string) error {
	const question = "a deleted schedule"
	if !p.hasGet || slices.Contains(p.left(), uuid) {
		p.find(question, tt.AnswerUnknown, "none was deleted, or there is no route to read it")
		return nil
	}
	x, err := p.get(ctx, uuid)
	switch {
	case err != nil && !missing(err) && !isRefusal(err):
		return err
	case err != nil:
		p.find(question, "is gone", "reads answer status %d", statusOf(err))
	case x.deleted:
		p.find(question, "can be read", "with the time of its end in deleteAt: the adapter takes it for gone")
	default:
		p.find(question, "is still there", "though the server said that it deleted it: look for %q in the console; it is dark and has ended", p.title())
	}
	return nil
}

// look looks for what no form seems to delete: an answer may have been lost,
// and its repeat does not find what is gone.
func (p *probe) look(ctx context.Context) error {
	if len(p.left()) == 0 {
		return nil
	}
	rows, _, err := p.own(ctx, p.run)
	if err != nil || !p.listed {
		return err
	}
	for _, uuid := range p.left() {
		if !slices.ContainsFunc(rows, func(x *probed) bool { return x.uuid == uuid }) {
			p.removed(uuid)
		}
	}
	return nil
}

// absent reports that there is no such route, or nothing to delete.
func absent(err error) bool { return missing(err) || refused(err) }

// findDelete says how schedules are deleted.
func (p *probe) findDelete() {
	const question, detail = "delete of a schedule", "nothing but a probe deletes"
	byPath, _ := p.deleteRoute(false)
	batch, _ := p.deleteRoute(true)
	switch f := p.forms; {
	case f.path == works && f.batch == works:
		p.find(question, "by path and in a batch", detail)
	case f.path == works:
		p.find(question, "by path", detail)
		p.follows("routes.delete", byPath.method+" "+byPath.path)
	case f.batch == works:
		p.find(question, "in a batch", detail)
		p.follows("routes.delete", batch.method+" "+batch.path)
	case len(p.left()) == 0:
		p.find(question, tt.AnswerUnknown, "what was made is gone, and the answers to that are lost")
	default:
		p.find(question, "no route", "what was made stays in the workspace, dark and ended: delete it in the console, or set routes.delete: %s", strings.Join(p.left(), ", "))
	}
}

// left are the schedules that were made and not removed.
func (p *probe) left() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.made)
}

func (p *probe) removed(uuids ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.made = slices.DeleteFunc(p.made, func(uuid string) bool { return slices.Contains(uuids, uuid) })
}

// remove deletes schedules by whichever form works. The error is that of the
// last that was tried.
func (p *probe) remove(ctx context.Context, uuids []string) (err error) {
	if len(uuids) > 0 && p.forms.batch != notThere {
		if err = p.removeBy(ctx, true, uuids...); err == nil {
			return nil
		}
	}
	if p.forms.path == notThere {
		return err
	}
	err = nil
	for _, uuid := range uuids {
		if failed := p.removeBy(ctx, false, uuid); failed != nil {
			err = failed
		}
	}
	return err
}

// removeBy deletes schedules in one form, those that are there.
func (p *probe) removeBy(ctx context.Context, batch bool, uuids ...string) error {
	known := &p.forms.path
	if batch {
		known = &p.forms.batch
	}
	r, asked := p.deleteRoute(batch)
	if !asked {
		*known = notThere
		return nil
	}
	request := rest.Request{Method: r.method, Path: strings.Replace(r.path, uuidInPath, url.PathEscape(uuids[0]), 1)}
	switch {
	case batch && r.method == http.MethodGet:
		request.Query = url.Values{bodyUUIDs: {strings.Join(uuids, ",")}}
	case batch:
		request.Body = map[string][]string{bodyUUIDs: uuids}
	}
	_, err := p.do(ctx, request)
	switch {
	case err == nil:
		*known = works
		p.removed(uuids...)
	case !absent(err):
	case *known == works && len(uuids) == 1: // it is gone
		p.removed(uuids...)
		return nil
	case *known == untried:
		*known = notThere
	}
	return err
}

// leave is how long it may take to remove what was made.
const leave = 10 * time.Second

// cleanUp removes every schedule of this run that is still there, also those
// whose create got no answer.
func (p *probe) cleanUp(ctx context.Context, cause error) error {
	if cause == nil || !p.lost && len(p.left()) == 0 {
		return cause
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leave)
	defer cancel()
	listed, listErr := p.s.list(p.s.client.Operation(ctx), p.run)
	left := p.left()
	if listErr == nil {
		if p.listed { // lists have caught up: what they do not show is gone
			left = nil
		}
		for _, x := range listed {
			if strings.HasPrefix(x.name, p.title()) && !slices.Contains(left, x.uuid) {
				left = append(left, x.uuid)
			}
		}
		p.mu.Lock()
		p.made = slices.Clone(left)
		p.mu.Unlock()
		if p.forms.batch == notThere { // it may have been the repeat of one that worked
			p.forms.batch = untried
		}
		if p.forms.path == notThere {
			p.forms.path = untried
		}
	}
	err := p.remove(p.s.client.Operation(ctx), left)
	if left = p.left(); len(left) == 0 {
		return cause
	}
	if err == nil || absent(err) { // there is no way to, or nothing to delete any more
		if p.index("delete of a schedule") < 0 {
			p.findDelete()
		}
		return cause
	}
	e := tt.Errorf(tt.CodeOf(err), tt.Done, "schedules of the probe could not be deleted: they are dark and have ended, so they notify nobody; delete them in the console: %s: %w",
		strings.Join(left, ", "), inWords(err))
	e.Err = fmt.Errorf("%w; before, probing had stopped: %w", e.Err, inWords(cause))
	e.TicketID, e.Repeatable = left[0], true
	return e
}

// inWords is what an error says without what it advises.
func inWords(err error) error {
	var e *tt.Error
	if errors.As(err, &e) && e.Err != nil {
		return e.Err
	}
	return err
}
