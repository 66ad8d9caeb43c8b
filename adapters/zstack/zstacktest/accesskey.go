package zstacktest

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

// tolerance is how far the Date of a signed request may be off.
const tolerance = 15 * time.Minute

// authorizeKey checks "id:signature" and the Date of a signed request.
func (c *call) authorizeKey(credentials string) *refusal {
	date := c.r.Header.Get("Date")
	if date == "" {
		return plain(http.StatusBadRequest, "missing header 'Date'")
	}
	at, err := c.parseDate(date)
	if err != nil {
		return plain(http.StatusBadRequest, "failed to parse header 'Date'[%s]", date)
	}
	if off := c.now.Sub(at); off > tolerance || off < -tolerance {
		return plain(http.StatusForbidden, "requestTimeTooSkewed")
	}
	id, signature, _ := strings.Cut(credentials, ":")
	for _, key := range c.server.opts.AccessKeys {
		if key.ID != id {
			continue
		}
		if !hmac.Equal([]byte(signature), []byte(sign(key.Secret, c.r.Method, date, c.path))) {
			return c.badKey(textSignature)
		}
		c.who = c.server.actsAs(key, c.knobs)
		return nil
	}
	return c.badKey(textAccessKey, id)
}

// sign is the signature that a request must have. The path begins with the
// API prefix and has no query string.
func sign(secret, method, date, path string) string {
	mac := hmac.New(sha1.New, []byte(secret))
	_, _ = mac.Write([]byte(method + "\n" + date + "\n" + path)) // never fails
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (c *call) badKey(t text, args ...any) *refusal {
	p := &refusal{code: "ID.1000", text: t, args: args}
	switch c.knobs.BadKey {
	case BadKeySession:
		p.code = "ID.1001"
	case BadKeyText:
		return plain(http.StatusBadRequest, "%s", p.say(English))
	}
	return p
}

// actsAs is the identity behind an access key.
func (s *Server) actsAs(key AccessKey, k Knobs) identity {
	if key.VirtualIDUUID == "" || k.AccountKeys {
		who := identity{account: key.AccountUUID}
		for _, a := range s.opts.Accounts {
			if a.UUID == key.AccountUUID {
				who.admin = a.Admin
			}
		}
		return who
	}
	who := identity{account: key.VirtualIDUUID, virtual: key.VirtualIDUUID, project: key.ProjectUUID}
	for _, p := range s.opts.Projects {
		if p.UUID == key.ProjectUUID {
			who.account = p.AccountUUID
		}
	}
	return who
}

// parseDate reads the Date of a signed request. Unless the administrator has
// switched it on, the zone in it is ignored: its digits are the server's local
// time.
func (c *call) parseDate(date string) (time.Time, error) {
	const layout = "Mon, 2 Jan 2006 15:04:05"
	cut := strings.LastIndexByte(date, ' ')
	if cut < 0 {
		_, err := time.Parse(layout, date)
		return time.Time{}, err
	}
	zone := c.zone
	if c.server.opts.CheckTimeZone {
		var err error
		if zone, err = namedZone(date[cut+1:]); err != nil {
			return time.Time{}, err
		}
	}
	return time.ParseInLocation(layout, date[:cut], zone)
}

// namedZone knows the names that Java and Go print.
func namedZone(name string) (*time.Location, error) {
	switch name {
	case "Z", "GMT", "UTC", "Etc/UTC":
		return time.UTC, nil
	case "", "Local":
		return nil, &time.ParseError{Message: "no time zone"}
	}
	if at, err := time.Parse("GMT-07:00", name); err == nil {
		return at.Location(), nil
	}
	return time.LoadLocation(name)
}
