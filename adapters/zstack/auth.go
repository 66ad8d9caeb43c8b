package zstack

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ttkit/ttkit/internal/flight"
	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// auth puts credentials on requests: a session, which it makes when the first
// request needs it and again when it has died, or the signature of an access
// key.
type auth struct {
	system *System
	login  func(context.Context) (tt.Secret, error) // makes a session; nil: there is none to be made
	key    *signer                                  // nil: sessions

	mu      sync.Mutex
	session tt.Secret // the zero value: none
	running *loginCall
	made    []tt.Secret // sessions to log out of

	refused *tt.Error     // the last login; nil: it was not refused
	pause   time.Duration // after it
	again   time.Time     // its end
}

// configure checks the credentials and returns what must not be shown of
// them.
func (a *auth) configure(s *System, cfg Config) ([]tt.Secret, error) {
	a.system = s
	var ways []string
	for _, way := range []struct {
		name  string
		given bool
	}{
		{"session", cfg.Session.Reveal() != ""},
		{"account", cfg.Account.Name+cfg.Account.Password.Reveal() != ""},
		{"iam2", cfg.IAM2.VirtualID+cfg.IAM2.Project+cfg.IAM2.Password.Reveal() != ""},
		{"access_key", cfg.AccessKey.ID+cfg.AccessKey.Secret.Reveal() != ""},
	} {
		if way.given {
			ways = append(ways, way.name)
		}
	}
	if len(ways) != 1 {
		have := "there are none"
		if len(ways) > 0 {
			have = "there are " + strings.Join(ways, ", ")
		}
		return nil, tt.Errorf(tt.CodeInvalid, tt.NotDone, `the settings need the credentials of one of session, account, iam2 and access_key: %s`, have)
	}
	switch ways[0] {
	case "session":
		a.session = cfg.Session
		return []tt.Secret{cfg.Session}, nil
	case "account":
		if err := given("account.name", cfg.Account.Name, "account.password", cfg.Account.Password.Reveal()); err != nil {
			return nil, err
		}
		hash := hashed(cfg.Account.Password)
		a.login = func(ctx context.Context) (tt.Secret, error) {
			return a.logIn(ctx, pathAccountLogin, "", map[string]any{"logInByAccount": map[string]string{
				"accountName": cfg.Account.Name, "password": hash.Reveal(),
			}})
		}
		return []tt.Secret{cfg.Account.Password, hash}, nil
	case "iam2":
		if err := given("iam2.virtual_id", cfg.IAM2.VirtualID, "iam2.password", cfg.IAM2.Password.Reveal(), "iam2.project", cfg.IAM2.Project); err != nil {
			return nil, err
		}
		hash := hashed(cfg.IAM2.Password)
		a.login = func(ctx context.Context) (tt.Secret, error) {
			for again := false; ; again = true {
				platform, err := a.logIn(ctx, pathVirtualIDLogin, "", map[string]any{"loginIAM2VirtualID": map[string]string{
					"name": cfg.IAM2.VirtualID, "password": hash.Reveal(),
				}})
				if err != nil {
					return tt.Secret{}, err
				}
				session, err := a.logIn(ctx, pathProjectLogin, platform.Reveal(), map[string]any{"loginIAM2Project": map[string]string{
					"projectName": cfg.IAM2.Project,
				}})
				if err == nil || again || asError(err).VendorCode != codeDeadSession {
					return session, err
				}
			}
		}
		return []tt.Secret{cfg.IAM2.Password, hash}, nil
	}
	if err := given("access_key.id", cfg.AccessKey.ID, "access_key.secret", cfg.AccessKey.Secret.Reveal()); err != nil {
		return nil, err
	}
	a.key = &signer{system: s, id: cfg.AccessKey.ID, secret: cfg.AccessKey.Secret, learning: make(chan struct{}, 1)}
	return []tt.Secret{cfg.AccessKey.Secret}, nil
}

// given refuses settings that are empty: name, value, and so on.
func given(settings ...string) error {
	for i := 0; i < len(settings); i += 2 {
		if settings[i+1] == "" {
			return badSetting(settings[i], "is missing")
		}
	}
	return nil
}

// hashed is a password as it is sent.
func hashed(password tt.Secret) tt.Secret {
	sum := sha512.Sum512([]byte(password.Reveal()))
	return tt.NewSecret(hex.EncodeToString(sum[:]))
}

