package zstacktest

import "time"

// Knobs settle what the vendor's documentation leaves open, and what differs
// between installations. The zero value is version 5 with the likeliest
// reading of everything else. A program that works under every value works
// whatever the real server does.
//
// [AllKnobs] lists every value of every knob, [RandomKnobs] combines them.
type Knobs struct {
	// How a job runs.

	JobTime      time.Duration // from the 202 to the result; see Options.JobTime
	JobPolls     int           // so many polls are answered 202 even when the result is there
	JobActs      JobActs       // when a job does its work
	CommitLag    time.Duration // transitions draw their sequence on arrival, and commit after all, none or half of it, in turn
	JobRetention time.Duration // for which a result can be polled, swept every third of it; 0: 3 hours, swept hourly
	RestartJobs  RestartJobs   // what a restart does to running jobs
	Starting     Starting      // what a server answers while it starts

	// How calls are accepted.

	Location       Location // the host in the location of a 202
	NoAPITimeout   bool     // a 202 has no apiTimeout
	RepeatLocation bool     // a poll that is answered 202 repeats the location

	// Who may call.

	SessionTimeout time.Duration // 0: 2 hours
	BadKey         BadKey        // how a wrong signature or access key is refused
	AccountKeys    bool          // an access key acts as an account, never as a virtual ID in a project
	AdminSubmits   bool          // the admin account may submit and change tickets for any virtual ID

	// What tickets do.

	Refusals          Refusals      // the code of a refusal by the ticket module
	OpenEvent         OpenEvent     // the event open
	UpdateRejected    bool          // a rejected ticket can be updated, too
	CheckBody         bool          // an apiBody that lacks a mandatory parameter is refused at creation
	RefuseZeroTimes   bool          // executeTimes below 1 is refused at creation
	CreateRow         bool          // a creation writes a history row, Pending to Pending
	ResultRow         ResultRow     // where the results of the requests are recorded
	ExecutorDropsTags bool          // the executor ignores apiBody.systemTags: validation-only requests run
	DeleteMissing     DeleteMissing // deletion of what does not exist
	NoArchive         bool          // a deleted ticket leaves nothing behind
	BurnUUIDs         bool          // the uuid of a deleted ticket cannot be used again
	KeepTags          bool          // user tags outlive their ticket

	// What texts and tags do.

	DropCreateTags bool         // userTags of a creation are ignored
	DuplicateTag   DuplicateTag // the code of a tag that is there
	Texts          Texts        // what the database does to texts that it cannot hold
	CaseSensitive  bool         // conditions and tags tell letter case apart
	RefuseQuotes   bool         // a quote or backslash in a condition is an internal error

	// What an answer looks like.

	Dates        Dates      // the spelling of dates
	Zone         Zone       // the server's time zone; see Options.Location
	Numbers      Numbers    // the spelling of numbers in free-form objects
	Locale       Locale     // the language of details
	Errors       ErrorShape // which optional parts an error has
	Operators    Operators  // the operatorType of history rows
	Rows         RowOrder   // the order of a query without sort
	ExtraFields  bool       // inventories have fields that nobody documented
	SuccessField bool       // answers without an inventory have "success":true
	Throttled    Throttled  // what a rate limit looks like (a proxy's: the vendor has none)

	// Clock.

	Skew   time.Duration // the server's clock minus Options.Now
	NoDate bool          // no Date header
}

// JobActs is when a job does its work.
type JobActs string

// The moments.
const (
	ActsOnArrival JobActs = ""    // before the 202 is sent
	ActsAtEnd     JobActs = "end" // when JobTime has passed
)

// RestartJobs is what a restart does to the jobs that run. None of them does
// any more work.
type RestartJobs string

// The fates of running jobs.
const (
	RestartSticks RestartJobs = ""     // polls are answered 202 for ever
	RestartDrops  RestartJobs = "drop" // polls are answered 404
)

// Starting is what a server answers while it starts.
type Starting string

// The answers of a starting server.
const (
	StartingNotFound Starting = ""    // the servlet container's 404 page
	StartingNotReady Starting = "503" // SYS.1010
)

// Location is the host in the location of a 202.
type Location string

// The hosts.
const (
	LocationForeign Location = ""     // Options.LocationHost, which a client may be unable to reach
	LocationSame    Location = "same" // the host that the client asked
)

// BadKey is how a wrong signature or access key is refused.
type BadKey string

