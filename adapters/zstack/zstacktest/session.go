package zstacktest

import (
	"cmp"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"
)

// identity is who calls.
type identity struct {
	session string // "" for an access key
	account string // whose resources it sees
	virtual string // the virtual ID, "" for an account
	project string // "" outside of a project
	admin   bool
}

// operator is the uuid that history rows and flows know.
func (who identity) operator() (uuid string, account bool) {
	if who.virtual != "" {
		return who.virtual, false
	}
	return who.account, true
}

// session is a login.
type session struct {
	who      identity
	user     string // whose sessions are counted together
	kind     string // the route that made it
	created  time.Time
	expires  time.Time
	sequence int // in the order of creation
}

// Session is a login, for tests to look at.
type Session struct {
	UUID          string
	VirtualIDUUID string // "" for an account
	ProjectUUID   string // "" outside of a project
	AccountUUID   string
	Created       time.Time
	Expires       time.Time // unless another call lets it live on
}

// Sessions returns the sessions that live, in the order of their creation.
func (s *Server) Sessions() []Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.advance()
	live := []*session{}
	for _, a := range s.sessions {
		if a.lives(now) {
			live = append(live, a)
		}
	}
	slices.SortFunc(live, func(a, b *session) int { return cmp.Compare(a.sequence, b.sequence) })
	out := make([]Session, len(live))
	for i, a := range live {
		out[i] = Session{
			UUID: a.who.session, VirtualIDUUID: a.who.virtual, ProjectUUID: a.who.project, AccountUUID: a.who.account,
			Created: a.created, Expires: a.expires,
		}
	}
	return out
}

// EndSessions ends all sessions, as an administrator can.
func (s *Server) EndSessions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.sessions)
}

func (s *Server) endSession(uuid string) { delete(s.sessions, uuid) }

func (a *session) lives(now time.Time) bool { return a != nil && now.Before(a.expires) }

// lifetime is that of a session after its last call.
func (k Knobs) lifetime() time.Duration {
	if k.SessionTimeout > 0 {
		return k.SessionTimeout
	}
	return 2 * time.Hour
}

func deadSession() *refusal { return &refusal{code: "ID.1001", text: textSession} }

// hashed is a password as clients send it.
func hashed(password string) string {
	sum := sha512.Sum512([]byte(password))
	return hex.EncodeToString(sum[:])
}

// login makes a session and answers it.
func (c *call) login(user string, who identity) (object, *refusal) {
	s, kind := c.server, c.endpoint.route
	var same []*session
	count := 0
	for uuid, a := range s.sessions {
		switch {
		case !a.lives(c.now):
			delete(s.sessions, uuid)
		case a.user == user:
			count++
			if a.kind == kind {
				same = append(same, a)
			}
		}
	}
	if s.opts.UniqueSessions {
		for _, a := range same {
			s.endSession(a.who.session)
			count--
		}
	}
	if count >= s.opts.MaxSessions {
		return nil, &refusal{code: "ID.1006", text: textSessions}
	}
	who.session = s.uuid()
	a := &session{who: who, user: user, kind: kind, created: c.now, expires: c.now.Add(c.knobs.lifetime()), sequence: int(s.ids)}
	s.sessions[who.session] = a
	return object{"inventory": c.sessionObject(a)}, nil
}

func (c *call) sessionObject(a *session) object {
	user, _ := a.who.operator()
	return object{
		"uuid":                a.who.session,
		"accountUuid":         a.who.account,
		"userUuid":            user,
		"createDate":          c.date(a.created),
		"expiredDate":         c.date(a.expires),
		"noSessionEvaluation": false,
	}
}

func (c *call) mandatory(message string, names ...string) *refusal {
	for _, name := range names {
		if !c.has(name) {
			return argument(textMandatory, name, message)
		}
	}
	return nil
}

func wrongCredentials() *refusal { return &refusal{code: "ID.1000", text: textCredentials} }

func (c *call) loginAccount() (object, *refusal) {
	if p := c.mandatory("APILogInByAccountMsg", "accountName", "password"); p != nil {
		return nil, p
	}
	for _, a := range c.server.opts.Accounts {
		if a.Name == c.text("accountName") && hashed(a.Password) == c.text("password") {
			return c.login(a.UUID, identity{account: a.UUID, admin: a.Admin})
		}
	}
	return nil, wrongCredentials()
}

