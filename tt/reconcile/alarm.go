package reconcile

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// Alarm is one alarm that is active. Key or Series are required, and Object and
// Subject unless KeepOnly is set; the rest may be empty. All but Members, Series
// and KeepOnly is as in [tt.CreateRequest].
type Alarm struct {
	// Key names the episode: it is exactly the key that the ticket was made
	// with, or is to be made with.
	Key string

	// Series names the alarm where the episode is not known. The keys of its
	// episodes are Series + "/1", Series + "/2", and so on.
	Series string

	Object    string
	Members   []string // further objects of a group ticket
	Queue     string
	Reason    string
	Subject   string
	Body      string
	Login     string
	Timestamp time.Time // when it was raised; zero: not known, and long ago

	// KeepOnly is for an alarm that is silenced: its ticket stays open, and its
	// lease is renewed, but nothing is opened or added for it.
	KeepOnly bool
}

// maxSeries leaves room in a key for a slash and the digits of a number.
const maxSeries = tt.MaxKey - 20

// Validate reports what is wrong with the alarm, as tt.ErrInvalid.
func (a Alarm) Validate() error {
	switch {
	case a.Key == "" && a.Series == "":
		return invalid("no key: an alarm without one cannot be matched with its ticket")
	case a.Key != "" && a.Series != "":
		return invalid("both a key and a series: give the key where the episode is known, else the series")
	case len(a.Series) > maxSeries:
		return invalid("series is longer than %d bytes", maxSeries)
	}
	request := a.request(a.Key)
	if a.KeepOnly { // nothing is made of it
		request.Object, request.Subject = cmp.Or(a.Object, "any"), cmp.Or(a.Subject, "any")
	}
	if a.Series != "" {
		request.Key = episodeKey(a.Series, 1)
	}
	if err := request.Validate(); err != nil {
		return err
	}
	for _, obj := range a.Members {
		if err := tt.ValidateObject(obj); err != nil {
			return invalid("member: %s", plain(err))
		}
	}
	return nil
}

// request asks for the alarm's ticket.
func (a Alarm) request(key string) tt.CreateRequest {
	return tt.CreateRequest{
		Queue: a.Queue, Object: a.Object, Reason: a.Reason, Subject: a.Subject, Body: a.Body,
		Login: a.Login, Timestamp: a.Timestamp, Key: key,
	}
}

// name is what the alarm is known by.
func (a Alarm) name() string {
	if a.Key != "" {
		return a.Key
	}
	return a.Series
}

// identity tells alarms apart.
type identity struct{ key, series string }

func (a Alarm) identity() identity { return identity{a.Key, a.Series} }

// objects are all that should be on the ticket, each once, the leader first.
func (a Alarm) objects() []string {
	all := []string{a.Object}
	for _, obj := range a.Members {
		if !slices.Contains(all, obj) {
			all = append(all, obj)
		}
	}
	return all
}

// clone shares no memory with a.
func (a Alarm) clone() *Alarm {
	a.Members = slices.Clone(a.Members)
	return &a
}

func episodeKey(series string, number int) string { return series + "/" + strconv.Itoa(number) }

// seriesOf splits the key of an episode; ok is false for any other key.
func seriesOf(key string) (series string, number int, ok bool) {
	slash := strings.LastIndexByte(key, '/')
	if slash < 1 {
		return "", 0, false
	}
	number, err := strconv.Atoi(key[slash+1:])
	if err != nil || number < 1 || strconv.Itoa(number) != key[slash+1:] {
		return "", 0, false
	}
	return key[:slash], number, true
}

func invalid(format string, args ...any) error {
	return tt.Errorf(tt.CodeInvalid, tt.NotDone, format, args...)
}
