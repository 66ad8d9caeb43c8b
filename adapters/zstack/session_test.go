package zstack_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack"
	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

func TestSessions(t *testing.T) {
	inBubble(t, "one login serves every call, and is ended by Shutdown", zstacktest.Options{}, nil, func(s scene) {
		c := s.create("k", "web-1")
		s.get(c.ID)
		_, err := s.sys.ListTTs(s.ctx, tt.ListRequest{})
		require.NoError(t, err)
		assert.Equal(t, 1, s.asked("login"))
		assert.Equal(t, 1, s.asked("login-project"))
		require.NoError(t, s.sys.Shutdown(s.ctx))
		assert.Empty(t, s.server.Sessions())
	})

	inBubble(t, "many callers at once wait for one login", zstacktest.Options{}, nil, func(s scene) {
		var all sync.WaitGroup
		for range 20 {
			all.Add(1)
			go func() {
				defer all.Done()
				_, err := s.sys.ListTTs(s.ctx, tt.ListRequest{})
				assert.NoError(t, err)
			}()
		}
		all.Wait()
		assert.Equal(t, 1, s.asked("login"))
	})

	inBubble(t, "many callers whose session died wait for one login", zstacktest.Options{}, nil, func(s scene) {
		s.create("k", "web-1")
		s.server.EndSessions()
		var all sync.WaitGroup
		for range 20 {
			all.Add(1)
			go func() {
				defer all.Done()
				_, err := s.sys.ListTTs(s.ctx, tt.ListRequest{})
				assert.NoError(t, err)
			}()
		}
		all.Wait()
		assert.Equal(t, 2, s.asked("login"))
	})

	inBubble(t, "a session that died shows at once in a read", zstacktest.Options{}, nil, func(s scene) {
		c := s.create("k", "web-1")
		s.server.EndSessions()
		assert.Equal(t, tt.StateOpen, s.get(c.ID).State)
		assert.Equal(t, 2, s.asked("login"))
	})

	inBubble(t, "a session that died shows only in the job of a create", zstacktest.Options{Knobs: zstacktest.Knobs{JobTime: 150 * time.Millisecond}}, nil, func(s scene) {
		s.create("first", "web-1")
		s.server.Before("create", s.server.EndSessions)
		c := s.create("k", "web-2")
		assert.Equal(t, 2, s.asked("login"))
		assert.Len(t, s.server.Tickets(), 2)
		assert.Equal(t, "web-2", s.get(c.ID).Object)
	})

	inBubble(t, "a session that died shows only in the job of a close", zstacktest.Options{}, nil, func(s scene) {
		c := s.create("k", "web-1")
		s.server.Before("change", s.server.EndSessions)
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID, Body: "x"})
		require.NoError(t, err)
		assert.True(t, closed)
		assert.Len(t, s.server.Histories(c.ID), 1)
	})

	inBubble(t, "a session that idled longer than it lives is replaced", zstacktest.Options{}, nil, func(s scene) {
		c := s.create("k", "web-1")
		time.Sleep(3 * time.Hour)
		assert.Equal(t, tt.StateOpen, s.get(c.ID).State)
	})

	inBubble(t, "sessions that others end again and again cost one login each", zstacktest.Options{UniqueSessions: true}, nil, func(s scene) {
		rival := openOn(t, s.server, nil)
		c := s.create("k", "web-1")
		for range 10 {
			_, err := rival.GetTT(s.ctx, c.ID)
			require.NoError(t, err)
			s.get(c.ID)
		}
		require.NoError(t, rival.Shutdown(s.ctx))
		assert.LessOrEqual(t, len(s.server.Sessions()), 2)
	})

	inBubble(t, "a session that was given is neither replaced nor ended", zstacktest.Options{}, nil, func(s scene) {
		given, err := login(s.server)
		require.NoError(t, err)
		logins := s.asked("login")
		sys := openOn(t, s.server, func(c *zstack.Config) { c.IAM2, c.Session = zstack.IAM2{}, tt.NewSecret(given) })
		_, err = sys.CreateTT(s.ctx, tt.CreateRequest{Object: "web-1", Subject: "down", Key: "k"})
		require.NoError(t, err)
		live := len(s.server.Sessions())
		s.server.EndSessions()
		_, err = sys.ListTTs(s.ctx, tt.ListRequest{})
		require.ErrorIs(t, err, tt.ErrUnauthenticated)
		assert.False(t, tt.IsTemporary(err))
		assert.ErrorContains(t, err, "session")
		require.NoError(t, sys.Shutdown(s.ctx))
		assert.Equal(t, logins, s.asked("login"))
		assert.Positive(t, live)
		assert.Zero(t, s.asked("logout"))
	})

	inBubble(t, "a wrong password is not tried again and again", zstacktest.Options{}, func(c *zstack.Config) { c.IAM2.Password = tt.NewSecret("wr0ng") }, func(s scene) {
		for range 200 {
			_, err := s.sys.ListTTs(s.ctx, tt.ListRequest{})
			require.ErrorIs(t, err, tt.ErrUnauthenticated)
			assert.False(t, tt.IsTemporary(err))
			assert.NotContains(t, err.Error(), "wr0ng")
			time.Sleep(time.Second)
		}
		assert.LessOrEqual(t, s.asked("login"), 10, "in 200 seconds")
	})

	inBubble(t, "a user that is locked is left alone until the lock may have ended", zstacktest.Options{}, nil, func(s scene) {
		s.server.InjectJob(zstacktest.JobFault{Kind: zstacktest.CallFails, Route: "login", Times: 2, Code: "LOGIN_CONTROL.1002"})
		for range 60 {
			_, err := s.sys.ListTTs(s.ctx, tt.ListRequest{})
			require.ErrorIs(t, err, tt.ErrTemporary)
			var e *tt.Error
			require.ErrorAs(t, err, &e)
			assert.Positive(t, e.RetryAfter)
			time.Sleep(time.Second)
		}
		assert.Equal(t, 1, s.asked("login"), "in two to three minutes")
		time.Sleep(10 * time.Minute)
		_, err := s.sys.ListTTs(s.ctx, tt.ListRequest{})
		require.Error(t, err, "the lock goes on")
		time.Sleep(10 * time.Minute)
		_, err = s.sys.ListTTs(s.ctx, tt.ListRequest{})
		require.NoError(t, err)
	})

	inBubble(t, "a call that outlives a Shutdown that was cut short ends", zstacktest.Options{}, nil, func(s scene) {
		id := s.create("k", "web-1").ID
		s.server.Inject(tttest.Fault{Kind: tttest.Slow, Route: "tickets", Delay: 10 * time.Second})
		ended := make(chan error, 1)
		go func() {
			_, err := s.sys.GetTT(s.ctx, id)
			ended <- err
		}()
		time.Sleep(time.Second)
		short, cancel := context.WithTimeout(s.ctx, time.Second)
		defer cancel()
		require.ErrorIs(t, s.sys.Shutdown(short), tt.ErrCanceled)
		err := <-ended
		require.ErrorIs(t, err, tt.ErrCanceled, "its next request finds no session, and none can be made any more")
		assert.ErrorContains(t, err, "shut down")
	})

	inBubble(t, "one session that cannot be ended does not keep the other", zstacktest.Options{}, nil, func(s scene) {
		s.create("k", "web-1")
		before := len(s.server.Sessions())
		s.server.InjectJob(zstacktest.JobFault{Kind: zstacktest.CallFails, Route: "logout", Code: "SYS.1006"})
		require.NoError(s, s.sys.Shutdown(s.ctx))
		assert.Len(s, s.server.Sessions(), before-1)
	})

	inBubble(t, "too many sessions may pass", zstacktest.Options{MaxSessions: 1}, nil, func(s scene) {
		_, err := s.sys.ListTTs(s.ctx, tt.ListRequest{})
		require.ErrorIs(t, err, tt.ErrTemporary)
		var e *tt.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, "ID.1006", e.VendorCode)
		assert.Equal(t, tt.NotDone, e.Outcome)
	})

	inBubble(t, "a virtual ID that is no member of the project", zstacktest.Options{}, func(c *zstack.Config) { c.IAM2.Project = "other" }, func(s scene) {
		_, err := s.sys.ListTTs(s.ctx, tt.ListRequest{})
		require.Error(t, err)
		assert.False(t, tt.IsTemporary(err))
		assert.Zero(t, s.asked("tickets"))
	})

	inBubble(t, "a caller that leaves during the login leaves it to the others", zstacktest.Options{}, nil, func(s scene) {
		s.server.Inject(tttest.Fault{Kind: tttest.Slow, Route: "login", Delay: 5 * time.Second})
		ctx, cancel := context.WithTimeout(s.ctx, time.Second)
		defer cancel()
		began := time.Now()
		_, err := s.sys.ListTTs(ctx, tt.ListRequest{})
		require.ErrorIs(t, err, tt.ErrCanceled)
		assert.Equal(t, time.Second, time.Since(began))
		_, err = s.sys.ListTTs(s.ctx, tt.ListRequest{})
		require.NoError(t, err)
		assert.Equal(t, 1, s.asked("login"))
	})
}

