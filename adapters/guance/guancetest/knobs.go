package guancetest

import "time"

// Knobs settle what the vendor's documentation leaves open. The zero value is
// the likeliest reading. A program that works under every value works whatever
// the real server does.
//
// [AllKnobs] lists every value of every knob, [RandomKnobs] combines them.
type Knobs struct {
	// Which routes exist.

	List      ListRoute   // by which verb schedules are listed
	Delete    DeleteRoute // how schedules are deleted
	NoGet     bool        // there is no route for one schedule
	WrongVerb int         // status of a path that exists for the other verb: 0 is 405, else 404
	BadUUID   int         // status of a name that is no schedule's: 0 is 404, else 400
	NoIssues  bool        // the older Issue API is not there

	// What a write means.

	Omitted          Omitted     // optional fields that a modify leaves out
	Extend           ExtendWrite // extend in a modify
	UnknownKeys      UnknownKeys // keys of a body that nobody documented
	KeepEmptyUUID    bool        // a strategy's empty uuid stays empty
	Normalize        bool        // extend and strategies are stored re-serialised: keys sorted, escapes resolved
	Length           LengthUnit  // in which unit lengths are limited
	RuleNameLimit    int         // length of a strategy's name, more is 400; 0: no limit
	RefuseEmptyRules bool        // a strategy without levels is 400
	EmptyTargets     bool        // notifyTargets may be empty
	RefuseTeams      bool        // a team (group_…) in notifyTargets is 400
	LooseTimes       bool        // effectiveTime may be one-sided, empty or reversed
	ForwardHours     bool        // start must lie before end; equal and overnight hours are 400
	DimensionArray   bool        // dimensionFilter may be an array of terms, joined by AND
	UncheckedFilter  bool        // dimensionFilter is stored unread; what cannot be read matches nothing
	UniqueNames      bool        // a second living schedule of the same name is 409
	EditableDefault  bool        // built-in schedules can be changed and deleted
	IssueExtend      bool        // a modify of an issue needs extend

	// When a write shows.

	ListLag     time.Duration // lists show what was true so long ago
	GetLag      bool          // get does not know a schedule before the lists do
	CommitDelay time.Duration // adds commit after none, half or all of it, in turn
	IDs         IDOrder       // in which order schedules get their row ids

	// What an answer looks like.

	Errors       ErrorStatus // the HTTP status of errors
	RowID        RowID       // where the row id shows
	Unset        Unset       // updateAt and updator before the first modify
	Rows         RowsShape   // where the rows of a list stand
	PageInfo     PageInfo    // where pageInfo stands
	FloatTimes   bool        // timestamps of the server have fractions
	NullEmpty    bool        // empty tagFilter, dimensionFilter, extend and strategyConfig are null
	ExtraFields  bool        // answers have the fields that the predecessor's have
	BareIncident bool        // an incident is shown without the envelope
	Trace        Trace       // the form of traceId
	Language     Language    // of messages

	// Who finds what.

	Search      Search // what the parameter search does
	Sort        Sort   // the order of a list
	LastPage    bool   // a page out of range shows the last one
	ShowDeleted bool   // deleted schedules can still be read

	// How calls are counted; see [Limits].

	Window       LimitWindow // the kind of window
	CountRefused bool        // a refused call counts, too
	LimitWait    bool        // a refusal has a Retry-After

	// Who is told; see [Server.Notified].

	FilterMatch    FilterMatch // how tagFilter and dimensionFilter combine
	LeftToRight    bool        // AND does not bind closer than OR
	SleepingClaims bool        // a schedule that is not in effect still takes its incidents from global ones
	OffDays        OffDays     // who is on duty on a day that the rotation leaves out
	LevelClock     LevelClock  // from when levelUpTime runs

	// What the default workspace holds. New alone reads it.

	Workspace Workspace

	// Clock.

	Skew   time.Duration // the server's clock minus Options.Now
	NoDate bool          // no Date header
}

// ListRoute is the verb of the list.
type ListRoute string

// The verbs.
const (
	ListBoth ListRoute = ""
	ListGet  ListRoute = "get"  // parameters in the query
	ListPost ListRoute = "post" // parameters in a JSON body
)

// DeleteRoute is how a schedule is deleted.
type DeleteRoute string

// The ways to delete.
const (
	DeleteBoth  DeleteRoute = ""
	DeleteBatch DeleteRoute = "batch" // …/schedule/delete with a list of uuids
	DeletePath  DeleteRoute = "path"  // …/schedule/{uuid}/delete
	DeleteNone  DeleteRoute = "none"
)

// Omitted is the fate of optional fields that a modify leaves out.
type Omitted string

// The fates of omitted fields.
const (
	OmittedReset Omitted = ""     // they get their defaults
	OmittedKept  Omitted = "keep" // they stay as they are
)

// ExtendWrite is what extend in a modify means.
type ExtendWrite string

// The meanings of extend.
const (
	ExtendReplaces ExtendWrite = ""
	ExtendMerges   ExtendWrite = "merge" // keys that are left out stay
)

