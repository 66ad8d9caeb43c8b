package guance

import (
	"crypto/sha256"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// rates is how many calls the vendor takes from one API key.
type rates struct {
	PerMinute int           // calls in Window; 0 or less: no limit
	Window    time.Duration // 0: a minute
}

// limiter keeps the calls of one API key within its rate. It is a log of the
// last calls, not a bucket of tokens: a bucket of 20 that fills up by 20 in a
// minute lets 40 calls pass in one.
//
// A call occupies its place from before it is sent until a window after its
// reply. The server counts it at some time between the two. So of any
// PerMinute+1 calls, one had its reply a whole window before another was sent,
// and no window holds them all, wherever it begins and whether it slides or
// stands.
//
// The limit is the key's, so every limiter of a process with the same server
// and key draws on one log. What other processes do with the key, and other
// keys with the workspace, nobody knows here: see throttled.
type limiter struct{ log *callLog }

// callLog is what the limiters of one API key share.
type callLog struct {
	users int // limiters; guarded by the mutex of all logs

	mu     sync.Mutex
	limit  int // 0: none
	window time.Duration

	replies  []time.Time // of the calls that still count, oldest first
	flying   int         // calls without a reply
	promised int         // calls that are reserved and not made

	queue []*waiter // first come, first served

	pausedTo time.Time     // the server said so
	pause    time.Duration // the latest that we chose ourselves
}

// logs are the logs of this process, by server and API key.
var logs = struct {
	sync.Mutex
	of map[[sha256.Size]byte]*callLog
}{of: map[[sha256.Size]byte]*callLog{}}

// limiterOf returns a limiter for the calls with an API key to the server at
// base. Where systems disagree on the rate of a key, the slowest holds for
// all; one without a limit follows that of the others.
func limiterOf(base, apiKey string, r rates) *limiter {
	if r.Window <= 0 {
		r.Window = time.Minute
	}
	name := sha256.Sum256([]byte(strings.TrimRight(base, "/") + "\x00" + apiKey))
	logs.Lock()
	defer logs.Unlock()
	for name, log := range logs.of {
		if log.users == 0 && log.idle() {
			delete(logs.of, name)
		}
	}
	log := logs.of[name]
	if log == nil {
		log = &callLog{window: r.Window}
		logs.of[name] = log
	}
	log.slowDown(r)
	log.users++
	l := &limiter{log: log}
	// The log outlives its last system: its calls count for a window yet.
	runtime.AddCleanup(l, func(log *callLog) {
		logs.Lock()
		defer logs.Unlock()
		log.users--
	}, log)
	return l
}

// slowDown takes over the rate of one more system.
func (c *callLog) slowDown(r rates) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.PerMinute <= 0 {
		return
	}
	if c.limit == 0 {
		c.limit, c.window = r.PerMinute, r.Window
		return
	}
	c.limit, c.window = min(c.limit, r.PerMinute), max(c.window, r.Window)
}

// idle reports whether the log says nothing about calls to come.
func (c *callLog) idle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.forget(now)
	return c.busy() == 0 && len(c.queue) == 0 && !c.pausedTo.After(now)
}

// forget drops the replies that no longer count. c.mu is held.
func (c *callLog) forget(now time.Time) {
	old := 0
	for old < len(c.replies) && now.Sub(c.replies[old]) >= c.window {
		old++
	}
	c.replies = slices.Delete(c.replies, 0, old)
}

// busy is how many of the places are taken. c.mu is held.
func (c *callLog) busy() int { return len(c.replies) + c.flying + c.promised }

// throttled notes that the server refused a call because of its rate: somebody
// else uses the key, or the workspace has reached a limit of its own. Nobody
// calls before wait has passed, but never longer than a window, after which
// the limit must have room whatever it counts. Without a wait, the first pause
// is the time of one call, and one that was too short is followed by its
// double. A part of the pause is chance, so that processes which share a limit
// do not come back together.
func (l *limiter) throttled(wait time.Duration) {
	c := l.log
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.limit == 0 {
		return
	}
	now := time.Now()
	if wait <= 0 {
		if c.pausedTo.After(now) {
			return // one of the calls that were in the air together
		}
		if now.Sub(c.pausedTo) > c.window {
			c.pause = 0
		}
		c.pause = min(max(2*c.pause, c.window/time.Duration(c.limit)), c.window)
		wait = c.pause/2 + rand.N(c.pause/2+1)
	}
	if to := now.Add(min(wait, c.window)); to.After(c.pausedTo) {
		c.pausedTo = to
	}
}

// state tells how many of the limit's calls are used or reserved, and when the
// next one can be made: now, or later. All is zero when there is no limit.
func (l *limiter) state() (used, limit int, free time.Time) {
	c := l.log
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.limit == 0 {
		return 0, 0, time.Time{}
	}
	now := time.Now()
	c.forget(now)
	return c.busy(), c.limit, now.Add(c.forecast(now, 1))
}