func (c *call) loginVirtualID() (object, *refusal) {
	if p := c.mandatory("APILoginIAM2VirtualIDMsg", "name", "password"); p != nil {
		return nil, p
	}
	for _, v := range c.server.opts.VirtualIDs {
		if v.Name == c.text("name") && hashed(v.Password) == c.text("password") && !c.server.removed[v.UUID] {
			return c.login(v.UUID, identity{account: v.UUID, virtual: v.UUID})
		}
	}
	return nil, wrongCredentials()
}

// loginProject makes a second session, which acts in a project.
func (c *call) loginProject() (object, *refusal) {
	if p := c.mandatory("APILoginIAM2ProjectMsg", "projectName"); p != nil {
		return nil, p
	}
	if c.who.virtual == "" {
		return nil, &refusal{code: "ID.1002", text: textNoProjectLogin}
	}
	for _, p := range c.server.opts.Projects {
		if p.Name == c.text("projectName") && slices.Contains(p.Members, c.who.virtual) && !c.server.removed[p.UUID] {
			return c.login(c.who.virtual, identity{account: p.AccountUUID, virtual: c.who.virtual, project: p.UUID})
		}
	}
	return nil, &refusal{code: "SYS.1006", text: textNotMember, args: []any{c.who.virtual, c.text("projectName")}}
}

func (c *call) loginPlatform() (object, *refusal) {
	if c.who.virtual == "" {
		return nil, &refusal{code: "ID.1002", text: textNoProjectLogin}
	}
	return c.login(c.who.virtual, identity{account: c.who.virtual, virtual: c.who.virtual})
}

func (c *call) logout() (object, *refusal) {
	c.server.endSession(c.uuid)
	return nil, nil
}

func (c *call) valid() (object, *refusal) {
	return object{"valid": c.server.sessions[c.uuid].lives(c.now)}, nil
}

// renew sets the end of a session; the next call slides it again.
func (c *call) renew() (object, *refusal) {
	lifetime := c.knobs.lifetime()
	if c.has("duration") {
		n, ok := c.params["duration"].(json.Number)
		seconds, err := n.Float64()
		if !ok || err != nil || seconds != math.Trunc(seconds) || seconds < 60 || seconds > 31536000 {
			return nil, argument(textDuration, c.params["duration"])
		}
		lifetime = time.Duration(seconds) * time.Second
	}
	a := c.server.sessions[c.uuid]
	if !a.lives(c.now) || a.user != c.server.userOf(c.who) && !c.who.admin {
		return nil, deadSession()
	}
	a.expires = c.now.Add(lifetime)
	return object{"inventory": c.sessionObject(a)}, nil
}

func (s *Server) userOf(who identity) string {
	uuid, _ := who.operator()
	return uuid
}

func (c *call) ready() (object, *refusal) { return nil, nil }

func (c *call) currentTime() (object, *refusal) {
	return object{"currentTime": object{"MillionSeconds": c.now.UnixMilli(), "Seconds": c.now.Unix()}}, nil
}

func (c *call) timezone() (object, *refusal) {
	now := c.now.In(c.zone)
	return object{"timezone": c.zone.String(), "offset": now.Format("-07:00")}, nil
}

// authorize reads the credentials of a call, as far as the REST layer looks:
// whether a session lives is found out later.
func (c *call) authorize() *refusal {
	if c.endpoint.open {
		return nil
	}
	auth := strings.TrimSpace(c.r.Header.Get("Authorization"))
	if auth == "" {
		return plain(400, "missing header 'Authorization'")
	}
	scheme, rest, _ := strings.Cut(auth, " ")
	switch scheme {
	case "OAuth":
		c.who = identity{session: strings.TrimSpace(rest)}
		return nil
	case "ZStack":
		return c.authorizeKey(strings.TrimSpace(rest))
	}
	return plain(400, "Authorization type must be 'OAuth'")
}

// identify finds the session of a call, and lets it live on.
func (c *call) identify() *refusal {
	if c.who.account != "" {
		return nil // an access key
	}
	a := c.server.sessions[c.who.session]
	if !a.lives(c.now) {
		return deadSession()
	}
	if next := c.now.Add(c.knobs.lifetime()); next.After(a.expires) {
		a.expires = next
	}
	c.who = a.who
	return nil
}
