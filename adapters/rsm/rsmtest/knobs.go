package rsmtest

import "time"

// Knobs settle what the vendor's documentation leaves open. The zero value is
// the profile of version 8.3 with the likeliest reading of everything else.
// A program that works under every value works whatever the real server does.
//
// [AllKnobs] lists every value of every knob, [RandomKnobs] combines them.
type Knobs struct {
	// Profile presets what differs between the versions: fractions of
	// seconds and the depth of the scope Ci.
	Profile Profile

	// What a write means.

	Labels         LabelPatch    // labels in a PATCH
	Items          ItemPatch     // configItems in a PATCH
	Scope          ScopeChange   // configItems of a mode that has started
	CancelRunning  CancelRunning // cancel of a mode that has started
	CancelDates    CancelDates   // what a cancel does to dates
	CancelFields   CancelFields  // other fields beside cancel:true
	PastStart      PastStart     // dateStart before now at creation
	IgnoreValidate bool          // batchValidate=true drops silently, as false does
	RefuseZ        bool          // a date that ends in Z is a model error
	LabelLimit     int           // bytes in a label's value, more is 400; 0: no limit
	TitleLimit     int           // characters in a title, more is 400; 0: no limit

	// When a write shows.

	Tick        time.Duration // states follow the dates at multiples of it; 0: at once
	ListLag     time.Duration // list, filter and search show what was true so long ago
	GetLag      bool          // GET by id does not know a mode before the lists do
	CommitDelay time.Duration // creations commit after none, half or all of it, in turn
	IDs         IDOrder       // in which order modes get their ids

	// What an answer looks like.

	RunningState   string     // "" is Active; else InProgress, Started, Running
	CancelledState string     // "" is Cancelled; else Canceled
	Fraction       Fraction   // of seconds in dates
	Zone           Zone       // the offset of dates
	DefaultDepth   int        // 0 or -1: the depth of every item with the scope Ci
	LowerLabelKeys bool       // label keys are shown with their first letter lowered
	NullEmpty      bool       // labels are null instead of {} when there are none
	ExtraFields    bool       // modes and items have fields that nobody documented
	HideItems      bool       // items on CIs that the token may not read are left out
	NoPaging       bool       // no X-Total, X-Page and so on
	Language       Language   // of the texts
	Period         bool       // texts end with a period
	Errors         ErrorShape // bodies of errors
	Denials        ErrorShape // bodies of 401, 403 and 415
	BadID          int        // status of an id that is no number: 0 is 400, else 404

	// Who finds what.

	ExpandChildren bool          // a filter by CI finds modes that reach it as CiAndChildren
	FoldNames      bool          // a CI is found by its name in any letter case
	TokenLag       time.Duration // a revoked token works so much longer

	// Clock.

	Skew   time.Duration // the server's clock minus Options.Now
	NoDate bool          // no Date header
}

// Profile is a version of the product.
type Profile string

// The profiles.
const (
	Profile83 Profile = ""
	Profile67 Profile = "6.7" // seven fractional digits, depth -1
)

// LabelPatch is what labels in a PATCH mean.
type LabelPatch string

// The meanings of labels in a PATCH.
const (
	LabelsReplace LabelPatch = ""      // they become the mode's labels
	LabelsMerge   LabelPatch = "merge" // they are added to the mode's labels
)

// ItemPatch is what configItems in a PATCH mean.
type ItemPatch string

// The meanings of configItems in a PATCH.
const (
	ItemsReplace ItemPatch = ""      // they become the mode's scope
	ItemsMerge   ItemPatch = "merge" // they are added to the mode's scope
)

// ScopeChange is how the scope of a mode changes once it has started.
type ScopeChange string

// The ways to change a scope.
const (
	// ScopeHistory keeps a removed CI as an item that ended, and opens a new
	// item for an added or changed one, so that one CI may appear twice.
	ScopeHistory ScopeChange = ""

	// ScopePlain makes the list what was sent; an added item has the dates
	// of its mode.
	ScopePlain ScopeChange = "plain"
)

// CancelRunning is what cancel does to a mode that has started.
type CancelRunning string

