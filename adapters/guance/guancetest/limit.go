package guancetest

import "time"

// Limits are how many calls the server takes. The vendor's are
// [VendorLimits]; zero limits nothing. A call too many is answered with
// HTTP 401 and one of two codes, ft.TriggerApiAkCurrentLimiting for the key
// and ft.TriggerApiWorkspaceCurrentLimiting for the workspace, and does
// nothing. In which window calls are counted is [Knobs].Window.
type Limits struct {
	Key       int           // calls of one key in Per; 0: no limit
	Workspace int           // calls of all keys of one workspace in Per; 0: no limit
	Per       time.Duration // 0: a minute
}

// VendorLimits are what the vendor documents: 20 calls per minute for a key,
// 200 for a workspace.
func VendorLimits() Limits { return Limits{Key: 20, Workspace: 200, Per: time.Minute} }

func (l Limits) per() time.Duration {
	if l.Per > 0 {
		return l.Per
	}
	return time.Minute
}

// Usage is what was counted of a key or a workspace. A call is counted when it
// reaches the vendor's code with a key that works: one that was lost on its
// way, or that a proxy answered, is not.
type Usage struct {
	Calls   int // all, refused ones included
	Refused int // by the limit of this key or workspace
	Peak    int // the most calls, refused ones included, within any Limits.Per
}

// meter counts the calls of a key or a workspace by the server's clock. A
// clock that is set back ends every window that began later.
type meter struct {
	usage  Usage
	recent []time.Time // calls of the last Per, for Peak

	passed []time.Time // counted calls of the sliding window
	start  time.Time   // of the fixed window
	count  int         // counted calls of the fixed window
}

// saw notes a call for the usage.
func (m *meter) saw(now time.Time, per time.Duration) {
	m.usage.Calls++
	m.recent = append(since(m.recent, now, per), now)
	m.usage.Peak = max(m.usage.Peak, len(m.recent))
}

// since drops the calls that are at least per ago.
func since(calls []time.Time, now time.Time, per time.Duration) []time.Time {
	i := 0
	for i < len(calls) && !calls[i].After(now.Add(-per)) {
		i++
	}
	return append(calls[:0], calls[i:]...)
}

// full is how long a call must wait for room; 0: there is room.
func (m *meter) full(limit int, now time.Time, per time.Duration, window LimitWindow) time.Duration {
	if limit <= 0 {
		return 0
	}
	if window == WindowSliding {
		m.passed = since(m.passed, now, per)
		if n := len(m.passed); n >= limit {
			return m.passed[n-limit].Add(per).Sub(now)
		}
		return 0
	}
	m.open(now, per, window)
	if m.count >= limit {
		return m.start.Add(per).Sub(now)
	}
	return 0
}

// open begins a new fixed window when the last one is over.
func (m *meter) open(now time.Time, per time.Duration, window LimitWindow) {
	if !m.start.IsZero() && !now.Before(m.start) && now.Before(m.start.Add(per)) {
		return
	}
	m.start, m.count = now, 0
	if window == WindowFixed {
		m.start = time.Unix(0, now.UnixNano()-now.UnixNano()%int64(per))
	}
}

// add counts a call in all windows, so that the knob can be turned.
func (m *meter) add(now time.Time, per time.Duration, window LimitWindow) {
	m.passed = append(since(m.passed, now, per), now)
	if window != WindowSliding {
		m.open(now, per, window)
	}
	m.count++
}

// admit counts a call, or answers that it is one too many.
func (c *call) admit() *problem {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	key, workspace := s.meter("key "+c.key.Value), s.meter("workspace "+c.key.Workspace)
	per, window := s.limits.per(), c.knobs.Window
	key.saw(c.now, per)
	workspace.saw(c.now, per)
	var p *problem
	if wait := key.full(s.limits.Key, c.now, per, window); wait > 0 {
		key.usage.Refused++
		p = &problem{kind: keyLimit, wait: wait}
	} else if wait := workspace.full(s.limits.Workspace, c.now, per, window); wait > 0 {
		workspace.usage.Refused++
		p = &problem{kind: workspaceLimit, wait: wait}
	}
	if p == nil || c.knobs.CountRefused {
		key.add(c.now, per, window)
		workspace.add(c.now, per, window)
	}
	return p
}

// meter finds what counts the calls of a name; the lock is held.
func (s *Server) meter(name string) *meter {
	m := s.meters[name]
	if m == nil {
		m = &meter{}
		s.meters[name] = m
	}
	return m
}

// SetLimits changes the limits. What was counted stays.
func (s *Server) SetLimits(l Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = l
}

// Usage is what was counted of a key. A client that never exceeded the limit
// by a single call, whatever the window, has a Peak of at most the limit.
func (s *Server) Usage(key string) Usage { return s.usage("key " + key) }

// WorkspaceUsage is what was counted of a workspace.
func (s *Server) WorkspaceUsage(workspace string) Usage { return s.usage("workspace " + workspace) }

func (s *Server) usage(name string) Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.meters[name]; m != nil {
		return m.usage
	}
	return Usage{}
}