// UnknownKeys is the fate of undocumented keys in a body and in its extend. A
// key that the schedule already has, because a person's client wrote it, is
// not unknown: it is an optional field like any other. Keys inside a strategy
// are always kept.
type UnknownKeys string

// The fates of unknown keys.
const (
	UnknownDropped UnknownKeys = ""
	UnknownKept    UnknownKeys = "keep"   // stored and shown
	UnknownRefused UnknownKeys = "refuse" // 400; so are fields that only answers have
)

// LengthUnit is what a limit of length counts.
type LengthUnit string

// The units.
const (
	LengthRunes LengthUnit = ""
	LengthBytes LengthUnit = "bytes" // of UTF-8
	LengthUTF16 LengthUnit = "utf16" // code units
)

// IDOrder is the order of row ids.
type IDOrder string

// The orders of ids.
const (
	IDsByCommit IDOrder = ""         // ascending, in the order of commit
	IDsEarly    IDOrder = "early"    // ascending, in the order of arrival; see Knobs.CommitDelay
	IDsBlocks   IDOrder = "blocks"   // two nodes in turn, each with a reserved block of 20
	IDsReversed IDOrder = "reversed" // blocks of 20, each handed out from its end
)

// ErrorStatus is which errors come with HTTP status 200 and their code in the
// body alone. Rate limits, bad keys and internal errors never do.
type ErrorStatus string

// The statuses of errors.
const (
	ErrorsByStatus     ErrorStatus = ""          // HTTP status and code are equal
	ErrorsNotFoundBody ErrorStatus = "not-found" // code 404 under HTTP 200
	ErrorsInBody       ErrorStatus = "all"       // every code under HTTP 200
)

// RowID is where the row id shows; elsewhere it is null.
type RowID string

// The places of the row id.
const (
	RowIDRead   RowID = ""       // in every answer but that of add
	RowIDAlways RowID = "always" // in the answer of add, too
	RowIDNever  RowID = "never"
)

// Unset is how updateAt and updator look before the first modify.
type Unset string

// The forms of what is not set.
const (
	UnsetMixed Unset = ""      // null in the answer of add, else -1 and ""
	UnsetMinus Unset = "minus" // always -1 and ""
	UnsetNull  Unset = "null"  // always null
)

// RowsShape is where the rows of a list stand.
type RowsShape string

// The shapes of a list.
const (
	RowsInData RowsShape = ""      // content is {"data": […]}
	RowsBare   RowsShape = "array" // content is […]
)

// PageInfo is where pageInfo stands.
type PageInfo string

// The places of pageInfo. There is none inside a bare array.
const (
	PageInfoTop     PageInfo = ""        // beside content
	PageInfoContent PageInfo = "content" // inside content
	PageInfoNone    PageInfo = "none"
)

// Trace is the form of traceId.
type Trace string

// The forms of traceId.
const (
	TraceUUID   Trace = ""       // TRACE- and a UUID in upper case
	TraceDigits Trace = "digits" // digits alone
)

// Language is the language of messages.
type Language string

// The languages.
const (
	English Language = ""
	Chinese Language = "zh"
)

// Search is what the parameter search does.
type Search string

// The kinds of search.
const (
	SearchFold    Search = ""        // a part of the name, in any letter case
	SearchCase    Search = "case"    // a part of the name, letter for letter
	SearchIgnored Search = "ignored" // nothing
)

// Sort is the order of a list.
type Sort string

// The orders of a list.
const (
	SortNewest  Sort = ""        // by row id, the highest first
	SortOldest  Sort = "oldest"  // by row id, the lowest first
	SortUpdated Sort = "updated" // what changed last first: rows move between pages
)

// LimitWindow is the kind of window in which calls are counted.
type LimitWindow string

// The windows. Per stands for Limits.Per.
const (
	WindowSliding LimitWindow = ""      // the calls of the last Per
	WindowFixed   LimitWindow = "fixed" // begins at every multiple of Per since 1970
	WindowFirst   LimitWindow = "first" // begins at the first call after the last window ended
)

// FilterMatch is how tagFilter and dimensionFilter combine when a schedule has
// both.
type FilterMatch string

// The combinations.
const (
	FilterBoth   FilterMatch = ""       // both must match
	FilterEither FilterMatch = "either" // one is enough
)

// OffDays is who is on duty on a day that the rotation leaves out: the weekend
// of workDay, the working days of weekend.
type OffDays string

// The duties of such days.
const (
	OffDaysNobody OffDays = ""
	OffDaysLast   OffDays = "last" // whoever was on duty last
)

// LevelClock is from when a level's levelUpTime runs.
type LevelClock string

// The clocks of levels.
const (
	LevelSinceOpen     LevelClock = ""         // from the incident's beginning
	LevelSincePrevious LevelClock = "previous" // from the level before
)

// Workspace is what the default workspace holds at the start.
type Workspace string

// The contents.
const (
	WorkspaceBuiltIn Workspace = ""        // one built-in global schedule
	WorkspaceEmpty   Workspace = "empty"   // nothing
	WorkspacePeople  Workspace = "people"  // the built-in one and some that people made
	WorkspaceCrowded Workspace = "crowded" // more than a page of people's
)