// send makes a call with credentials. When it is answered that the session is
// dead, it is made again with a new one. It returns the session that was
// used, for calls whose answer comes later.
func (s *System) send(ctx context.Context, r rest.Request) (*rest.Response, tt.Secret, error) {
	for n := 0; ; n++ {
		session, err := s.auth.authorize(ctx, &r)
		if err != nil {
			return nil, session, err
		}
		resp, err := s.client.Do(ctx, r)
		if err == nil || !s.auth.renew(ctx, n, err, session) {
			return resp, session, s.auth.explain(err)
		}
	}
}

// explain says what a session means that is dead after all. One that was made
// here has died again and again, although the credentials are good; one that
// was given cannot be replaced.
func (a *auth) explain(err error) error {
	if err == nil || asError(err).VendorCode != codeDeadSession || a.key != nil {
		return err
	}
	if a.login == nil {
		return about(err, "the session in the settings is dead: give a new one, or credentials to log in with")
	}
	e := about(err, "the session that was just made is dead: something ends the sessions of this user, such as logins elsewhere")
	e.Code = tt.CodeUnavailable
	return e
}

// authorize sets the Authorization header of a call.
func (a *auth) authorize(ctx context.Context, r *rest.Request) (tt.Secret, error) {
	if r.Header == nil {
		r.Header = make(http.Header, 2)
	}
	if a.key != nil {
		return tt.Secret{}, a.key.sign(ctx, r)
	}
	session, err := a.ready(ctx)
	if err != nil {
		return tt.Secret{}, err
	}
	r.Header["Authorization"] = []string{"OAuth " + session.Reveal()}
	return session, nil
}

// renew reports whether a call that failed with this session can be made again
// with another: it was dead, and the next call logs in. n counts how often that
// happened to the call: another death than the first is a repeat like others.
// Of an access key, renew reports that the clock was wrong, and has been set.
func (a *auth) renew(ctx context.Context, n int, err error, session tt.Secret) bool {
	e := asError(err)
	if a.key != nil {
		return n == 0 && e.Status == http.StatusForbidden && e.VendorCode == "" && a.key.adjust(ctx)
	}
	if e.VendorCode != codeDeadSession || a.login == nil {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.session.Reveal() == session.Reveal() { // not yet replaced by another call's login
		a.session = tt.Secret{}
	}
	return n == 0 || a.system.client.Spend(ctx)
}

// loginCall is a login that several calls wait for.
type loginCall struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiters int         // under auth.mu
	limit   *time.Timer // runs while nobody waits
	err     error
}

// ready returns the session, and logs in when there is none. Whoever asks
// meanwhile waits for the same login.
func (a *auth) ready(ctx context.Context) (tt.Secret, error) {
	for {
		session, call, err := a.current(ctx)
		if err != nil || call == nil {
			return session, err
		}
		select {
		case <-call.done:
			switch {
			case call.err == nil:
			case ctx.Err() != nil || asError(call.err).Code != tt.CodeCanceled:
				return tt.Secret{}, call.err
			case a.system.flights.Background().Err() != nil: // no login will ever end well again
				return tt.Secret{}, tt.Errorf(tt.CodeCanceled, tt.NotDone, "the system was shut down before the call had ended, and its session with it")
			}
		case <-ctx.Done():
			a.leave(call)
			return tt.Secret{}, flight.Canceled(ctx, tt.NotDone, "")
		}
	}
}

// current returns the session, or the login to wait for.
func (a *auth) current(ctx context.Context) (tt.Secret, *loginCall, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.session.Reveal() == "" && a.running == nil {
		if err := a.mayLogIn(ctx); err != nil {
			return tt.Secret{}, nil, err
		}
	}
	if a.session.Reveal() != "" {
		return a.session, nil, nil
	}
	if a.running == nil {
		a.running = a.begin()
	}
	a.running.waiters++
	if a.running.limit != nil {
		a.running.limit.Stop()
	}
	return tt.Secret{}, a.running, nil
}

// leave is a caller that waits no longer. When none is left, the login has as
// long to end as any step in the air.
func (a *auth) leave(call *loginCall) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if call.waiters--; call.waiters == 0 {
		call.limit = time.AfterFunc(flight.Grace, call.cancel)
	}
}

// begin starts a login that belongs to no call and has repeats of its own; a.mu
// is held.
func (a *auth) begin() *loginCall {
	own, cancel := context.WithCancel(a.system.flights.Background())
	call := &loginCall{done: make(chan struct{}), cancel: cancel}
	a.system.flights.Go(func() {
		defer cancel()
		session, err := a.login(a.system.client.Operation(own))
		a.mu.Lock()
		defer a.mu.Unlock()
		if call.limit != nil {
			call.limit.Stop()
		}
		a.running, a.session = nil, session
		call.err = a.judge(err)
		close(call.done)
	})
	return call
}

