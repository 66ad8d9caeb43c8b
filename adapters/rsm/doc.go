// Package rsm carries trouble tickets on monq RSM service modes
// ("maintenance").
//
// A service mode is not a ticket: while one runs, monq shows its config item
// as in maintenance and mutes the monitoring of it, which may clear the alarm
// that raised the ticket and start it again. Where that must not happen, set
// anchor_ci: the modes are then put on a config item of your choice for each
// queue, and the object in trouble is kept in labels. Programs that try things
// out should do so too.
//
// # Opening
//
// With the adapter's name, and the token in the environment:
//
//	sys, err := tt.Open(ctx, "msk", "rsm://monq.example.net?token=${MONQ_TOKEN}")
//
// With a typed configuration:
//
//	sys, err := rsm.New(rsm.Config{
//		Common: tt.Common{BaseURL: "https://monq.example.net"},
//		Token:  tt.NewSecret(token),
//	}, tt.WithName("msk"))
//
// The settings, in a file with nested names:
//
//	| setting            | type     | default     | meaning |
//	| ------------------ | -------- | ----------- | ------- |
//	| base_url           | string   | must be set | the server's root, such as https://tickets.example.net |
//	| namespace          | string   |             | hashed with every key, so that staging and production can share a vendor |
//	| lookup             | string   | required    | what a create does when the look-up before it failed: required fails it, best_effort prefers a late duplicate to silence (required or best_effort) |
//	| timeout            | duration | 30s         | limit of one HTTP attempt |
//	| retry.max_attempts | int      | 5           | repeats per operation, plus one |
//	| retry.wait_min     | duration | 200ms       | first wait before a repeat |
//	| retry.wait_max     | duration | 10s         | longest wait before a repeat; a longer Retry-After is returned to the caller |
//	| late               | duration | 60s         | how long a create whose reply was lost may still commit |
//	| settle             | duration | 5s          | how long a created ticket may stay invisible to look-ups |
//	| window             | duration | 2s          | how long any writer may hold what it read before it writes; 0: this process is the only writer |
//	| ca_file            | string   |             | PEM file of the certificate authorities to trust instead of the system's |
//	| allow_http         | bool     | false       | allow plain http to a host that is not loopback |
//	| token              | secret   | must be set | personal API token, from the user profile's API Access |
//	| lease              | duration | 168h        | how long a ticket stays open unless it is renewed |
//	| scope              | string   | Ci          | whether the mode covers the config item alone or its children too (Ci or CiAndChildren) |
//	| depth              | int      | 0           | depth of the children's graph for CiAndChildren |
//	| object_by          | string   | id          | how objects name config items: id, name or label:KEY |
//	| anchor_ci          | map      |             | queue to config item id: the modes are put on that item and the object is kept in labels, so that monitoring of the object goes on; * stands for every other queue |
//
// # What a ticket is
//
// A ticket is one mode with one config item, its id is the mode's number. The
// labels tt_key, tt_ns and tt_obj hold hashes to search for, and tt_at when it
// was made; the other tt_ labels hold, in pieces of at most 255 bytes that
// people can read, everything that a mode has no field for: the key, the
// texts, the comments, the members of a group and the closing note. The title
// shows the subject, cut to 200 characters. Other labels are left as they are:
// they are text, as the API documents them.
//
//   - The mode begins when the ticket is made; the time of the alarm is in the
//     labels. It ends by itself: its end is the lease, RenewTT moves it. A mode
//     that ran out is expired; one that a person cancelled or cut short in the
//     console is closed.
//   - CloseTT cancels the mode. Where the server refuses to cancel a running
//     mode, its end is moved to a few seconds from now, and CloseTT answers
//     true when that has passed.
//   - A mode that is over cannot change: comments on it are tt.ErrClosed.
//   - A group ticket is the same mode with more config items. A member cannot
//     be closed alone.
//   - GetUpdates is tt.ErrUnsupported: the API has no feed. Ticket.URL is empty:
//     the addresses of the console's pages are not documented.
//   - Modes that this library did not make can be read and changed by their
//     id, and are never touched otherwise. A mode with copied labels is one of
//     them when it lacks the header of a ticket (tt_h_) or begins more than a
//     day away from it; a whole copy of a ticket for the same day counts as a
//     duplicate of it, and is ended.
//   - A member whose config item is archived leaves the scope when the next
//     member joins, because the server refuses a scope with it; it stays named
//     in the ticket.
//
// Subjects hold 1 KiB, bodies 16 KiB, comments 8 KiB, and a ticket 500
// comments; longer texts are cut and marked.
//
// # One ticket
//
// The API has no idempotency key and no compare-and-swap, so a key converges
// on one ticket: never none; more than one only while creators overlap or a
// create whose reply was lost commits late. Every create looks the key up
// before and after it posts, and once more, in the background, when late and
// settle have passed; CloseTT and FindTT look too. Of several, the mode with
// the lowest id wins. The others are ended with the note "duplicate of N",
// after their comments and members have been carried over, and stand for the
// winner from then on. Strictly one ticket needs one creator per key.
//
// After a create without an answer, nothing is posted with that key until
// late and settle have passed: CreateTT looks, and otherwise answers with
// outcome unknown and the time that is left.
//
// # Several writers
//
// Labels and config items are changed by reading and writing the whole of
// them; the API has no version to compare. Within a process there is one
// writer per ticket, and what waits for it travels together. Between processes
// the setting window says how long a writer may hold what it has read: what
// was written is read back when the window has passed, and put back if another
// writer overwrote it. Two things can still lose a comment that was
// acknowledged: another writer that closes the ticket right after it overwrote
// the comment, and another writer's change that got no answer and lands later
// than the window. So let one process write to a ticket; it knows of its own
// changes without an answer, and reads back until late has passed. Shutdown
// does not wait that long: a process that ends, or is killed, within late of a
// change without an answer may leave a comment overwritten. Its successor does
// well to repeat, with their keys, the calls that were answered within late and
// settle before.
//
// # What the vendor documents
//
// Paths, fields, the search and the error texts are those of the published API
// page of version 8.3 (public REST API, "maintenance service"). What it leaves
// open is a knob of rsmtest, and the adapter passes its tests under each:
// whether a PATCH merges or replaces labels, what cancel does to a running
// mode and to other fields of the request, names of states, shapes of errors.
// [System.Probe] settles it on a live server, and says which settings follow.
package rsm
