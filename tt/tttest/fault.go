package tttest

import "time"

// FaultKind is a way in which a network or a server fails.
type FaultKind string

// The faults. Whether the server acts is part of each.
const (
	Refuse       FaultKind = "refuse"        // the connection is refused: nothing was sent
	Reset        FaultKind = "reset"         // the request arrives, the connection is cut: nothing was done
	LoseReply    FaultKind = "lose-reply"    // the server acts, the connection is cut before the reply
	Truncate     FaultKind = "truncate"      // the server acts, the reply is cut in the middle
	Slow         FaultKind = "slow"          // the server acts at once, and replies after Delay
	Late         FaultKind = "late"          // the connection is cut, the server acts after Delay
	StatusBefore FaultKind = "status-before" // HTML with Status (503): nothing was done
	StatusAfter  FaultKind = "status-after"  // the server acts, then answers Status (500)
	Throttle     FaultKind = "throttle"      // the vendor's rate-limit answer (429 where it has none), with RetryAfter: nothing was done
	HTML         FaultKind = "html"          // the server acts, a proxy answers 200 with HTML
	Twice        FaultKind = "twice"         // a proxy delivers the request twice; the second reply arrives
	Unauthorized FaultKind = "unauthorized"  // the vendor's answer to dead credentials: nothing was done
)

// Fault is one entry of a fault script. Entries wait in the order in which
// they were injected; a request takes the first entry that matches it.
type Fault struct {
	Kind FaultKind

	// Route limits the entry to one kind of request, by a name that the
	// simulator documents; "" matches all.
	Route string

	Writes bool // only requests that change something on the server
	Skip   int  // let so many matching requests pass first
	Times  int  // strike so many times; 0 means once, below 0 always

	// Then lets the entry wait, without counting requests, while the entry
	// before it in the script is left. Entries with Then are a schedule: each
	// Skip counts from where the last one struck.
	Then bool

	Delay      time.Duration // for Slow and Late
	Status     int           // for StatusBefore and StatusAfter
	RetryAfter time.Duration // for Throttle and StatusBefore; 0 sends no Retry-After
}
