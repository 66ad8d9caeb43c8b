package rsm

import (
	"context"
	"math"
	"net/url"
	"slices"
	"sync"
	"time"
)

// probeLater is when planned modes would begin, for a second: they are
// cancelled long before.
const probeLater = 30 * time.Minute

// planned is the body of a mode that has no effect unless the probe dies.
func (p *probe) planned(items ...int64) map[string]any {
	begin := p.s.now().Truncate(time.Second).Add(probeLater)
	scope := make([]map[string]any, len(items))
	for i, ci := range items {
		scope[i] = map[string]any{"id": ci}
	}
	return map[string]any{
		"dateStart": probeTime(begin), "dateEnd": probeTime(begin.Add(time.Second)), "configItems": scope,
	}
}

// askPlanned asks what can be seen on modes that have not begun.
func (p *probe) askPlanned(ctx context.Context) error {
	if err := p.askValidation(ctx); err != nil {
		return err
	}
	made, err := p.overlapping(ctx, 4)
	if err != nil {
		return err
	}
	p.askOrder(made)
	if null(made[0].Labels) {
		p.find("empty labels", "null", "a mode without labels")
	} else {
		p.find("empty labels", "an object", "a mode without labels")
	}
	return p.askPlannedCancel(ctx, made[0])
}

// askValidation asks for a mode with a config item that does not exist, all or
// nothing.
func (p *probe) askValidation(ctx context.Context) error {
	const nobody = math.MaxInt32 - 7 // far above any inventory, and within every integer
	const question = "batchValidate"
	_, err := p.post(ctx, p.planned(p.ci, nobody), url.Values{"batchValidate": {"true"}})
	switch {
	case refusal(err):
		p.find(question, "honoured", "a scope with a config item that does not exist is refused")
	case err != nil:
		return err
	default:
		p.find(question, "ignored", "a config item that does not exist is dropped in silence; the adapter looks at what was made")
	}
	return nil
}

// overlapping makes some modes whose requests overlap, if the server takes its
// time, in the order in which they were sent.
func (p *probe) overlapping(ctx context.Context, n int) ([]*probedMode, error) {
	made, errs := make([]*probedMode, n), make([]error, n)
	var work sync.WaitGroup
	for i := range n {
		work.Go(func() {
			if errs[i] = p.pause(ctx, time.Duration(i)*probeStep); errs[i] == nil {
				made[i], errs[i] = p.post(ctx, p.planned(p.ci), nil)
			}
		})
	}
	work.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return made, nil
}

// askOrder compares the order of ids with those of requests and of answers.
// The adapter's elections go by the lowest id, which works for any order.
func (p *probe) askOrder(made []*probedMode) {
	const question = "order of ids"
	rising := func(all []*probedMode) bool {
		return slices.IsSortedFunc(all, func(a, b *probedMode) int { return int(a.ID - b.ID) })
	}
	falling := slices.Clone(made)
	slices.Reverse(falling)
	answered := slices.Clone(made)
	slices.SortStableFunc(answered, func(a, b *probedMode) int { return a.asked.Add(a.took).Compare(b.asked.Add(b.took)) })
	overtaken := !slices.Equal(made, answered)
	switch {
	case overtaken && rising(made):
		p.find(question, "that of the requests", "a mode may appear after one with a higher id")
	case overtaken && rising(answered):
		p.find(question, "that of the answers", "some creates overtook others: ids follow when they were done")
	case rising(made):
		p.find(question, "rising", "no create overtook another, so that it cannot be told whether requests or answers count")
	case rising(falling):
		p.find(question, "falling", "ids say nothing about age")
	default:
		p.find(question, "mixed", "ids come from several ranges and say nothing about age")
	}
}

// askPlannedCancel cancels a planned mode, and asks for another change beside.
func (p *probe) askPlannedCancel(ctx context.Context, before *probedMode) error {
	m, err := p.patch(ctx, before.ID, map[string]any{"cancel": true, "title": p.title() + ", cancelled"})
	if err != nil {
		return err
	}
	if m.Title != nil && *m.Title == p.title()+", cancelled" {
		p.find("other fields beside a cancel", "kept", "they are stored before the mode ends")
	} else {
		p.find("other fields beside a cancel", "dropped", "they are lost")
	}
	if it := m.item(p.ci); it == nil {
		p.unknown("state of a cancelled mode", "the answer does not show its config item")
	} else {
		p.find("state of a cancelled mode", it.State, "of its config item")
	}
	p.find("dates of a planned mode after a cancel", moves(before, m, p.ci), "compared with those that it was made with")
	return nil
}

// moves says what a cancel did to dates.
func moves(before, after *probedMode, ci int64) string {
	mode := !at(before.DateEnd).Equal(at(after.DateEnd))
	was, is := before.item(ci), after.item(ci)
	items := was != nil && is != nil && !at(was.DateEnd).Equal(at(is.DateEnd))
	switch {
	case mode && items:
		return "all move"
	case items:
		return "those of config items move"
	case mode:
		return "those of the mode move"
	}
	return "none moves"
}

// askCancel cancels the mode that runs.
func (p *probe) askCancel(ctx context.Context) error {
	const cancelling, dates = "cancel of a running mode", "dates of a running mode after a cancel"
	before, err := p.patch(ctx, p.running.ID, map[string]any{"title": p.title()})
	if err != nil {
		return err
	}
	ci := p.ci
	if it := before.item(ci); it == nil || it.over() {
		ci = p.another // the first one has left
	}
	m, err := p.patch(ctx, p.running.ID, map[string]any{"cancel": true})
	if refusal(err) {
		p.find(cancelling, "refused", "the adapter moves the end instead: %v", err)
		p.unknown(dates, "a running mode cannot be cancelled")
		return nil
	}
	if err != nil {
		return err
	}
	switch it := m.item(ci); {
	case it == nil:
		p.unknown(cancelling, "the answer does not show its config item")
	case item{State: it.State}.cancelled():
		p.find(cancelling, "cancels it", "its state is %s", it.State)
	case it.over():
		p.find(cancelling, "completes it", "its state is %s", it.State)
	default:
		p.find(cancelling, "leaves it "+it.State, "as far as its answer tells")
	}
	p.find(dates, moves(before, m, ci), "compared with those that it had")
	return nil
}
