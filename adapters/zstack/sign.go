package zstack

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ttkit/ttkit/internal/flight"
	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// signer signs requests with an access key. What is signed holds a Date, and
// the server compares its digits with its own local time; the zone in it
// counts only where the administrator has switched that on. So both the clock
// and the zone of the server have to be known before the first call.
type signer struct {
	system *System
	id     string
	secret tt.Secret

	ahead    atomic.Int64 // nanoseconds: the server's clock minus ours, where asked
	asked    atomic.Bool
	learning chan struct{} // holds a token while somebody finds the zone
}

// sign sets the headers of a call.
func (k *signer) sign(ctx context.Context, r *rest.Request) error {
	zone := k.system.zone.known()
	if zone == nil {
		var err error
		if zone, err = k.learn(ctx); err != nil {
			return err
		}
	}
	k.set(r, zone)
	return nil
}

func (k *signer) set(r *rest.Request, zone *time.Location) {
	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	if r.Header == nil {
		r.Header = make(http.Header, 3)
	}
	date := k.now().In(zone).Format("Mon, 02 Jan 2006 15:04:05 GMT-07:00")
	r.Header["Date"] = []string{date}
	r.Header["Authorization"] = []string{"ZStack " + k.id + ":" + signature(k.secret, method, date, r.Path)}
}

// signature signs the verb, the date and the path, without the query.
func signature(secret tt.Secret, method, date, path string) string {
	mac := hmac.New(sha1.New, []byte(secret.Reveal()))
	_, _ = mac.Write([]byte(strings.ToUpper(method) + "\n" + date + "\n" + path)) // never fails
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// now is the server's time: as it said when it was asked, otherwise as the
// Date headers of its answers tell.
func (k *signer) now() time.Time {
	if k.asked.Load() {
		return time.Now().Add(time.Duration(k.ahead.Load()))
	}
	return k.system.client.Now()
}

// adjust asks the server for its time. It reports false when the time that
// was used was right, within what the server tolerates.
func (k *signer) adjust(ctx context.Context) bool {
	before := time.Until(k.now())
	if k.ask(ctx) != nil {
		return false
	}
	return (time.Until(k.now()) - before).Abs() > time.Minute
}

// ask asks the server for its time, which needs no credentials.
func (k *signer) ask(ctx context.Context) error {
	sent := time.Now()
	at, err := k.system.currentTime(ctx)
	if err != nil {
		return err
	}
	k.ahead.Store(int64(at.Sub(sent.Add(time.Since(sent) / 2))))
	k.asked.Store(true)
	return nil
}

// currentTime asks the server for its time.
func (s *System) currentTime(ctx context.Context) (time.Time, error) {
	var reply struct {
		Current struct {
			Milliseconds number `json:"MillionSeconds"`
			Seconds      number `json:"Seconds"`
		} `json:"currentTime"`
	}
	_, err := s.client.Do(ctx, rest.Request{
		Method: http.MethodPut, Path: pathNodeActions, ReadOnly: true, Out: &reply,
		Body: map[string]any{"getCurrentTime": map[string]any{}},
	})
	if err != nil {
		return time.Time{}, about(err, "asking the server for its time")
	}
	if reply.Current.Milliseconds > 0 {
		return time.UnixMilli(int64(reply.Current.Milliseconds)), nil
	}
	if reply.Current.Seconds > 0 {
		return time.Unix(int64(reply.Current.Seconds), 0), nil
	}
	return time.Time{}, tt.Errorf(tt.CodeInternal, tt.NotDone, "the server does not tell its time")
}

// learn finds the zone of the server. It can be asked for it by signed calls
// only, and signs of another zone are refused, so the zones are tried: a sign
// is good for 15 minutes in either direction, and these are half an hour
// apart.
func (k *signer) learn(ctx context.Context) (*time.Location, error) {
	select {
	case k.learning <- struct{}{}:
		defer func() { <-k.learning }()
	case <-ctx.Done():
		return nil, flight.Canceled(ctx, tt.NotDone, "")
	}
	if zone := k.system.zone.known(); zone != nil {
		return zone, nil
	}
	if !k.asked.Load() {
		if err := k.ask(ctx); err != nil {
			return nil, err
		}
	}
	var err error
	zones := candidates(time.Now())
	if last := k.system.zone.found.Load(); last != nil {
		zones = append([]*time.Location{last.Location}, zones...)
	}
	for _, zone := range zones {
		var reply zoneReply
		r := rest.Request{Path: pathTimeZone, ReadOnly: true, Out: &reply}
		k.set(&r, zone)
		if _, err = k.system.client.Do(ctx, r); err == nil {
			return k.system.zone.take(reply)
		}
		if e := asError(err); e.Status != http.StatusForbidden || e.VendorCode != "" {
			return nil, err
		}
	}
	return nil, about(err, "finding the server's time zone: set timezone")
}

// candidates are the zones that a server can be in, the likely ones first.
func candidates(now time.Time) []*time.Location {
	const half = 30 * 60
	_, here := now.Zone()
	offsets := []int{8 * 3600, 0, here}
	for offset := -12 * 3600; offset <= 14*3600; offset += half {
		offsets = append(offsets, offset)
	}
	var out []*time.Location
	seen := map[int]bool{}
	for _, offset := range offsets {
		if !seen[offset] {
			seen[offset] = true
			out = append(out, time.FixedZone("", offset))
		}
	}
	return out
}
