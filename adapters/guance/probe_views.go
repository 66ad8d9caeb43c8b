package guance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// askViews asks how the schedules are shown.
func (p *probe) askViews(ctx context.Context) error {
	early := p.hasGet
	rows, err := p.awaitList(ctx)
	if err != nil {
		return err
	}
	if !p.hasGet { // it may not have known the schedule
		if _, err := p.get(ctx, p.main.uuid); err == nil {
			p.hasGet = true
		} else if !missing(err) && !isRefusal(err) {
			return err
		}
	}
	route := p.s.routes.get
	switch {
	case !p.hasGet:
		p.find("one schedule", "no route", "%s %s is not there: schedules are read out of the list, a call per %d; if there is another route, set routes.get", route.method, route.path, perPage)
		p.find("reads by id", tt.AnswerUnknown, "there is no route")
	default:
		p.find("one schedule", "a route", "%s %s", route.method, route.path)
		p.find("reads by id", either(early, "at once", "not before lists"), "when they show a new schedule")
	}
	p.askIDs(rows)
	if err := p.askSearch(ctx, rows != nil); err != nil {
		return err
	}
	_, answer, err := p.page(ctx, p.verb, listBody{PageIndex: 1000, PageSize: perPage, Search: p.run})
	if err != nil && !refused(err) {
		return err
	}
	switch {
	case err != nil:
		p.find("a page out of range", "refused", "%s", asWords(err))
	case answer.count == 0:
		p.find("a page out of range", "empty", "the adapter stops at the last page")
	default:
		p.find("a page out of range", "the last page", "the adapter stops at rows that it has seen")
	}
	return nil
}

// awaitList looks for the schedules of this run in the list until it shows all
// of them, as they were changed.
func (p *probe) awaitList(ctx context.Context) ([]*probed, error) {
	const question = "lists"
	began := time.Now()
	for look := 500 * time.Millisecond; ; look *= 2 {
		rows, others, err := p.own(ctx, p.run)
		if err != nil {
			return nil, err
		}
		p.adopt(rows)
		late := time.Since(began)
		i := slices.IndexFunc(rows, func(x *probed) bool { return x.uuid == p.main.uuid })
		if len(rows) >= len(p.made) && i >= 0 && sameJSON(rows[i].fields.get("extend"), p.main.fields.get("extend")) {
			p.shown, p.listed = late, true
			p.find(question, either(late < 100*time.Millisecond, "at once", roughly(late)+" late"), "at that look they show new and changed schedules; settle covers it")
			return rows, nil
		}
		if late+look > p.wait {
			p.shown = late
			p.find(question, tt.AnswerUnknown, "not within %s: probe again with a longer wait", p.wait)
			if others {
				p.shown = -1
				p.findings[len(p.findings)-1].Detail = "search is not honoured, and the first page of the list does not show what was made"
			}
			return nil, nil
		}
		if err := p.pause(ctx, look); err != nil {
			return nil, err
		}
	}
}

// adopt takes over what a proxy made of a create that it delivered twice.
func (p *probe) adopt(rows []*probed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, x := range rows {
		if !slices.Contains(p.made, x.uuid) {
			p.made = append(p.made, x.uuid)
		}
	}
}

