package guance

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ttkit/ttkit/tt"
)

const (
	askedRuleName = 1024 // characters in the name of a rule that is tried
	askedName     = 256  // as the vendor documents, without a unit
)

// askChanges asks for changes that may be refused. Three that most servers
// take travel together, and one by one where that is refused.
func (p *probe) askChanges(ctx context.Context) error {
	const bad = "a uuid that is none"
	if !p.hasGet {
		p.find(bad, tt.AnswerUnknown, "there is no route to ask")
	} else if _, err := p.get(ctx, "ttkit-probe-0"); err != nil && !missing(err) && !isRefusal(err) {
		return err
	} else {
		p.find(bad, fmt.Sprintf("status %d", statusOf(err)), "the adapter takes both 400 and 404 for not found")
	}
	if err := p.askLimits(ctx); err != nil {
		return err
	}
	over := p.s.now().Add(-time.Hour).Unix()
	for _, ask := range []struct {
		question, detail string
		change           map[string]any
	}{
		{"no targets", "the adapter always names some", map[string]any{"notifyTargets": []string{}}},
		{"a time without a start", "the adapter always gives both", map[string]any{"extend": map[string]any{"effectiveTime": map[string]any{"end": over}}}},
		{"a filter as an array", "the adapter writes a text", map[string]any{"dimensionFilter": []string{p.filter}}},
		{"a filter in parentheses", "the adapter writes none", map[string]any{"dimensionFilter": p.filter + " AND (" + p.filter + ")"}},
	} {
		ok, _, err := p.accepts(ctx, ask.change)
		if err != nil {
			return err
		}
		p.find(ask.question, either(ok, "accepted", "refused"), "%s", ask.detail)
	}
	return nil
}

// accepts reports whether the server takes a change, and what came of it.
func (p *probe) accepts(ctx context.Context, change map[string]any) (bool, *probed, error) {
	x, err := p.modify(ctx, change)
	if refused(err) {
		return false, nil, nil
	}
	return err == nil, x, err
}

// askLimits asks for hours over midnight, a long rule name and a long name.
func (p *probe) askLimits(ctx context.Context) error {
	night := map[string]any{"start": "23:59", "end": darkStart}
	all := maps.Clone(night)
	maps.Copy(all, p.ruleOf(askedRuleName))
	maps.Copy(all, p.nameOf('\U0001F525'))
	ok, x, err := p.accepts(ctx, all)
	if err != nil {
		return err
	}
	const hours, rules, names = "hours over midnight", "names of rules", "names"
	if ok {
		p.find(hours, "accepted", "the adapter writes none")
		p.findRule(rules, askedRuleName, x)
		p.findName(names, "256 characters", '\U0001F525', x)
		return nil
	}
	if ok, _, err = p.accepts(ctx, night); err != nil {
		return err
	}
	p.find(hours, either(ok, "accepted", "refused"), "the adapter writes none")
	if err := p.askRuleName(ctx, rules); err != nil {
		return err
	}
	return p.askName(ctx, names)
}

func (p *probe) askRuleName(ctx context.Context, question string) error {
	for _, length := range []int{askedRuleName, maxPiece} {
		ok, x, err := p.accepts(ctx, p.ruleOf(length))
		if err != nil {
			return err
		}
		if ok {
			p.findRule(question, length, x)
			return nil
		}
	}
	p.find(question, fmt.Sprintf("less than %d characters", maxPiece), "tickets cannot be kept in such rules")
	return nil
}

func (p *probe) findRule(question string, length int, x *probed) {
	const detail = "the adapter's have at most %d bytes"
	answer := fmt.Sprintf("%d characters or more", length)
	if length < askedRuleName {
		answer = fmt.Sprintf("%d characters or more, less than %d", length, askedRuleName)
	}
	if len(x.rules) == 0 || valueLength(x.rules[0]) < length {
		answer = fmt.Sprintf("cut below %d characters", length)
	}
	p.find(question, answer, detail, maxPiece)
}

func valueLength(rule []byte) int {
	name, _ := unquote(valueOf(rule, "name"))
	return utf8.RuneCountInString(name)
}

func (p *probe) askName(ctx context.Context, question string) error {
	for _, form := range []struct {
		answer string
		filler rune
	}{{"256 characters", '\U0001F525'}, {"256 UTF-16 units", 'é'}} {
		ok, x, err := p.accepts(ctx, p.nameOf(form.filler))
		if err != nil {
			return err
		}
		if ok {
			p.findName(question, form.answer, form.filler, x)
			return nil
		}
	}
	p.find(question, "256 bytes", "the adapter's have no more")
	return nil
}

func (p *probe) findName(question, answer string, filler rune, x *probed) {
	if x.name != p.nameOf(filler)["name"] {
		answer = "cut"
	}
	p.find(question, answer, "the adapter's have at most %d bytes", maxName)
}

// ruleOf is a change with a rule whose name has so many characters.
func (p *probe) ruleOf(length int) map[string]any {
	name := p.title()
	name += strings.Repeat("x", length-len(name))
	rule := written(nil, []string{name}, p.rule == nil, true)[0]
	return map[string]any{"scheduleStrategy": []json.RawMessage{rule}}
}

// nameOf is a change with the longest name, made of a character.
func (p *probe) nameOf(filler rune) map[string]any {
	name := p.title() + " "
	return map[string]any{"name": name + strings.Repeat(string(filler), askedName-len(name))}
}
