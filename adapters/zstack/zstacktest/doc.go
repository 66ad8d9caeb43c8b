// Package zstacktest simulates the ticket API of ZStack Cloud, for tests of
// programs that use it through adapters/zstack or directly.
//
// A [Server] holds tickets, histories, tags, sessions and jobs in memory and
// speaks HTTP: in memory through [Server.Client], on a loopback port through
// [Server.Listen], or as an http.Handler. Zero [Options] make an installation
// with one project, two virtual IDs and an access key, whose names, passwords
// and uuids are constants. [Server.Tickets], [Server.Histories], [Server.Tags]
// and [Server.Jobs] show what it holds, [Server.Requests] what it was asked.
// [Server.Open], [Server.Act], [Server.Remark] and [Server.Delete] are what
// people do in the console. [Server.Approvals] and [Server.Executions] prove that a program
// approved nothing.
//
// # Routes
//
// Paths follow the context path ("/zstack") and "/v1". A 202 makes a job.
//
//	login             PUT     /accounts/login, PUT /iam2/virtual-ids/login
//	login-project     PUT     /iam2/projects/login
//	login-platform    PUT     /iam2/platform/login
//	logout            DELETE  /accounts/sessions/{uuid}
//	renew             PUT     /accounts/sessions/{uuid}/renew         202
//	valid             GET     /accounts/sessions/{uuid}/valid
//	ready             GET     /management-nodes/ready
//	time              PUT     /management-nodes/actions               getCurrentTime
//	zone              GET     /management-nodes/platform-timezone
//	job               GET     /api-jobs/{uuid}
//	create            POST    /tickets                                202, writes
//	change            PUT     /tickets/{uuid}/actions                 202, writes: changeTicketStatus, updateTicketRequest
//	delete            DELETE  /tickets/{uuid}                         202, writes
//	tickets           GET     /tickets, /tickets/{uuid}
//	histories         GET     /tickets/histories, /tickets/histories/{uuid}
//	archives          GET     /tickets/archives
//	history-archives  GET     /tickets/histories/archives
//	types             GET     /ticket-types, /ticket-types/{uuid}
//	flows             GET     /tickets/flow, /tickets/flow/{uuid}
//	collections       GET     /tickets/flow-collections, /tickets/flow-collections/{uuid}
//	tag               POST    /user-tags                              202, writes
//	tags              GET     /user-tags, /user-tags/{uuid}
//	untag             DELETE  /tags/{uuid}                            202, writes
//
// Not simulated: web hooks, captchas and second factors, the newer generic
// login, set-up of types and approval processes over the API, tag patterns,
// joins in queries (a dotted name is an unknown field), permissions within a
// project, and versions before 4.5, whose histories have no sequence.
//
// # What is known
//
// Documented by the vendor, or to be read in its published code: paths,
// headers, action keys; 202 with a location and polling; X-Job-UUID and its
// refusals; sessions and their sliding end; the string that an access key
// signs, and that the zone of its Date is ignored unless the administrator
// wants it; plain texts of the REST layer and JSON errors of the API; limits
// of fields; the pattern of resourceUuid; the texts and their order in the
// creation of a ticket; the query language; tags; the spellings of dates.
// These are fixed here.
//
// Inferred, and fixed here because nothing else is likely: a new ticket is
// Pending; approve leads to IntermediateApproved while steps are left and then
// to FinalApproved; reject to Rejected; reopen of a cancelled or rejected
// ticket to Pending, with the first step again; a final ticket changes no
// more; only the submitter cancels, reopens and updates; the step that waits
// is null in a status that waits for nobody; a uuid that is used is SYS.1000,
// and so is an unknown field in a query; an unknown event counts as missing;
// who sees a ticket may tag and delete it, in either delete mode; there is a
// default approval process with one step, whose approver is the admin account.
//
// Inferred or unknown, with another reading that a program might meet: these
// are the fields of [Knobs], with what their zero value means.
//
//	JobTime, JobPolls    unknown   the first poll has the result
//	JobActs              unknown   a job acts before its 202
//	CommitLag            inferred  none: sequences commit in order
//	JobRetention         documented, a setting: 3 hours, swept hourly
//	RestartJobs          inferred  a job that a restart interrupts is polled 202 for ever
//	Starting             inferred  the servlet container's 404 page
//	Location             documented, a setting: the node's own address
//	NoAPITimeout         documented of older versions
//	RepeatLocation       the vendor's page and code differ: the code's empty object
//	SessionTimeout       documented, a setting: 2 hours
//	BadKey               unknown   ID.1000
//	AccountKeys          unknown   an access key can act in a project
//	AdminSubmits         unknown   an account submits nothing
//	Refusals             inferred  SYS.1007 at creation, SYS.1006 afterwards
//	OpenEvent            unknown   refused
//	UpdateRejected       documented of older versions: only cancelled tickets
//	CheckBody            unknown   not at creation
//	RefuseZeroTimes      unknown   accepted
//	CreateRow            unknown   a creation writes no history
//	ResultRow            inferred  a row from FinalApproved to FinalApproved
//	ExecutorDropsTags    inferred  the executor respects apiBody.systemTags
//	DeleteMissing        unknown   success
//	NoArchive            inferred  deleted tickets are archived
//	BurnUUIDs            unknown   a uuid is free after deletion
//	KeepTags             inferred  tags go with their ticket
//	DropCreateTags       inferred  userTags of a creation are stored
//	DuplicateTag         two codes are documented: SYS.1006
//	Texts                inferred  what does not fit is SYS.1000
//	CaseSensitive        inferred  letter case does not count, as in MySQL
//	RefuseQuotes         inferred  quotes and backslashes are ordinary
//	Dates                documented, by the version of Java: 8
//	Zone                 a setting: Asia/Shanghai
//	Numbers              both are documented: whole numbers
//	Locale               documented, a setting: Chinese
//	Errors               documented to vary: code, description, details
//	Operators            unknown   IAM2VirtualID and Account
//	Rows                 unknown   in the order of creation
//	ExtraFields          clients must tolerate them: none
//	SuccessField         inferred  no "success":true
//	Throttled            the vendor has no rate limit; a proxy's 429
//	Skew, NoDate         an installation's
//
// A test that runs under [AllKnobs] and some [RandomKnobs] knows that the
// program does not depend on a guess.
//
// # Faults
//
// [Server.Inject] scripts failures of the network and the server, by the
// routes above; change stands for both of its actions. Refuse is exact with
// the client of [Server.Client] only: nothing is sent. Over a port the request
// has arrived by the time that it is chosen, and the connection is closed
// unread. Throttle is what Knobs.Throttled says. Unauthorized ends the session
// of the request for good: a synchronous call is answered 503 with ID.1001, an
// asynchronous one 202, and its job has failed with ID.1001; a login is
// refused with ID.1000; an access key as Knobs.BadKey says; a poll is answered
// as ever, because it needs no credentials. StatusAfter answers plain text for
// 500, HTML for all else.
//
// [Server.InjectJob] scripts failures of jobs that were accepted: stuck for
// ever, expired, failed before or after the server has acted, ended by a dead
// session; and API errors of synchronous calls. [Server.Restart] interrupts all
// jobs.
//
// # Time
//
// All time is package time, so that a test in a testing/synctest bubble waits
// for nothing. Make and close the Server in the bubble. Nothing runs in the
// background: jobs and late commits catch up whenever somebody looks.
package zstacktest
