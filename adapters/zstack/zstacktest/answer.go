package zstacktest

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// send writes an object as Gson does: without nulls, and with the characters
// escaped that mean something in HTML.
func (c *call) send(status int, v object) {
	raw, err := json.Marshal(v) // escapes < > &
	if err != nil {             // a value of a person's that JSON cannot hold
		status, raw = http.StatusInternalServerError, []byte(err.Error())
	} else {
		raw = bytes.ReplaceAll(raw, []byte("="), []byte(`\u003d`))
		raw = bytes.ReplaceAll(raw, []byte("'"), []byte(`\u0027`))
	}
	c.w.WriteHeader(status)
	_, _ = c.w.Write(raw) // the recorder never fails
}

// finish completes an answer without an inventory.
func (c *call) finish(out object) object {
	if out == nil {
		out = object{}
	}
	if c.knobs.SuccessField && out["inventory"] == nil {
		out["success"] = true
	}
	return out
}

// date shows a time in the server's zone, which it does not name.
func (c *call) date(t time.Time) string {
	layout := "Jan 2, 2006 3:04:05 PM"
	switch c.knobs.Dates {
	case DatesJava9:
		layout = "Jan 2, 2006, 3:04:05 PM"
	case DatesJava20:
		layout = "Jan 2, 2006, 3:04:05\u202fPM"
	}
	return t.In(c.zone).Format(layout)
}

// zone is the server's time zone; the lock is held.
func (s *Server) zone() *time.Location {
	if s.opts.Location != nil {
		return s.opts.Location
	}
	const hour = 60 * 60
	switch s.knobs.Zone {
	case ZoneUTC:
		return time.UTC
	case ZoneKolkata:
		return time.FixedZone(string(ZoneKolkata), 5*hour+hour/2)
	case ZonePhoenix:
		return time.FixedZone(string(ZonePhoenix), -7*hour)
	}
	return time.FixedZone("Asia/Shanghai", 8*hour)
}

// free is a free-form value as the server shows it: no nulls in objects, and
// numbers by Knobs.Numbers.
func (k Knobs) free(v any) any {
	switch v := v.(type) {
	case object:
		out := object{}
		for key, inner := range v {
			if inner != nil {
				out[key] = k.free(inner)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = k.free(v[i])
		}
		return out
	case json.Number:
		return k.number(v)
	case int64:
		return k.number(json.Number(strconv.FormatInt(v, 10)))
	}
	return v
}

func (k Knobs) number(n json.Number) any {
	if k.Numbers == NumbersWhole {
		return n
	}
	f, err := n.Float64()
	if err != nil {
		return n
	}
	return json.Number(javaDouble(f))
}

// javaDouble spells a number as Java's Double.toString does.
func javaDouble(f float64) string {
	if a := math.Abs(f); a == 0 || a >= 1e-3 && a < 1e7 {
		s := strconv.FormatFloat(f, 'f', -1, 64)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	n, _ := strconv.Atoi(exponent) // FormatFloat wrote it
	return mantissa + "E" + strconv.Itoa(n)
}

// set puts a value into an object unless Java would hold null there.
func set(o object, key, value string) {
	if value != "" {
		o[key] = value
	}
}
