package guancetest

import (
	"cmp"
	"slices"
	"time"
)

// Event is what routing looks at in an incident.
type Event struct {
	Workspace  string            // "" is DefaultWorkspace
	Dimensions map[string]string // such as "host": "agg-1"
	Tags       []string          // UUIDs
	Level      string            // such as "system_level_1"
	Status     string            // "" is open
}

// Notice is one message to one recipient.
type Notice struct {
	At       time.Time
	Schedule string // the UUID
	Level    int    // 0: at once; above: an escalation
	Target   string // acnt_…, notify_…, group_… or an e-mail address
	Methods  []string
}

// Notified tells whom an incident reaches at once when it opens at a time, by
// what the server holds now. It is how a test shows what a schedule does to
// routing.
//
// Every schedule that is in effect and whose filters match sends its notices;
// one without any filter is global, and gets only what no other schedule
// matches. A schedule whose strategies have levels notifies those of level 0,
// in which [Watchkeeper] stands for whoever is on duty; any other notifies
// whoever is on duty. Nobody on leave is told.
func (s *Server) Notified(e Event, at time.Time) []Notice {
	var out []Notice
	for _, n := range s.Notices(e, at, at) {
		if n.Level == 0 {
			out = append(out, n)
		}
	}
	return out
}

// Notices tells whom an incident reaches that opens at a time and stays in its
// status until another, both included: the notices of [Server.Notified],
// escalations, and repetitions, by time. Which schedules it goes to is decided
// when it opens; who is on duty, and whether the schedule is still in effect,
// at every notice.
func (s *Server) Notices(e Event, opened, until time.Time) []Notice {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Notice
	for _, schedule := range s.matching(e, opened) {
		out = append(out, s.notices(schedule, e, opened, until)...)
	}
	slices.SortStableFunc(out, func(a, b Notice) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Level, b.Level))
	})
	return out
}

// matching are the schedules that an incident goes to; the lock is held.
func (s *Server) matching(e Event, at time.Time) []*Schedule {
	var special, global []*Schedule
	claimed := false
	for _, x := range s.schedules {
		if x.Workspace != cmp.Or(e.Workspace, DefaultWorkspace) {
			continue
		}
		switch {
		case x.global():
			if x.inEffect(at) {
				global = append(global, x)
			}
		case !x.matches(e, s.knobs):
		case x.inEffect(at):
			special = append(special, x)
		case x.Alive():
			claimed = claimed || s.knobs.SleepingClaims
		}
	}
	if len(special) == 0 && !claimed {
		return global
	}
	return special
}

func (s *Schedule) global() bool { return len(s.TagFilter) == 0 && s.DimensionFilter == "" }

// matches applies the filters of a schedule that has any.
func (s *Schedule) matches(e Event, k Knobs) bool {
	tagged := slices.ContainsFunc(s.TagFilter, func(t string) bool { return slices.Contains(e.Tags, t) })
	f, err := parseFilter(s.DimensionFilter)
	dimensioned := err == nil && f.match(e.Dimensions, k.LeftToRight)
	switch {
	case len(s.TagFilter) == 0:
		return dimensioned
	case s.DimensionFilter == "":
		return tagged
	case k.FilterMatch == FilterEither:
		return tagged || dimensioned
	}
	return tagged && dimensioned
}

// maxNotices bounds the repetitions of one level.
const maxNotices = 10_000

// notices are those of one schedule; the lock is held.
func (s *Server) notices(x *Schedule, e Event, opened, until time.Time) []Notice {
	var out []Notice
	tell := func(at time.Time, level int, c recipient) {
		for _, o := range c.Objects {
			targets := []string{o}
			if o == Watchkeeper {
				targets = x.onDuty(at, s.knobs)
			}
			for _, t := range targets {
				if !s.leave[t] {
					out = append(out, Notice{at, x.UUID, level, t, slices.Clone(c.Methods)})
				}
			}
		}
	}
	rules := x.rules()
	if len(rules) == 0 {
		tell(opened, 0, recipient{Objects: []string{Watchkeeper}})
	}
	status := cmp.Or(e.Status, "open")
	for _, levels := range rules {
		first := opened
		for _, l := range levels {
			if l.Level > 0 {
				from := opened
				if s.knobs.LevelClock == LevelSincePrevious {
					from = first
				}
				first = from.Add(time.Duration(l.After) * time.Second)
			}
			if len(l.Status) > 0 && !slices.Contains(l.Status, status) ||
				len(l.Levels) > 0 && !slices.Contains(l.Levels, e.Level) {
				continue
			}
			for i, at := 0, first; i < maxNotices && !at.After(until); i++ {
				if x.inEffect(at) {
					for _, c := range l.Configs {
						tell(at, l.Level, c)
					}
				}
				if !l.Repeat || l.Every == nil || *l.Every <= 0 || *l.Every > longestPeriod {
					break
				}
				at = at.Add(time.Duration(*l.Every) * time.Second)
			}
		}
	}
	return out
}

// SetLeave says whether a recipient is on leave; whoever is gets no notices.
func (s *Server) SetLeave(target string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leave[target] = on
}