// keyed authenticates by the default access key.
func keyed(c *zstack.Config) {
	c.IAM2 = zstack.IAM2{}
	c.AccessKey = zstack.AccessKey{ID: zstacktest.DefaultAccessKeyID, Secret: tt.NewSecret(zstacktest.DefaultAccessKeySecret)}
}

// A signature holds a date, which the server compares with the digits of its
// own clock.
func TestAccessKeys(t *testing.T) {
	for _, row := range []struct {
		name string
		opts zstacktest.Options
		zone string
	}{
		{"the zone is asked for", zstacktest.Options{}, ""},
		{"the zone is in the settings", zstacktest.Options{}, "Asia/Shanghai"},
		{"a zone with half an hour", zstacktest.Options{Knobs: zstacktest.Knobs{Zone: zstacktest.ZoneKolkata}}, ""},
		{"a zone far in the west", zstacktest.Options{Knobs: zstacktest.Knobs{Zone: zstacktest.ZonePhoenix}}, ""},
		{"the server respects zones", zstacktest.Options{CheckTimeZone: true}, ""},
		{"the server's clock is an hour ahead", zstacktest.Options{Knobs: zstacktest.Knobs{Skew: time.Hour}}, ""},
		{"the server's clock is an hour behind, and it sends no Date", zstacktest.Options{Knobs: zstacktest.Knobs{Skew: -time.Hour, NoDate: true}}, "+08:00"},
	} {
		inBubble(t, row.name, row.opts, func(c *zstack.Config) { keyed(c); c.TimeZone = row.zone }, func(s scene) {
			c := s.create("k", "web-1")
			assert.Equal(t, "web-1", s.get(c.ID).Object)
			assert.Empty(t, s.server.Sessions())
			closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID})
			require.NoError(t, err)
			assert.True(t, closed)
		})
	}
	for _, knob := range []zstacktest.NamedKnobs{
		{Name: "as wrong credentials"},
		{Name: "as a dead session", Knobs: zstacktest.Knobs{BadKey: zstacktest.BadKeySession}},
		{Name: "as a text", Knobs: zstacktest.Knobs{BadKey: zstacktest.BadKeyText}},
	} {
		for name, change := range map[string]func(*zstack.Config){
			"a wrong secret":    func(c *zstack.Config) { keyed(c); c.AccessKey.Secret = tt.NewSecret("wr0ng") },
			"a key that is not": func(c *zstack.Config) { keyed(c); c.AccessKey.ID = "nobody" },
		} {
			inBubble(t, name+", refused "+knob.Name, zstacktest.Options{Knobs: knob.Knobs}, change, func(s scene) {
				_, err := s.sys.ListTTs(s.ctx, tt.ListRequest{})
				require.ErrorIs(t, err, tt.ErrUnauthenticated)
				assert.False(t, tt.IsTemporary(err))
				assert.NotContains(t, err.Error(), "wr0ng")
			})
		}
	}
	inBubble(t, "a key that acts as an account submits nothing, and says why", zstacktest.Options{Knobs: zstacktest.Knobs{AccountKeys: true}}, keyed, func(s scene) {
		_, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Object: "web-1", Subject: "down", Key: "k"})
		require.Error(t, err)
		assert.False(t, tt.IsTemporary(err))
		assert.Empty(t, s.server.Tickets())
	})
}

