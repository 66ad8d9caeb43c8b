// Package zstack carries trouble tickets on ZStack Cloud tickets.
//
// A ZStack ticket is a request for approval: it carries calls of the platform's
// API, at least one, and when its last approver approves it, the platform
// executes them as the submitter. There is no ticket without a call, so a
// trouble ticket has to carry one, too, and the setting requests, which has no
// default, says which. The harmless form is a call whose apiBody has the system
// tag "ephemeral::validationOnly": the platform checks such a call and stops
// before it acts, even if somebody approves the ticket by mistake. A template
// without that tag needs allow_execution. This package itself never approves
// anything: it ends tickets by cancel or reject, and can send no other event.
//
//	requests:
//	  - requestName: incident on {{.Object}}
//	    apiName: org.zstack.header.vm.APICreateVmInstanceMsg
//	    apiBody:
//	      name: "{{.Subject}}"
//	      systemTags: ["ephemeral::validationOnly"]
//
// The placeholders {{.Object}}, {{.Subject}} and {{.Queue}} are replaced in the
// strings of the template after it was parsed: the text of an alarm can change
// neither the structure of a call nor which resource it names. They are refused
// in keys, in apiName, in systemTags and below keys that hold the word uuid. That the
// tag in an apiBody also holds when a ticket's calls are executed is a
// convention of the platform which the vendor has not documented for tickets;
// so let the call be one that cannot succeed as it stands.
//
// # Opening
//
// A connection URL cannot hold lists, so the settings come from a file, by
// tt.OpenConfig, or from a program:
//
//	sys, err := zstack.New(zstack.Config{
//		Common:        tt.Common{BaseURL: "https://cloud.example.net/zstack"},
//		IAM2:          zstack.IAM2{VirtualID: "noc", Password: tt.NewSecret(password), Project: "monitoring"},
//		ProjectUUID:   "28c9a199e3e842d28c9805eb89be56cb",
//		VirtualIDUUID: "1c255722caf34cb888b57d11a744248c",
//		Requests:      requests,
//	}, tt.WithName("cloud"))
//
// base_url is the management node with its context path, usually
// http://HOST:8080/zstack; plain http to another machine needs allow_http. One
// of session, account, iam2 and access_key has to be given. Tickets are
// submitted by a virtual ID in a project, so iam2 is the usual one. The
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
//	| session            | secret   |             | a ready session; it is neither renewed nor logged out |
//	| account.name       | string   |             | account name |
//	| account.password   | secret   |             | its password |
//	| iam2.virtual_id    | string   |             | name of the virtual ID |
//	| iam2.password      | secret   |             | its password |
//	| iam2.project       | string   |             | name of the project |
//	| access_key.id      | string   |             | access key's id |
//	| access_key.secret  | secret   |             | access key's secret |
//	| project_uuid       | string   | must be set | uuid of the project whose tickets these are |
//	| virtual_id_uuid    | string   | must be set | uuid of the virtual ID that submits the tickets |
//	| requests           | list     | must be set | the API calls that a ticket asks approval for |
//	| allow_execution    | bool     | false       | accept requests that a final approval would execute |
//	| queues             | map      |             | queue to the uuid of a flow collection; * stands for every other queue |
//	| close_event        | string   | cancel      | how a ticket is closed: cancel by its submitter, or reject by an approver (cancel or reject) |
//	| timezone           | string   |             | time zone of the server's dates, such as Asia/Shanghai or +08:00; asked of the server when unset |
//	| poll.wait_min      | duration | 90ms        | first and shortest wait for a job |
//	| poll.wait_max      | duration | 5s          | longest wait between two questions |
//	| poll.limit         | duration | 2m          | how long one job is asked for before the ticket itself is |
//
// late, settle and window have no effect here.
//
// # What a ticket is
//
// A ticket's id is its uuid. Name and description show the subject, the object
// and the body to people. What a ticket has no field for is in its user tags:
// the mark of the namespace, and one tag each for what CreateTT was given, for
// every comment, every member of a group and the promotion, in a form that
// people can read (see the texts that begin with ttj1).
//
//   - Pending and IntermediateApproved are open; Cancelled, Rejected and
//     FinalApproved are closed, whoever decided it, with the time from the
//     history. A ticket that was deleted is closed, too: the archives keep its
//     name, description and history, and its tags are gone.
//   - CloseTT cancels, which the submitter may, or rejects, which the approver
//     may whose turn it is (close_event). The closing note is the comment of
//     the transition: text for people, and below it the same for this library.
//   - The platform has comments with transitions only. AddComment therefore
//     adds a tag; a closed ticket takes comments too. Comments that people make
//     with their transitions are comments of the ticket.
//   - Tickets do not end by themselves: RenewTT is tt.ErrUnsupported.
//   - A queue chooses the approval process (queues), and so who sees and
//     decides the ticket.
//   - Ticket.URL is empty: the addresses of the console's pages are not
//     documented.
//   - Tickets that this library did not make can be read and changed by their
//     id, and are never touched otherwise. Their objects are their user tags. A
//     ticket with copied tags is one of them: a namespace knows its own tickets
//     by check digits in their uuids.
//
// Subjects hold 1 KiB, bodies 16 KiB, comments 8 KiB; longer texts are cut and
// marked. The platform's database knows no runes above U+FFFF, such as emoji:
// they are escaped in tags, and shown as U+FFFD in name, description and
// transitions.
//
// # One ticket
//
// The uuid of a ticket follows from the key, the namespace and the project, and
// the platform refuses a uuid that is in use: of one key there is one ticket,
// whoever creates, and however often. A create looks for the ticket, then in
// the archives, because the uuid of a deleted ticket may be free again, and
// then posts. Every attempt runs in a job under an id of its own; when its
// answer is lost, the job is asked for, then the ticket, and only then a new
// attempt is made. An attempt that arrives late is refused by the platform.
//
// The platform refuses a uuid in use and a text that it cannot store with the
// same internal error, SYS.1000. When that comes three times and no ticket is
// to be seen, CreateTT gives up with tt.ErrConflict, unless the answer to another
// attempt was lost, which may hold the uuid: that may pass.
//
// Whether tags that come with a creation are stored is seen at the first create
// of a process; where they are not, every ticket gets them one by one, and a
// create that was interrupted before that is finished by the next with its key.
// One gap is left to installations that keep no archives: there a deleted
// ticket leaves nothing behind, and its key makes a new one.
//
// # Several writers
//
// Tags are added and never rewritten, so that any number of processes can write
// to one ticket, and no comment or member is lost. A comment with a key is
// looked for first; two processes that add it at the same instant leave two
// tags, which are read as one comment.
//
// # Updates
//
// GetUpdates reads the histories, which have a number over all tickets of the
// platform, and the tags that were added. The latest 256 numbers and the tags
// of the latest 5 seconds are read again each time, because what has a lower
// number or an earlier date may commit late; the cursor knows what was told. A
// person must reject a ticket and reopen it in order to comment; both in one
// second are told as a comment. Deletions are not told. Own is true of what
// carries this library's note, and of its tags.
//
// # Sessions
//
// A user has a limited number of sessions, so there is one login, made when the
// first call needs it, shared by all, and repeated once when the session has
// died, which for most calls shows only in their job. Shutdown logs out. After
// a login that was refused nobody tries again for a second, then for three
// times as long each time, up to five minutes; calls fail meanwhile. A session
// in the settings is used as it is.
//
// An access key signs every call. The server compares the date in the signature
// with its own local time, so its clock is asked for, and its time zone, unless
// timezone says it, is found by trying.
//
// The server names its time zone, and its offset. A machine without a time zone
// database has to take the offset, and asks for it again every quarter of an
// hour; timezone or the import of time/tzdata saves that.
//
// # What the vendor documents
//
// Paths, jobs, sessions, signatures, the query language and the error codes are
// in the open part of the platform (github.com/zstackio/zstack), the calls and
// fields of tickets in its SDK and in the developer guide. The ticket module
// itself is not public. What these leave open is a knob of zstacktest, and the
// adapter passes its tests under each value of each.
package zstack
