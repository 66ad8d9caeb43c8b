package guance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// probeStep is between calls that are to overlap.
const probeStep = 100 * time.Millisecond

// askSchedules makes the schedules, each of which asks for something of its
// own, and changes the first of them.
func (p *probe) askSchedules(ctx context.Context) (err error) {
	begun := p.s.now().Add(-2 * time.Hour).Unix()
	extend := p.extend(begun, `"rotationCycle":"week",`)
	if p.main, err = p.add(ctx, "", map[string]any{"extend": json.RawMessage(extend)}); err != nil {
		return err
	}
	others, err := p.addOverlapping(ctx, begun)
	if err != nil {
		return err
	}
	p.rule = others[1]
	p.find("a name twice", either(others[0] != nil, "accepted", "refused"), "the names of open tickets hold their keys")
	p.askRules()
	p.askKeys(others[2])
	p.askForm([]byte(extend))
	p.rows = slices.DeleteFunc(append([]*probed{p.main}, others...), func(x *probed) bool { return x == nil })
	p.find("a create takes", "", "the slowest of them; late covers one without an answer")
	if _, err := p.get(ctx, p.main.uuid); err == nil {
		p.hasGet = true
	} else if !missing(err) && !isRefusal(err) {
		return err
	}
	if err := p.pause(ctx, time.Second); err != nil { // so that the change is later than the creates, in seconds too
		return err
	}
	return p.askOmitted(ctx, begun)
}

// addOverlapping makes three schedules whose requests overlap, if the server
// takes its time. One that is refused is nil.
func (p *probe) addOverlapping(ctx context.Context, begun int64) ([]*probed, error) {
	rule := map[string]any{"uuid": "", "name": "ttkit probe", "strategy": []any{}}
	bodies := []struct {
		name  string
		other map[string]any
	}{
		{"", nil},
		{" with a rule", map[string]any{"scheduleStrategy": []any{rule}}},
		{" with unknown keys", map[string]any{"ttkitProbe": 1, "extend": json.RawMessage(p.extend(begun, `"ttkitProbe":1,`))}},
	}
	made, errs := make([]*probed, len(bodies)), make([]error, len(bodies))
	var work sync.WaitGroup
	for i, b := range bodies {
		work.Go(func() {
			if errs[i] = p.pause(ctx, time.Duration(i)*probeStep); errs[i] == nil {
				made[i], errs[i] = p.add(ctx, b.name, b.other)
			}
		})
	}
	work.Wait()
	for _, err := range errs {
		if err != nil && !refused(err) {
			return nil, err
		}
	}
	return made, nil
}

// askRules looks at the rule without levels.
func (p *probe) askRules() {
	const empty, uuid = "rules without levels", "an empty uuid of a rule"
	switch {
	case p.rule == nil:
		p.find(empty, "refused", "the adapter gives its rules a level without recipients")
		p.find(uuid, tt.AnswerUnknown, "the rule was refused")
	case len(p.rule.rules) == 0:
		p.find(empty, "dropped", "tickets cannot be kept in such rules")
		p.find(uuid, tt.AnswerUnknown, "the rule was dropped")
	default:
		p.find(empty, "accepted", "the adapter keeps tickets in such rules")
		id, _ := unquote(valueOf(p.rule.rules[0], "uuid"))
		p.find(uuid, either(id == "", "stays empty", "is replaced"), "the adapter makes its own")
	}
}

// askKeys looks at keys that nobody documented.
func (p *probe) askKeys(x *probed) {
	const question, detail = "unknown keys", "beside the documented fields, and in extend; the adapter sends none of its own"
	if x == nil {
		p.find(question, "refused", detail)
		return
	}
	top, inside := x.fields.index("ttkitProbe") >= 0, valueOf(x.fields.get("extend"), "ttkitProbe") != nil
	switch {
	case top && inside:
		p.find(question, "kept", detail)
	case top:
		p.find(question, "kept beside extend", detail)
	case inside:
		p.find(question, "kept in extend", detail)
	default:
		p.find(question, "dropped", detail)
	}
}

// requested are the fields that requests have.
var requested = []string{"name", "timezone", "start", "end", "tagFilter", "dimensionFilter", "notifyTargets", "extend"}

// undocumented are those of answeredOnly that are not of this API.
var undocumented = []string{
	"effectiveTimeInfos", "notifyTargetsInfos", "inEffectNotifyTargetsInfos", "declaration", "creatorInfo", "updatorInfo",
}

// askForm looks at how the answer to a create is written.
func (p *probe) askForm(extend []byte) {
	fields := p.main.fields
	p.find("dates", either(bytes.Contains(fields.get("createAt"), []byte(".")), "with fractions of seconds", "whole seconds"), "such as %s", fields.get("createAt"))
	p.find("empty fields", either(fields.get("tagFilter") == nil, "null", "empty"), "such as tagFilter; requests may not have null")
	p.find("extend as it was sent", either(sameJSON(fields.get("extend"), extend), "kept", "written anew"), "the order of its keys")
	var unknown []string
	for _, f := range fields {
		if !slices.Contains(requested, f.key) && (!slices.Contains(answeredOnly, f.key) || slices.Contains(undocumented, f.key)) {
			unknown = append(unknown, f.key)
		}
	}
	slices.Sort(unknown)
	p.find("unknown fields", either(len(unknown) > 0, strings.Join(unknown, ", "), "none"), "of an answer")
}

// askOmitted leaves fields out of a change: the time zone, which has a default
// and does no harm, and a part of extend.
func (p *probe) askOmitted(ctx context.Context, begun int64) error {
	x, err := p.modify(ctx, map[string]any{"timezone": nil, "extend": json.RawMessage(p.extend(begun, ""))})
	const omitted, extend = "omitted fields in a change", "extend in a change"
	switch {
	case refused(err):
		p.find(omitted, "refused", "%v; the adapter sends all of them", asWords(err))
		p.find(extend, tt.AnswerUnknown, "the change was refused")
	case err != nil:
		return err
	default:
		zone := x.fields.text("timezone")
		p.find(omitted, either(zone == "UTC", "kept", "reset"), "the time zone was UTC and is %s; the adapter sends all fields", zone)
		p.find(extend, either(valueOf(x.fields.get("extend"), "rotationCycle") == nil, "replaced whole", "merged"), "the adapter sends all of it")
		p.main.schedule = x.schedule
	}
	p.find("a change takes", "", "the slowest of them; window covers a read before it, too")
	return nil
}

func asWords(err error) string {
	if err == nil {
		return ""
	}
	return fmt.Sprint(inWords(err))
}
