package reconcile

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/ttkit/ttkit/tt"
)

// MaxLine is how long a line of [ReadLines] may be, in bytes.
const MaxLine = 4 << 20

// ReadLines reads one alarm per line, each a JSON object:
//
//	{"key":"LinkDown/sw-7/2026-11-21T20:15Z","object":"sw-7","queue":"net","subject":"link down","body":"port 3"}
//
// The names are key or series, object, members (a list), queue, reason,
// subject, body, login, timestamp (RFC 3339) and keep_only; in this spelling,
// each at most once. Empty lines are skipped. Whatever else is there is an
// error, and so is an alarm that [Alarm.Validate] refuses or that stands there
// twice: an alarm that is overlooked would cost its ticket. Every error is
// tt.ErrInvalid and begins with the number of the line, except one of the
// reader itself, which is returned as it is.
//
// No alarms and no error means that there were none: see Options.AllowEmpty.
func ReadLines(r io.Reader) ([]Alarm, error) {
	var alarms []Alarm
	first := map[identity]int{} // the line of each
	lines := bufio.NewReaderSize(r, 64<<10)
	for number := 1; ; number++ {
		line, err := readLine(lines)
		if err != nil && !errors.Is(err, io.EOF) {
			if errors.Is(err, errLong) {
				err = invalid("line %d: %w", number, err)
			}
			return nil, err
		}
		last := err != nil
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			a, err := readAlarm(line)
			if err == nil {
				err = a.Validate()
			}
			if err == nil && first[a.identity()] > 0 {
				err = fmt.Errorf("%q stands in line %d already: one alarm, one line", a.name(), first[a.identity()])
			}
			if err != nil {
				return nil, invalid("line %d: %s", number, plain(err))
			}
			first[a.identity()] = number
			alarms = append(alarms, *a)
		}
		if last {
			return alarms, nil
		}
	}
}

var errLong = fmt.Errorf("longer than %d bytes", MaxLine)

// readLine reads a line without holding more than MaxLine of it.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > MaxLine {
			return nil, errLong
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// readAlarm reads one object. encoding/json alone would forgive unknown names,
// names in another letter case, names that stand twice, and broken UTF-8.
func readAlarm(line []byte) (*Alarm, error) {
	if !utf8.Valid(line) {
		return nil, errors.New("not UTF-8")
	}
	a := &Alarm{}
	fields := map[string]any{
		"key": &a.Key, "series": &a.Series, "object": &a.Object, "members": &a.Members, "queue": &a.Queue, "reason": &a.Reason,
		"subject": &a.Subject, "body": &a.Body, "login": &a.Login, "timestamp": &a.Timestamp, "keep_only": &a.KeepOnly,
	}
	decoder := json.NewDecoder(bytes.NewReader(line))
	if opening, err := decoder.Token(); err != nil || opening != json.Delim('{') {
		return nil, errors.New(`no JSON object: write {"key":…,"object":…,"queue":…,"subject":…,"body":…}`)
	}
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return nil, broken(err)
		}
		into, known := fields[name]
		switch {
		case !known:
			return nil, fmt.Errorf("unknown name %q", cut(name))
		case seen[name]:
			return nil, fmt.Errorf("%q stands twice", name)
		}
		seen[name] = true
		if err := decoder.Decode(into); err != nil {
			return nil, explain(name, into, err)
		}
	}
	if _, err := decoder.Token(); err != nil {
		return nil, broken(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the line goes on after the JSON object")
	}
	return a, nil
}

func explain(name string, into any, err error) error {
	var wrong *json.UnmarshalTypeError
	var notTime *time.ParseError
	_, wantsTime := into.(*time.Time)
	switch {
	case errors.As(err, &notTime), wantsTime && !errors.As(err, new(*json.SyntaxError)) && !errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%q is no time in RFC 3339, such as 2026-11-21T20:15:00Z", name)
	case errors.As(err, &wrong):
		want := "a text"
		switch into.(type) {
		case *[]string:
			want = "a list of texts"
		case *bool:
			want = "true or false"
		}
		return fmt.Errorf("%q is a %s, and must be %s", name, wrong.Value, want)
	}
	return broken(err)
}

// broken is the error of a text that is no JSON: mostly a line that was cut.
func broken(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the JSON object does not end: was the list cut off?")
	}
	return fmt.Errorf("no valid JSON: %w", err)
}

// plain drops what a *tt.Error says around the words, so that one that is put
// into another reads as one sentence.
func plain(err error) string {
	var e *tt.Error
	if errors.As(err, &e) && e.Err != nil {
		return e.Err.Error()
	}
	return err.Error()
}

func cut(text string) string {
	text, _ = tt.Cut(text, 60)
	return text
}
