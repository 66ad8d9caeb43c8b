package settings

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// converter makes strictly typed values of loosely typed ones. mapstructure
// alone is no help there: its strict mode cuts fractions and overflows
// silently, its weak mode takes "" for 0 and a text for a list.
type converter struct {
	schema   *schema
	problems problems
	items    int // in lists and maps so far
}

// convert returns the settings of in as nested maps whose leaves have their
// final types, without those that have a problem.
func (c *converter) convert(in map[string]any) map[string]any {
	out := map[string]any{}
	c.group("", in, out)
	return out
}

// group converts the settings of one struct. prefix ends in a dot, or is "".
func (c *converter) group(prefix string, in, out map[string]any) {
	for key, raw := range in {
		name := prefix + key
		f := c.schema.find(name)
		switch {
		case strings.Contains(key, ".") || f == nil && !c.schema.groups[name]:
			c.problems.add(prefix+safeKey(key), c.schema.unknown(prefix, key))
		case raw == nil:
			c.problems.add(name, "has no value: give it one, or remove it")
		case f == nil:
			nested, ok := c.stringMap(name, reflect.ValueOf(raw))
			if !ok {
				if !c.problems.has(name) {
					c.problems.add(name, "want nested settings: "+strings.Join(c.schema.names(name+"."), ", "))
				}
				continue
			}
			sub := map[string]any{}
			c.group(name+".", nested, sub)
			out[key] = sub
		default:
			var v any
			switch f.kind {
			case kindList, kindMap:
				v = c.collection(name, reflect.ValueOf(raw), f.typ, 0)
			default:
				v = c.scalar(f, name, raw)
			}
			if v != nil && !c.problems.has(name) {
				out[key] = v
			}
		}
	}
}

// scalar converts an explicit value of a setting that is no list or map. It
// reports a problem and returns nil when it cannot.
func (c *converter) scalar(f *field, name string, raw any) any {
	v, ok := any(nil), false
	switch f.kind {
	case kindString:
		v, ok = toString(raw)
	case kindSecret:
		v, ok = toSecret(raw)
	case kindBool:
		v, ok = toBool(raw)
	case kindInt:
		var i int64
		i, ok = toInt(raw)
		ok = ok && (i >= 0 || f.negative()) && !reflect.Zero(f.typ).OverflowInt(i)
		v = i
	case kindDuration:
		v, ok = toDuration(raw)
	}
	switch {
	case !ok:
		c.problems.add(name, f.want()+hint(f.kind, raw))
		return nil
	case reflect.ValueOf(v).IsZero() && f.off && f.kind == kindInt:
		return int64(tt.Off)
	case reflect.ValueOf(v).IsZero() && f.off:
		return time.Duration(tt.Off)
	case reflect.ValueOf(v).IsZero() && f.zeroMeansOther():
		is := ""
		if f.kind == kindString || f.kind == kindSecret {
			is = "is empty: "
		}
		c.problems.add(name, is+f.want())
		return nil
	}
	return v
}

// hint says what a user may have overlooked, judging by the value's type
// alone.
func hint(k kind, raw any) string {
	switch v := reflect.ValueOf(raw); {
	case k == kindDuration && (builtIn(v) && (v.CanInt() || v.CanUint() || v.CanFloat()) || isNumber(raw)):
		return " (a number needs a unit: s, m or h)"
	case k == kindSecret && (v.CanInt() || v.CanUint() || v.CanFloat()):
		return " (put it in quotes: a bare number may not arrive as it was written)"
	case k == kindString && (v.CanFloat() || v.Kind() == reflect.Bool || v.Kind() == reflect.Struct):
		return " (put it in quotes)"
	}
	return ""
}

func isNumber(raw any) bool {
	v := reflect.ValueOf(raw)
	if v.Kind() != reflect.String {
		return false
	}
	_, err := strconv.ParseFloat(v.String(), 64)
	return err == nil
}

// toString takes text and whole numbers. A fraction is refused: 1.10 would
// arrive as 1.1.
func toString(raw any) (string, bool) {
	switch v := reflect.ValueOf(raw); {
	case v.Kind() == reflect.String:
		return v.String(), true
	case !builtIn(v):
		return "", false
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), true
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), true
	}
	return "", false
}

func toSecret(raw any) (tt.Secret, bool) {
	if secret, ok := raw.(tt.Secret); ok {
		return secret, true
	}
	v := reflect.ValueOf(raw)
	_, number := raw.(json.Number)
	return tt.NewSecret(v.String()), v.Kind() == reflect.String && !number
}

func toBool(raw any) (value, ok bool) {
	switch v := reflect.ValueOf(raw); v.Kind() {
	case reflect.Bool:
		return v.Bool(), true
	case reflect.String:
		return v.String() == "true", v.String() == "true" || v.String() == "false"
	}
	return false, false
}

// toInt takes whole numbers, and text that is the usual way to write one:
// no sign but -, no leading zero (is it octal?), no 0x, no _.
func toInt(raw any) (int64, bool) {
	const exact = 1 << 53 // above it a float64 may be another number than was written
	switch v := reflect.ValueOf(raw); {
	case v.Kind() == reflect.String:
		i, err := strconv.ParseInt(v.String(), 10, 64)
		return i, err == nil && strconv.FormatInt(i, 10) == v.String()
	case !builtIn(v):
		return 0, false
	case v.CanInt():
		return v.Int(), true
	case v.CanUint():
		return int64(v.Uint()), v.Uint() <= math.MaxInt64
	case v.CanFloat():
		f := v.Float()
		return int64(f), f == math.Trunc(f) && math.Abs(f) <= exact
	}
	return 0, false
}

// toDuration takes Go durations, and 0 without a unit.
func toDuration(raw any) (time.Duration, bool) {
	if d, ok := raw.(time.Duration); ok {
		return d, d >= 0
	}
	if v := reflect.ValueOf(raw); v.Kind() == reflect.String {
		d, err := time.ParseDuration(v.String())
		return d, err == nil && d >= 0
	}
	i, ok := toInt(raw)
	return 0, ok && i == 0
}

// builtIn tells int from types made of it, such as time.Duration, whose
// number does not mean what it seems to.
func builtIn(v reflect.Value) bool { return v.IsValid() && v.Type().PkgPath() == "" }