// The refusals of access keys.
const (
	BadKeyCredentials BadKey = ""     // 503 with ID.1000
	BadKeySession     BadKey = "1001" // 503 with ID.1001
	BadKeyText        BadKey = "text" // 400 with a text
)

// Refusals is the code of a refusal by the ticket module: everything but
// missing, empty and overlong fields.
type Refusals string

// The codes.
const (
	RefusalsMixed     Refusals = ""     // SYS.1007 at creation, SYS.1006 afterwards
	RefusalsOperation Refusals = "1006" // always SYS.1006
	RefusalsArgument  Refusals = "1007" // always SYS.1007
)

// OpenEvent is what the status event open does.
type OpenEvent string

// The meanings of open.
const (
	OpenRefused OpenEvent = ""       // it is refused in every status
	OpenReopens OpenEvent = "reopen" // it is another word for reopen
)

// ResultRow is where the results of executed requests are recorded.
type ResultRow string

// The places.
const (
	ResultRowOwn    ResultRow = ""       // in a row of its own, FinalApproved to FinalApproved
	ResultRowShared ResultRow = "shared" // in the row of the last approval
)

// DeleteMissing is the answer to the deletion of what does not exist.
type DeleteMissing string

// The answers.
const (
	DeleteMissingDone    DeleteMissing = ""     // success
	DeleteMissingRefused DeleteMissing = "1003" // SYS.1003
)

// DuplicateTag is the code of the refusal of a tag that is there.
type DuplicateTag string

// The codes.
const (
	DuplicateTagOperation DuplicateTag = ""    // SYS.1006
	DuplicateTagOwn       DuplicateTag = "tag" // TAG.1000
)

// Texts is what the database does to texts beyond its limits: more than 65,535
// bytes, and runes above U+FFFF.
type Texts string

// The ways.
const (
	TextsRefused Texts = ""        // SYS.1000
	TextsCut     Texts = "cut"     // they end before what does not fit
	TextsWide    Texts = "utf8mb4" // all runes fit; too many bytes are SYS.1000
)

// Dates is the spelling of dates. All are in the server's zone, without
// saying so, and have whole seconds.
type Dates string

// The spellings, by the Java that runs the server.
const (
	DatesJava8  Dates = ""   // Nov 14, 2017 10:20:57 PM
	DatesJava9  Dates = "9"  // Nov 14, 2017, 10:20:57 PM
	DatesJava20 Dates = "20" // the same with U+202F before PM
)

// Zone is a time zone without summer time.
type Zone string

// The zones.
const (
	ZoneShanghai Zone = ""
	ZoneUTC      Zone = "UTC"
	ZoneKolkata  Zone = "Asia/Kolkata" // +05:30
	ZonePhoenix  Zone = "America/Phoenix"
)

// Numbers is the spelling of numbers in free-form objects: request,
// accountSystemContext, operationContext.
type Numbers string

// The spellings of numbers.
const (
	NumbersWhole  Numbers = ""      // 1
	NumbersFloats Numbers = "float" // 1.0, and 1.545993580705E12
)

// Locale is the language of an error's details.
type Locale string

// The languages.
const (
	Chinese Locale = ""
	English Locale = "en_US"
)

// ErrorShape is which optional parts an error has.
type ErrorShape string

// The shapes. The last two wrap the refusal of a job in SYS.1006 (SYS.1002
// around a SYS.1000 at creation); errors of identity are never wrapped.
const (
	ErrorShort  ErrorShape = ""       // code, description, details
	ErrorFull   ErrorShape = "full"   // and elaboration, cost, location, opaque, messages
	ErrorCause  ErrorShape = "cause"  // the code is in cause
	ErrorCauses ErrorShape = "causes" // the code is in causes, a list
)

// Operators is the operatorType of history rows.
type Operators string

// The operator types, of a virtual ID and of an account.
const (
	OperatorsLong  Operators = ""     // IAM2VirtualID, Account
	OperatorsShort Operators = "iam2" // iam2, account
	OperatorsNone  Operators = "none" // absent
)

// RowOrder is the order of a query without sort.
type RowOrder string

// The orders.
const (
	RowsCreated  RowOrder = ""
	RowsByUUID   RowOrder = "uuid"
	RowsReversed RowOrder = "reversed"
)

// Throttled is what a rate limit looks like.
type Throttled string

// The rate limits of proxies.
const (
	Throttled429 Throttled = ""    // 429 with a text
	Throttled503 Throttled = "503" // 503 with HTML
)