// A wrong password that is tried again and again locks the user. After a
// refused login nobody logs in for a while, three times as long after each
// further one, and after one of a locked user for as long as the lock may
// last; calls wait a little for that, and then fail as the login did.
const (
	shortestPause = time.Second
	longestPause  = 5 * time.Minute
	patience      = 2 * time.Second
)

// judge remembers how a login went, and returns its error; a.mu is held.
func (a *auth) judge(err error) error {
	if err == nil {
		a.refused, a.pause = nil, 0
		return nil
	}
	e := *asError(err)
	switch {
	case e.Code == tt.CodeCanceled:
		return &e
	case e.VendorCode != "" && e.RetryAfter > 0: // the user is locked: a further try may prolong that
		a.pause = min(e.RetryAfter, longestPause)
	case e.Temporary():
		return &e
	default:
		a.pause = min(max(3*a.pause, shortestPause), longestPause)
	}
	e.RetryAfter = a.pause
	a.refused, a.again = &e, time.Now().Add(a.pause)
	return &e
}

// mayLogIn waits until a login may be tried; a.mu is held, and let go
// meanwhile.
func (a *auth) mayLogIn(ctx context.Context) error {
	wait := time.Until(a.again)
	if a.refused == nil || wait <= 0 {
		return nil
	}
	a.mu.Unlock()
	timer := time.NewTimer(min(wait, patience))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	a.mu.Lock()
	switch wait = time.Until(a.again); {
	case ctx.Err() != nil:
		return flight.Canceled(ctx, tt.NotDone, "")
	case a.refused != nil && wait > 0:
		e := *a.refused
		e.RetryAfter = wait
		return &e
	}
	return nil
}

var errNoSession = errors.New("the answer to the login holds no session")

// logIn makes one session. with is the session that the call needs itself.
func (a *auth) logIn(ctx context.Context, path, with string, body any) (tt.Secret, error) {
	header := make(http.Header, 1)
	if with != "" {
		header["Authorization"] = []string{"OAuth " + with}
	}
	var reply inventory[struct {
		UUID string `json:"uuid"`
	}]
	_, err := a.system.client.Do(ctx, rest.Request{Method: http.MethodPut, Path: path, Header: header, Body: body, ReadOnly: true, Out: &reply})
	session := tt.NewSecret(reply.Inventory.UUID)
	if err == nil && !isUUID(session.Reveal()) {
		err = &tt.Error{Code: tt.CodeInternal, Outcome: tt.NotDone, Err: errNoSession}
	}
	if err != nil {
		e := about(err, "logging in")
		if e.Code == tt.CodeInvalid && e.VendorCode != "" {
			e.Code = tt.CodePermissionDenied // such as a project of which the virtual ID is no member
		}
		if e.VendorCode == codeDeadSession {
			e.Code = tt.CodeUnavailable // the login before it was accepted
		}
		return tt.Secret{}, e
	}
	a.system.client.Hide(session)
	a.mu.Lock()
	a.made = append(a.made, session)
	if n := len(a.made) - keptSessions; n > 0 {
		a.made = append([]tt.Secret(nil), a.made[n:]...)
	}
	a.mu.Unlock()
	return session, nil
}

// keptSessions is how many sessions Shutdown logs out of: those of one login.
// Older ones were dead when they were replaced.
const keptSessions = 2

// logOut ends the sessions that were made here, as far as that can be done.
func (a *auth) logOut(ctx context.Context) {
	a.mu.Lock()
	made := a.made
	if a.made = nil; a.login != nil {
		a.session = tt.Secret{}
	}
	a.mu.Unlock()
	for i := len(made) - 1; i >= 0; i-- {
		_, err := a.system.client.Do(ctx, rest.Request{
			Method: http.MethodDelete, Path: pathSessions + made[i].Reveal(),
			Header: http.Header{"Authorization": {"OAuth " + made[i].Reveal()}},
		})
		code := asError(err).VendorCode
		if err == nil || code == codeDeadSession {
			continue
		}
		a.system.log.WarnContext(ctx, "logging out failed; the session ends by itself when it has been idle", "error", err)
		if code == "" {
			return // the server does not answer
		}
	}
}
