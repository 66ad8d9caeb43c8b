package tt

import (
	"context"
	"strings"
	"time"
)

// Prober is an optional interface of a [System]: one that can find out, on a
// live server, what the vendor's documentation leaves open, and which values
// of its settings follow from that. It is for the hour in which a system is
// set up, and after an upgrade of the vendor's server; nothing in daily work
// needs it.
//
// Not every System has it. Call [Probe], which answers ErrUnsupported where it
// is missing, rather than asserting the interface: package middleware's
// decorators pass it on, and a System that merely embeds another one does not.
//
// An implementation keeps these rules:
//
//   - It puts what it makes on the objects of the request and on no others,
//     marks it so that nobody takes it for a ticket (ListTTs, FindTT and
//     GetObjectTTs of any System do not show it), and gives it an end of its
//     own where the vendor has such a thing, so that it goes away even if the
//     process dies.
//   - It removes, or ends, everything that it made before it returns, also
//     when a step failed or ctx ended: then under a limit of its own, of ten
//     seconds. What could not be removed is named in the error, whose Outcome
//     is Done and whose TicketID is one of them.
//   - It changes nothing that it did not make: no setting of the vendor's
//     server, no ticket, and no setting of the System.
//   - A question that could not be answered is a Finding whose Answer is
//     [AnswerUnknown] and whose Detail says why; it is no error. The error is
//     set when probing could not begin, or not go on; the findings made until
//     then are returned beside it.
//   - Questions are asked anew on every call, and always in the same order.
type Prober interface {
	Probe(ctx context.Context, req ProbeRequest) ([]Finding, error)
}

// ProbeRequest says on what to probe.
type ProbeRequest struct {
	// Objects are identifiers of objects whose monitoring may be disturbed for
	// a minute, as [CreateRequest.Object] names them. One is required. A second
	// one answers what cannot be seen on one: what becomes of the members of
	// groups.
	Objects []string

	// Queue is that of [CreateRequest]; may be empty.
	Queue string

	// Wait is how long to wait for each thing that may take its time, such as
	// a new ticket to appear in lists. 0 means 15 seconds.
	Wait time.Duration
}

// DefaultProbeWait is what a ProbeRequest.Wait of 0 means.
const DefaultProbeWait = 15 * time.Second

// Validate reports what is wrong with the request, as ErrInvalid.
func (r ProbeRequest) Validate() error {
	if len(r.Objects) == 0 {
		return invalid("no object: name one whose monitoring may be disturbed for a minute")
	}
	for i, obj := range r.Objects {
		if err := ValidateObject(obj); err != nil {
			return err
		}
		for _, before := range r.Objects[:i] {
			if before == obj {
				return invalid("object %q is given twice: a second one answers what cannot be seen on one", obj)
			}
		}
	}
	if r.Wait < 0 {
		return invalid("the wait is negative")
	}
	return validName("queue", r.Queue, true)
}

// AnswerUnknown is the Answer of a question that could not be answered.
const AnswerUnknown = "unknown"

// Finding is the answer to one question about the vendor's server.
type Finding struct {
	Question string `json:"question"`          // the same words in every run, such as "labels in a change"
	Answer   string `json:"answer"`            // a few words, such as "replace", or AnswerUnknown
	Setting  string `json:"setting,omitempty"` // the setting of the adapter that follows from it, dotted; "" when none does
	Value    string `json:"value,omitempty"`   // the value that it should have
	Detail   string `json:"detail,omitempty"`  // what was seen, and what it means, for people
}

// Probe makes sys find out what its vendor's documentation leaves open, as
// [Prober] says. A System that is no Prober answers ErrUnsupported; a request
// that is wrong is ErrInvalid, whatever the System.
func Probe(ctx context.Context, sys System, req ProbeRequest) ([]Finding, error) {
	if err := req.Validate(); err != nil {
		return nil, Annotate(err, "", "", "Probe", "")
	}
	p, ok := sys.(Prober)
	if !ok {
		return nil, unsupported("Probe")
	}
	return p.Probe(ctx, req)
}

// String is the finding on one line.
func (f Finding) String() string {
	var b strings.Builder
	b.WriteString(f.Question + ": " + f.Answer)
	if f.Setting != "" {
		b.WriteString(" (" + f.Setting + ": " + f.Value + ")")
	}
	return b.String()
}