// askIDs looks at what rows say that answers to creates may not.
func (p *probe) askIDs(rows []*probed) {
	const row, unset, order, ids = "row id", "what was never changed", "order of a list", "order of ids"
	if rows == nil {
		for _, question := range []string{row, unset, order, ids} {
			p.find(question, tt.AnswerUnknown, "the list does not show what was made")
		}
		return
	}
	listed := map[string]*probed{}
	for _, x := range rows {
		listed[x.uuid] = x
	}
	first := p.rows[len(p.rows)-1] // was not changed, unless it is the only one
	switch {
	case len(p.rows) < 2:
		p.find(row, tt.AnswerUnknown, "every other schedule was refused")
	case listed[first.uuid].rowID == 0:
		p.find(row, "never shown", "elections go by time then")
	case first.rowID == 0:
		p.find(row, "not in the answer of add", "elections go by it")
	default:
		p.find(row, "always shown", "elections go by it")
	}
	if x := listed[first.uuid]; len(p.rows) < 2 {
		p.find(unset, tt.AnswerUnknown, "every other schedule was refused")
	} else {
		p.find(unset, fmt.Sprintf("%s in the answer of add, %s later", unsetForm(first), unsetForm(x)), "updateAt")
	}
	var made []*probed // in the order of requests, with their ids
	for _, x := range p.rows {
		if y := listed[x.uuid]; y != nil && y.rowID > 0 {
			x.rowID = y.rowID
			made = append(made, x)
		}
	}
	p.askListOrder(order, rows)
	p.askIDOrder(ids, made)
}

// unsetForm is how a schedule shows that it was never changed.
func unsetForm(x *probed) string {
	if at := x.fields.get("updateAt"); at != nil {
		return string(at)
	}
	return "null"
}

// askListOrder looks at the order of the rows, of which the main one was
// changed last.
func (p *probe) askListOrder(question string, rows []*probed) {
	age := func(x *probed) int64 { // by id, or as they were answered
		if x.rowID > 0 {
			return x.rowID
		}
		return int64(x.created * 1e6)
	}
	rising := func(a, b *probed) int { return int(age(a) - age(b)) }
	falling := func(a, b *probed) int { return int(age(b) - age(a)) }
	switch {
	case len(rows) < 3:
		p.find(question, tt.AnswerUnknown, "too few rows to tell")
	case slices.IsSortedFunc(rows, falling):
		p.find(question, "newest first", "the adapter reads on when rows move between pages")
	case slices.IsSortedFunc(rows, rising):
		p.find(question, "oldest first", "the adapter reads on when rows move between pages")
	case rows[0].uuid == p.main.uuid && slices.IsSortedFunc(rows[1:], falling):
		p.find(question, "changed last first", "rows move between pages; the adapter reads on")
	default:
		p.find(question, "none", "the adapter reads on when rows move between pages")
	}
}

// askIDOrder compares the order of ids with those of requests and of answers.
// Elections go by the lowest id, which works for any order.
func (p *probe) askIDOrder(question string, made []*probed) {
	rising := func(all []*probed) bool {
		return slices.IsSortedFunc(all, func(a, b *probed) int { return int(a.rowID - b.rowID) })
	}
	falling := slices.Clone(made)
	slices.Reverse(falling)
	answered := slices.Clone(made)
	slices.SortStableFunc(answered, func(a, b *probed) int { return a.asked.Add(a.took).Compare(b.asked.Add(b.took)) })
	overtaken := !slices.Equal(made, answered)
	switch {
	case len(made) < 3:
		p.find(question, tt.AnswerUnknown, "too few ids to tell")
	case overtaken && rising(made):
		p.find(question, "that of the requests", "a schedule may appear after one with a higher id")
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

// askSearch searches, in capital letters, for the last schedule that was made.
// The others have other names.
func (p *probe) askSearch(ctx context.Context, shown bool) error {
	const question = "search"
	if !shown {
		p.find(question, tt.AnswerUnknown, "the list does not show what was made")
		return nil
	}
	wanted := p.rows[len(p.rows)-1]
	rows, others, err := p.own(ctx, strings.ToUpper(wanted.name))
	if err != nil {
		return err
	}
	too := slices.ContainsFunc(rows, func(x *probed) bool { return !strings.Contains(x.name, wanted.name) })
	switch {
	case others || too:
		p.find(question, "ignored", "every look-up reads the whole list")
	case len(rows) > 0:
		p.find(question, "honoured, in any letter case", "in names")
	default:
		p.find(question, "honoured, letter for letter", "in names; the adapter searches in the letters that it writes")
	}
	return nil
}

func (p *probe) index(question string) int {
	return slices.IndexFunc(p.findings, func(f tt.Finding) bool { return f.Question == question })
}
