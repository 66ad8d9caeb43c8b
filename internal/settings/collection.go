package settings

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
)

// A map that holds itself ends at these bounds.
const (
	maxDepth = 32
	maxItems = 100_000
)

// collection converts a list, a map, or what is in one: to slices and maps
// with string keys whose leaves fit t. It copies everything. It reports a
// problem and returns nil when it cannot.
func (c *converter) collection(name string, v reflect.Value, t reflect.Type, depth int) any {
	for v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if c.items++; depth > maxDepth || c.items > maxItems {
		if c.items <= maxItems+1 {
			c.problems.add(name, "is nested too deep, or too large")
		}
		c.items = maxItems + 1 // the rest need not be read
		return nil
	}
	switch {
	case !v.IsValid() && t != anyType:
		c.problems.add(name, "has no value: give it one, or remove it")
		return nil
	case t == anyType:
		return c.plain(name, v, depth)
	case t.Kind() == reflect.Slice && isList(v):
		return c.list(name, v, t.Elem(), depth)
	case t.Kind() == reflect.Map && v.Kind() == reflect.Map:
		return c.mapping(name, v, t.Elem(), depth)
	case t.Kind() == reflect.String:
		if s, ok := toString(v.Interface()); ok {
			return s
		}
		c.problems.add(name, "want a string"+hint(kindString, v.Interface()))
		return nil
	}
	c.problems.add(name, "want "+wantType(t))
	return nil
}

// isList reports whether v is a list; bytes are none, they are a text.
func isList(v reflect.Value) bool {
	return (v.Kind() == reflect.Slice || v.Kind() == reflect.Array) && v.Type().Elem().Kind() != reflect.Uint8
}

func (c *converter) list(name string, v reflect.Value, elem reflect.Type, depth int) any {
	out := make([]any, v.Len())
	for i := range out {
		out[i] = c.collection(fmt.Sprintf("%s[%d]", name, i), v.Index(i), elem, depth+1)
	}
	return out
}

func (c *converter) mapping(name string, v reflect.Value, elem reflect.Type, depth int) any {
	in, ok := c.stringMap(name, v)
	if !ok {
		return nil
	}
	out := make(map[string]any, len(in))
	for key, item := range in {
		out[key] = c.collection(name+"["+strconv.Quote(cut(key))+"]", reflect.ValueOf(item), elem, depth+1)
	}
	return out
}

// plain converts what may be anything that JSON can say.
func (c *converter) plain(name string, v reflect.Value, depth int) any {
	switch {
	case !v.IsValid():
		return nil
	case isList(v):
		return c.list(name, v, anyType, depth)
	case v.Kind() == reflect.Map:
		return c.mapping(name, v, anyType, depth)
	case v.Kind() == reflect.String, v.Kind() == reflect.Bool, builtIn(v) && (v.CanInt() || v.CanUint()),
		builtIn(v) && v.CanFloat() && !math.IsNaN(v.Float()) && !math.IsInf(v.Float(), 0):
		return v.Interface()
	}
	c.problems.add(name, "want what JSON can hold: a string, a number, true or false, a list or a map (put it in quotes)")
	return nil
}

// stringMap returns v, a map of any kind, with text for keys: YAML gives
// map[any]any, and numbers for keys that look like them. It reports a problem
// for other keys and for two that are the same text, and returns false for
// these and for what is no map.
func (c *converter) stringMap(name string, v reflect.Value) (map[string]any, bool) {
	if v.Kind() != reflect.Map {
		return nil, false
	}
	out := make(map[string]any, v.Len())
	for iter := v.MapRange(); iter.Next(); {
		key, ok := toString(iter.Key().Interface())
		if !ok {
			c.problems.add(name, "want strings as keys (put them in quotes)")
			return nil, false
		}
		if _, twice := out[key]; twice {
			c.problems.add(name, "a key is given twice, as a number and as a string")
			return nil, false
		}
		out[key] = iter.Value().Interface()
	}
	return out, true
}