// What the server's clock says is what is written down.
func TestTimesAreTheServers(t *testing.T) {
	for _, zone := range []zstacktest.Zone{zstacktest.ZoneShanghai, zstacktest.ZoneUTC, zstacktest.ZoneKolkata, zstacktest.ZonePhoenix} {
		for _, dates := range []zstacktest.Dates{zstacktest.DatesJava8, zstacktest.DatesJava9, zstacktest.DatesJava20} {
			t.Run(fmt.Sprintf("%s, Java %s", zone, dates), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					server := zstacktest.New(zstacktest.Options{Knobs: zstacktest.Knobs{Zone: zone, Dates: dates}})
					defer server.Close()
					sys := openOn(t, server, nil)
					id, err := server.Open(zstacktest.Ticket{Name: "x"})
					require.NoError(t, err)
					opened := time.Now()
					time.Sleep(time.Hour)
					require.NoError(t, server.Act(id, zstacktest.Reject, "no"))
					ticket, err := sys.GetTT(t.Context(), id)
					require.NoError(t, err)
					assert.WithinDuration(t, opened, ticket.OpenedAt, time.Second)
					assert.WithinDuration(t, opened.Add(time.Hour), ticket.ClosedAt, time.Second)
					require.Len(t, ticket.Comments, 1)
					assert.WithinDuration(t, opened.Add(time.Hour), ticket.Comments[0].At, time.Second)
					require.NoError(t, sys.Shutdown(t.Context()))
				})
			})
		}
	}
}

// A machine without a time zone database knows the server's offset alone.
func TestAnOffsetEndsWhenSummerTimeBegins(t *testing.T) {
	newYork, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	for name, change := range map[string]func(*zstack.Config){
		"a session":     nil,
		"an access key": keyed,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := zstacktest.New(zstacktest.Options{Location: newYork})
				defer server.Close()
				nameless := rewriter{server.Client().Transport, in("GET", "platform-timezone", func(body string) string {
					return strings.Replace(body, "America/New_York", "Elsewhere/Unknown", 1)
				})}
				sys := openBy(t, server, &http.Client{Transport: nameless}, change)
				time.Sleep(time.Until(time.Date(2000, time.April, 2, 6, 50, 0, 0, time.UTC)))
				for range 2 { // ten minutes before summer time begins, and ten after
					opened := time.Now()
					id, err := server.Open(zstacktest.Ticket{Name: "x"})
					require.NoError(t, err)
					ticket, err := sys.GetTT(t.Context(), id)
					require.NoError(t, err)
					assert.WithinDuration(t, opened, ticket.OpenedAt, time.Second)
					time.Sleep(20 * time.Minute)
				}
				require.NoError(t, sys.Shutdown(t.Context()))
			})
		})
	}
}
