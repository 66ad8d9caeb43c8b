package guancetest

import (
	"slices"
	"sync"
	"time"
	_ "time/tzdata" // timezones are a part of the protocol: no machine may lack them
)

// The rotation cycles: each element of notifyTargets in turn is on duty for so
// long.
const (
	CycleDay     = "day"
	CycleWeek    = "week"    // from Monday
	CycleMonth   = "month"   // from the first
	CycleWorkDay = "workDay" // Monday to Friday
	CycleWeekend = "weekend" // Saturday and Sunday
)

var cycles = []string{CycleDay, CycleWeek, CycleMonth, CycleWorkDay, CycleWeekend}

// location is the schedule's timezone, nil when a person wrote one that does
// not exist.
func (s *Schedule) location() *time.Location { return loadLocation(s.Timezone) }

// locations are the timezones that were found, by name.
var locations sync.Map

// loadLocation finds a timezone, nil when there is none of that name.
func loadLocation(name string) *time.Location {
	if loc, ok := locations.Load(name); ok {
		return loc.(*time.Location)
	}
	if name == "" || name == "Local" { // what Go alone understands
		return nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	locations.Store(name, loc)
	return loc
}

// InEffect reports whether the schedule sends notices at a time: it is alive
// and of status 0, effectiveTime has begun and not ended (its last second no
// longer belongs to it), and the local clock is within the daily hours, both
// minutes included. Hours that end before they start reach over midnight.
func (s Schedule) InEffect(at time.Time) bool { return s.inEffect(at) }

func (s *Schedule) inEffect(at time.Time) bool {
	if s.Status != 0 || !s.Alive() && !at.Before(s.Deleted) {
		return false
	}
	start, end := s.Effective()
	if at.Before(start) || !end.IsZero() && !at.Before(end) {
		return false
	}
	loc := s.location()
	if loc == nil {
		return false
	}
	now := at.In(loc).Format("15:04")
	if s.Start <= s.End {
		return s.Start <= now && now <= s.End
	}
	return s.Start <= now || now <= s.End
}

// onDuty are the targets that are on duty at a time, whether or not the
// schedule is in effect: one of them in turn with rotation, else all.
func (s *Schedule) onDuty(at time.Time, k Knobs) []string {
	e := s.options()
	if !e.Rotate || len(s.NotifyTargets) == 0 {
		return s.NotifyTargets
	}
	loc := s.location()
	if loc == nil {
		return nil
	}
	from, day := date(s.Rotation.In(loc)), date(at.In(loc))
	turn := 0
	switch e.Cycle {
	case CycleMonth:
		turn = (day.Year()-from.Year())*12 + int(day.Month()-from.Month())
	case CycleWeek:
		turn = weeks(from, day)
	case CycleWorkDay:
		if weekend(day) && k.OffDays == OffDaysNobody {
			return nil
		}
		turn = weekdays(from, day, false) - 1
	case CycleWeekend:
		if !weekend(day) && k.OffDays == OffDaysNobody {
			return nil
		}
		turn = weekdays(from, day, true) - 1
	default: // a rotation without a cycle is daily
		turn = days(from, day)
	}
	i := max(turn, 0) % len(s.NotifyTargets) // before it began it stands still
	return s.NotifyTargets[i : i+1]
}

// date is the calendar day of t, as a time that knows no daylight saving.
func date(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func weekend(day time.Time) bool {
	return slices.Contains([]time.Weekday{time.Saturday, time.Sunday}, day.Weekday())
}

// days counts from one calendar day to another.
func days(from, to time.Time) int { return int(to.Unix()/86400 - from.Unix()/86400) }

// monday is how many days ago the week began.
func monday(day time.Time) int { return (int(day.Weekday()) + 6) % 7 }

// weeks counts the Mondays between two days, the second one included.
func weeks(from, to time.Time) int { return (days(from, to) - monday(to) + monday(from)) / 7 }

// weekdays counts the days of the weekend, or the others, from one day to
// another, both included.
func weekdays(from, to time.Time, ends bool) int {
	perWeek, before := 5, func(day time.Time) int { return min(monday(day), 5) }
	if ends {
		perWeek, before = 2, func(day time.Time) int { return max(monday(day)-5, 0) }
	}
	n := weeks(from, to)*perWeek - before(from) + before(to)
	if weekend(to) == ends {
		n++
	}
	return n
}
