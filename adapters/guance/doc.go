// Package guance carries trouble tickets on incident schedules of Guance and
// TrueWatch.
//
// A schedule is not a ticket but a rule of who is told: while one is in
// effect, the incidents of its objects notify its targets, beside whatever
// other rules match them, and they no longer reach the workspace's default
// rule, which gets only what no other rule matches. So a ticket changes where
// the very alarms go that it is about. Choose targets on purpose: those whom
// the default rule would have told, or the team of the ticket's queue, by
// queues. Where that must not happen at all, set dark: the schedules then
// match a name that no object has, one minute a day, and notify nobody; the
// object is in the ticket alone. Programs that try things out should do so
// too.
//
// # Opening
//
// With a typed configuration:
//
//	sys, err := guance.New(guance.Config{
//		Common: tt.Common{BaseURL: "https://openapi.guance.com"},
//		APIKey: tt.NewSecret(key),
//		Queues: map[string][]string{"core": {"group_core"}, "*": {"notify_noc"}},
//	}, tt.WithName("cn1"))
//
// With tt.OpenConfig, and what a file holds. A connection URL is not enough,
// because it cannot hold the lists targets and queues.
//
// The address is that of the site of the workspace, such as
// https://openapi.guance.com (CN1), https://cn4-openapi.guance.com or
// https://us1-openapi.truewatch.com; the key fixes the workspace. The
// settings, in a file with nested names:
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
//	| api_key            | secret   | must be set | API key of the workspace |
//	| targets            | list     |             | whom the schedule of a ticket notifies when queues says nothing of its queue: acnt_…, notify_…, group_… or an e-mail address |
//	| queues             | map      |             | queue to the targets of its tickets; * stands for every other queue |
//	| dimension          | string   | host        | the dimension of incidents that objects are values of (host or service or resource or pod_name or app_name or env or url) |
//	| dark               | bool     | false       | make schedules that match no incident and notify nobody |
//	| timezone           | string   | UTC         | IANA time zone of start and end |
//	| start              | string   | 00:00       | from when in the day a schedule notifies, HH:MM |
//	| end                | string   | 23:59       | until when, HH:MM; later than start |
//	| rate.requests      | int      | 20          | calls that the API key may make in a period, over all systems of this process that use it; 0: no limit |
//	| rate.per           | duration | 60s         | the period |
//	| routes.get         | string   |             | how one schedule is read, such as GET /api/v1/incidents/schedule/{uuid}/get; unset: like that, and out of the list where the server has no such route |
//	| routes.list        | string   |             | how schedules are listed, such as POST /api/v1/incidents/schedule/list; unset: by GET, and by POST where the server refuses that |
//	| routes.delete      | string   |             | how Probe removes the schedules that it made, such as POST /api/v1/incidents/schedule/{uuid}/delete; a path without {uuid} takes a list scheduleUUIDs; unset: both forms are tried. Nothing else deletes |
//
// # What a ticket is
//
// A ticket is one schedule, its id is the schedule's uuid. Its name begins with
// a tag of hashes, which is all that lists can be searched by,
//
//	[tt+5f0c2a11:9b1d4a440c2e4f6e] Uplink is down
//
// and then shows the subject. [tt+ is an open ticket, [ttg+ an open group, [tc+
// a closed one. Everything that a schedule has no field for is in the names of
// its escalation rules, in pieces of at most 255 bytes that people can read:
// the key, the texts, the comments, the members of a group and the closing
// note. Such a rule has no levels, so it tells nobody; where the server wants
// one, it is a level without recipients.
//
//   - The schedule is in effect from the alarm's time, or from now if that is
//     to come, until 2100. CloseTT moves its end to now by the server's clock. A
//     person who ends it in the console closes the ticket; no ticket is ever
//     deleted. Closed tickets take comments, and stay in the workspace.
//   - Objects are values of the setting dimension, host by default. A name that
//     could mean something else in a filter (letters, digits and - _ . : / @
//     are let in) gets a dark schedule with the object in the ticket alone, and
//     Created.Degraded says so. As a member of a group, it is in the ticket and
//     not in the filter.
//   - RenewTT and GetUpdates are tt.ErrUnsupported: schedules do not end by
//     themselves, and the API has no feed. Ticket.URL is empty: the addresses of
//     the console's pages are not documented.
//   - Schedules that this library did not make can be read and changed by their
//     id, and are never touched otherwise. A change adds rules of ours behind
//     theirs, or ends them; every other field is sent back byte for byte, also
//     what nobody documented. Their name and filter stay as they are, so members
//     that are added to one are in the ticket alone. What any change does, by the
//     vendor's rules, is to begin the rotation anew.
//   - The tag of a name must stay for the ticket to be found. One that was taken
//     away is put back with the next change; a copy that a person makes of a
//     ticket is none, unless it is made within a day: then it counts as a
//     duplicate, and is ended.
//
// Subjects hold 1 KiB, bodies 8 KiB, comments 4 KiB, and a ticket 500
// comments; longer texts are cut and marked.
//
// # Calls
//
// The vendor takes 20 calls per minute from one API key, and 200 from a
// workspace. That is the limit of everything here. All systems of a process
// that use one key keep to it together: a call counts from before it is sent
// until a minute after its reply, so whatever window the server uses, it is not
// exceeded. A call that would have to wait beyond its context's deadline
// returns tt.ErrRateLimited at once, with nothing done, and how long to wait in
// RetryAfter; without a deadline it waits. Programs that share a key need a
// lower rate.requests each, or a key of their own.
//
//	| operation     | calls                                            |
//	| ------------- | ------------------------------------------------ |
//	| CreateTT      | 2, and a look-up before it that others share     |
//	| existing key  | the look-up                                      |
//	| GetTT, FindTT | 1                                                |
//	| AddComment    | 2 for all that wait for one ticket together      |
//	| CreateGroupTT | 2                                                |
//	| AddToGroupTT  | 2 for any number of objects                      |
//	| CloseTT       | 3                                                |
//	| GetObjectTTs  | 2 per 100 open tickets of the object, or groups  |
//	| ListTTs       | 1 per 100 open tickets                           |
//
// A second later, and once more when late and settle have passed, a few calls
// verify what was written, for all tickets together where that is cheaper.
//
// # Storms
//
// What the limit means when much fails at once: 200 alarms on 40 objects, raised
// within a minute through one key at the vendor's limits, all have their ticket
// after 20 minutes when the callers wait without a deadline (2.04 calls per
// alarm), and after 26 to 30 when they give up after 30 seconds and come back
// as RetryAfter says (2.6 to 3 calls per alarm). None is lost, none is doubled,
// and no call is too many (go test ./adapters/guance -run Storm -v). So raise
// one ticket for what has one cause: escalate a group, because members cost
// nothing (50 of them travel in 2 calls), or give each part of the network a key
// of its own, up to the workspace's limit of ten such keys.
//
// # One ticket
//
// The API has no idempotency key and no compare-and-swap, so a key converges
// on one ticket: never none; more than one only while creators overlap or a
// create whose reply was lost commits late. Every create looks the key up
// before and after it posts, and once more, in the background, when late and
// settle have passed; CloseTT and FindTT look too. The call for the look-up
// after a post is reserved before the post, so that waiting for the limit never
// comes between the two. Of several tickets, the schedule with the lowest row
// id wins, or the oldest where the server shows none. The others are ended with
// the note "duplicate of N", after their comments and members have been carried
// over, and stand for the winner from then on. Strictly one ticket needs one
// creator per key. A server that lets a name exist only once makes two open
// tickets of one key and subject impossible.
//
// After a create without an answer, nothing is posted with that key until
// late and settle have passed: CreateTT looks, and otherwise answers with
// outcome unknown and the time that is left.
//
// # Several writers
//
// A schedule is changed by reading and writing the whole of it; the API has no
// version to compare. Within a process there is one writer per ticket, and what
// waits for it travels together. Between processes the setting window says how
// long a writer may hold what it has read: what was written is read back when
// the window has passed, and put back if another writer overwrote it; an end is
// never moved later than it was read. What can still lose a comment or a close
// that was acknowledged is another writer's change that got no answer and lands
// later than the window, or a process that is killed within it. So let one
// process write to a ticket; it knows of its own changes without an answer, and
// reads back until late has passed. Shutdown does not wait that long: a process
// that ends, or is killed, within late of a change without an answer may leave a
// comment overwritten. So whoever takes over from a process that was killed
// should make its latest calls again, with their keys, closes included. A person
// who saves a schedule in the console at the same moment is another writer.
//
// A closed ticket is read again when late has passed, and closed again if such a
// change has opened it, because nobody else would look. A person who wants to
// open a ticket again in the console waits until then.
//
// # What the vendor documents
//
// The routes add and modify, their fields and the filters' terms are those of
// the published API pages (docs.guance.com and docs.truewatch.com, Open API,
// incidents). How one schedule is read and how they are listed is not
// documented: the routes of the API's own conventions are tried, a list by POST
// where GET is refused, one schedule out of the list where it has no route, and
// the setting routes names others. What works is remembered. How schedules are
// deleted is not documented either: Probe alone does it, with the few that it
// made itself, by routes.delete or the two forms of the vendor's older APIs, and
// leaves them dark and ended where none answers. Whatever else is open is a knob
// of guancetest, and the adapter passes its tests under each: what a list's
// search does, the shapes and statuses of answers, what becomes of fields that
// are left out, which rules and hours are refused. Which of it holds for a
// workspace, Probe tells in about 20 calls. A code 401 is a wrong key only when
// its errorCode does not say that it is a limit.
package guance