// The meanings of cancel on a running mode.
const (
	CancelCompletes CancelRunning = ""       // it ends now, as Completed
	CancelCancels   CancelRunning = "cancel" // it ends now, as Cancelled
	CancelRejected  CancelRunning = "reject" // 400 "already started"
)

// CancelDates is what a cancel does to dates.
type CancelDates string

// The dates that a cancel moves.
const (
	CancelMovesRunning CancelDates = ""       // those of a running mode and its items end now, a pending one's stay
	CancelMovesItems   CancelDates = "items"  // only the items of a running mode end now
	CancelMovesNothing CancelDates = "states" // only the states change
	CancelMovesAll     CancelDates = "all"    // a pending mode's start and end become now, too
)

// CancelFields is what happens to other fields beside cancel:true.
type CancelFields string

// The fate of fields beside cancel:true.
const (
	CancelKeepsFields CancelFields = ""     // they are stored, then the mode ends
	CancelDropsFields CancelFields = "drop" // the mode ends, they are lost
)

// PastStart is what happens to a dateStart before now at creation.
type PastStart string

// The fate of a past dateStart.
const (
	PastStartKept  PastStart = ""
	PastStartMoved PastStart = "move" // it becomes now
)

// IDOrder is the order of ids.
type IDOrder string

// The orders of ids.
const (
	IDsByCommit IDOrder = ""         // ascending, in the order of commit
	IDsEarly    IDOrder = "early"    // ascending, in the order of arrival; see Knobs.CommitDelay
	IDsBlocks   IDOrder = "blocks"   // two nodes in turn, each with a reserved block of 20
	IDsReversed IDOrder = "reversed" // blocks of 20, each handed out from its end
)

// Fraction is the number of fractional digits in dates. Dates are also stored
// with this precision.
type Fraction string

// The fractions.
const (
	FractionDefault Fraction = "" // what the profile has
	FractionNone    Fraction = "0"
	FractionTicks   Fraction = "7"
)

// Zone is the offset that dates are shown with. A date without offset is read
// as server-local time: +03:00 under ZoneMoscow, else UTC.
type Zone string

// The zones.
const (
	ZoneUTC    Zone = "" // +00:00
	ZoneMoscow Zone = "+03:00"
	ZoneZ      Zone = "Z"
	ZoneGiven  Zone = "given" // as the client wrote it
)

// Language is the language of texts.
type Language string

// The languages.
const (
	LanguageAsked Language = "" // what Accept-Language asks for, else English
	Russian       Language = "ru"
	English       Language = "en"
)

// ErrorShape is the form of an error's body.
type ErrorShape string

// The shapes. For [Knobs.Errors] the zero value means ErrorFields; for
// [Knobs.Denials] it means an empty 401, and ErrorFields for 403 and 415.
const (
	ErrorFields  ErrorShape = "fields"  // message, and bodyFields or queryFields where a field is wrong
	ErrorMessage ErrorShape = "message" // message alone
	ErrorStack   ErrorShape = "stack"   // ErrorFields with a stackTrace
	ErrorEmpty   ErrorShape = "empty"   // nothing
	ErrorProblem ErrorShape = "problem" // RFC 7807
)

// digits is the number of fractional digits in dates.
func (k Knobs) digits() int {
	if k.Fraction == FractionTicks || k.Fraction == FractionDefault && k.Profile == Profile67 {
		return 7
	}
	return 0
}

// cut rounds t down to what the server stores.
func (k Knobs) cut(t time.Time) time.Time {
	if k.digits() == 7 {
		return t.Truncate(100 * time.Nanosecond)
	}
	return t.Truncate(time.Second)
}

// depth is what the server stores for an item.
func (k Knobs) depth(scope string, given *int) int {
	byDefault := k.DefaultDepth
	if k.Profile == Profile67 {
		byDefault = -1
	}
	if given == nil || scope == ScopeCi {
		return byDefault
	}
	return *given
}

// local is the zone of dates that come without one.
func (k Knobs) local() *time.Location {
	if k.Zone == ZoneMoscow {
		return moscow
	}
	return time.UTC
}

var moscow = time.FixedZone("", 3*60*60)
