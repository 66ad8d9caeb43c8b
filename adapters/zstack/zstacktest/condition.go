package zstacktest

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// test makes a condition a function.
func (c *call) test(e *entity, cond condition) (func(record) bool, *refusal) {
	if c.knobs.RefuseQuotes && strings.ContainsAny(cond.value, `'\`) {
		return nil, internal(textBadCondition, cond.left+cond.op+cond.value)
	}
	switch cond.left {
	case "__userTag__":
		return c.testTags(c.server.tags, cond)
	case "__systemTag__":
		return c.testTags(nil, cond)
	}
	f, p := e.field(cond.left)
	if p != nil {
		return nil, p
	}
	test, p := c.testValue(f.kind, cond)
	if p != nil {
		return nil, p
	}
	return func(r record) bool { return test(r.get(f.name)) }, nil
}

// positive is the operator whose rows a negative tag condition leaves out.
var positive = map[string]string{"!=": "=", "!?=": "?=", "!~=": "~=", isNull: notNull}

// testTags is a condition on the tags of a resource: one of them fulfils it,
// or none fulfils its opposite.
func (c *call) testTags(tags []*Tag, cond condition) (func(record) bool, *refusal) {
	opposite, negative := positive[cond.op]
	if negative {
		cond.op = opposite
	}
	test, p := c.testValue(kindText, cond)
	if p != nil {
		return nil, p
	}
	have := make(map[string]bool)
	for _, t := range tags {
		if test(t.Text) {
			have[t.ResourceUUID] = true
		}
	}
	return func(r record) bool { return have[r.uuid] != negative }, nil
}

// testValue is a condition on one value. Nothing but "is null" is true of
// null.
func (c *call) testValue(k kind, cond condition) (func(any) bool, *refusal) {
	switch cond.op {
	case isNull:
		return func(v any) bool { return v == nil }, nil
	case notNull:
		return func(v any) bool { return v != nil }, nil
	case "~=", "!~=":
		want := cond.op == "~="
		return func(v any) bool { return v != nil && c.knobs.like(c.plainText(v), cond.value) == want }, nil
	}
	texts := []string{cond.value}
	if strings.HasSuffix(cond.op, "?=") {
		texts = strings.Split(cond.value, ",")
	}
	values := make([]any, len(texts))
	for i, text := range texts {
		var ok bool
		if values[i], ok = c.operand(k, text); !ok {
			return nil, internal(textBadCondition, cond.left+cond.op+cond.value)
		}
	}
	in := func(v any) bool {
		return slices.ContainsFunc(values, func(w any) bool { return c.compare(v, w) == 0 })
	}
	first := func(v any) int { return c.compare(v, values[0]) }
	tests := map[string]func(any) bool{
		"=":   in,
		"?=":  in,
		"!=":  func(v any) bool { return !in(v) },
		"!?=": func(v any) bool { return !in(v) },
		">":   func(v any) bool { return first(v) > 0 },
		">=":  func(v any) bool { return first(v) >= 0 },
		"<":   func(v any) bool { return first(v) < 0 },
		"<=":  func(v any) bool { return first(v) <= 0 },
	}
	test := tests[cond.op]
	return func(v any) bool { return v != nil && test(v) }, nil
}

// dateLayouts are how a condition may write a date, in the server's zone.
var dateLayouts = []string{time.DateTime, time.DateOnly, "Jan 2, 2006 3:04:05 PM", "Jan 2, 2006, 3:04:05 PM"}

// operand converts a text to the type of a field.
func (c *call) operand(k kind, text string) (any, bool) {
	switch k {
	case kindNumber:
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		return n, err == nil
	case kindDate:
		text = strings.ReplaceAll(text, "\u202f", " ")
		for _, layout := range dateLayouts {
			if t, err := time.ParseInLocation(layout, text, c.zone); err == nil {
				return t, true
			}
		}
		return nil, false
	}
	return text, true
}

// compare orders two values as the database does. Null comes first.
func (c *call) compare(a, b any) int {
	if a == nil || b == nil {
		return cmp.Compare(btoi(a != nil), btoi(b != nil))
	}
	switch x := a.(type) {
	case int64:
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
	case time.Time:
		if y, ok := b.(time.Time); ok {
			return x.Truncate(time.Second).Compare(y.Truncate(time.Second))
		}
	}
	return strings.Compare(c.knobs.collate(c.plainText(a)), c.knobs.collate(c.plainText(b)))
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// plainText is a value as the database writes it in a text.
func (c *call) plainText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case time.Time:
		return v.In(c.zone).Format(time.DateTime)
	}
	return jsonText(v)
}
