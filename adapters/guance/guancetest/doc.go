// Package guancetest simulates the incident schedules of Guance (观测云) and
// TrueWatch, for tests of programs that use them through adapters/guance or
// directly.
//
// A [Server] holds schedules, incidents and issues in memory and speaks HTTP: in memory through
// [Server.Client], on a loopback port through [Server.Listen], or as an
// http.Handler. Zero [Options] make a server with one API key, [DefaultKey],
// no limits, and one built-in schedule. [Server.Schedules] shows what it
// holds, [Server.Requests] what it was asked, [Server.Notified] what the
// schedules do to the routing of incidents. [Server.AddSchedule],
// [Server.Edit] and [Server.Delete] are a person's acts in the console.
//
// # Routes
//
// All paths begin with /api/v1; every answer has the vendor's envelope. The
// names are those of fault scripts.
//
//	add     POST     /incidents/schedule/add             writes  documented
//	modify  POST     /incidents/schedule/{uuid}/modify   writes  documented
//	get     GET      /incidents/schedule/{uuid}/get              inferred; Knobs.NoGet
//	list    GET POST /incidents/schedule/list                    inferred; Knobs.List
//	delete  GET POST /incidents/schedule/delete          writes  inferred; Knobs.Delete
//	delete  GET POST /incidents/schedule/{uuid}/delete   writes  inferred; Knobs.Delete
//
//	incident-list    POST  /incidents/list                             documented
//	incident-get     GET   /incidents/{uuid}/get                       documented; Knobs.BareIncident
//	incident-modify  POST  /incidents/{uuid}/modify            writes  documented
//	incident-log     GET   /incidents/operate/{uuid}/list              documented
//	comment-add      POST  /incidents/comment/{uuid}/add       writes  documented
//	comment-modify   POST  /incidents/comment/{uuid}/modify    writes  documented
//	comment-list     GET   /incidents/comment/{uuid}/list              inferred
//
//	issue-add        POST  /issue/add                          writes  documented; Knobs.NoIssues
//	issue-get        GET   /issue/{uuid}/get                           documented
//	issue-modify     POST  /issue/{uuid}/modify                writes  documented; Knobs.IssueExtend
//	issue-list       POST  /issue/list                                 documented
//	issue-levels     GET   /issue-level/list                           documented
//	reply-add        POST  /issue/reply/create                 writes  documented
//	reply-list       GET   /issue/reply/{uuid}/list                    documented
//	reply-modify     POST  /issue/reply/{uuid}/modify          writes  inferred
//	reply-delete     GET POST  /issue/reply/{uuid}/delete      writes  inferred
//
// The batch delete takes any field whose name ends in UUIDs. No route needs a
// Content-Type. Monitors alone open incidents: [Server.AddIncident].
//
// # Where the facts come from
//
// Documented by the vendor: the header DF-API-KEY as the only credential; the
// envelope {code, content, errorCode, message, success, traceId}; the codes of
// rate limits (HTTP 401) and of a bad key (403), and the limits of 20 calls
// per minute for a key and 200 for a workspace; the fields of add and modify,
// which of them are required, that none may be null, the lengths; that
// answers call strategyConfig what requests call scheduleStrategy; that a
// modify sets rotationUpdateAt; the terms, AND, OR and the wildcard of
// dimensionFilter; that a schedule without filters gets only incidents that no
// other one matches, and that all that match send notices; the rotation
// cycles.
//
// Inferred, and fixed here: that lengths are of what Knobs.Length says and
// dates are Unix seconds of at most eleven digits; the format HH:MM; the
// grammar of [MatchFilter]; page sizes from 1 to 100, 10 by default; that a
// deleted schedule is gone for get and modify; what [Schedule.InEffect] says;
// which strings are targets; when escalations are due, and that their periods
// are at most a year.
//
// Open: whatever is a field of [Knobs]. Invented: the codes and texts of all
// errors but those three; read their status only.
//
// # Knobs
//
// The zero value of [Knobs] is the likeliest server. A test that runs under
// [AllKnobs] and some [RandomKnobs] knows that the program does not depend on
// a guess. The second column is the default, the third where it comes from:
// documented, although clients have seen otherwise; inferred from the
// predecessor of this API, its samples or its clients; or unknown, where
// nothing speaks for it but caution.
//
//	List             both verbs                              inferred
//	Delete           both paths                              inferred
//	NoGet            the route is there                      inferred
//	WrongVerb        405                                     unknown
//	BadUUID          404                                     unknown
//	NoIssues         the older API is there                  unknown
//	Omitted          a modify resets what it leaves out      unknown
//	Extend           a modify replaces it whole              inferred
//	UnknownKeys      dropped                                 unknown
//	KeepEmptyUUID    an empty uuid is replaced               unknown
//	Normalize        JSON is kept as it came                 unknown
//	Length           characters                              inferred
//	RuleNameLimit    none                                    unknown
//	RefuseEmptyRules accepted                                inferred
//	EmptyTargets     400                                     unknown
//	RefuseTeams      accepted                                inferred
//	LooseTimes       start and end, in this order            unknown
//	ForwardHours     any hours; they may reach over midnight unknown
//	DimensionArray   400                                     inferred
//	UncheckedFilter  400 where the grammar is broken         unknown
//	UniqueNames      names may repeat                        unknown
//	EditableDefault  403                                     unknown
//	IssueExtend      a modify needs no extend                inferred
//	ListLag          none                                    unknown
//	GetLag           none                                    unknown
//	CommitDelay      none                                    unknown
//	IDs              ascending by commit                     inferred
//	Errors           HTTP status and code are equal          documented
//	RowID            null in the answer of add alone         inferred
//	Unset            null in the answer of add, else -1, ""  inferred
//	Rows             {"data": [...]}                         inferred
//	PageInfo         beside content                          inferred
//	FloatTimes       whole seconds                           inferred
//	NullEmpty        [], "" and {}                           unknown
//	ExtraFields      none                                    unknown
//	BareIncident     with the envelope                       inferred
//	Trace            TRACE- and a UUID                       inferred
//	Language         English                                 unknown
//	Search           a part of the name, in any letter case  inferred
//	Sort             the newest first                        inferred
//	LastPage         a page out of range is empty            unknown
//	ShowDeleted      deleted schedules are gone              inferred
//	Window           sliding                                 unknown
//	CountRefused     refused calls do not count              unknown
//	LimitWait        no Retry-After                          unknown
//	FilterMatch      both filters                            inferred
//	LeftToRight      AND binds closer than OR                unknown
//	SleepingClaims   only what is in effect takes incidents  inferred
//	OffDays          nobody is on duty                       unknown
//	LevelClock       from the beginning of the incident      unknown
//	Workspace        one built-in schedule                   inferred
//	Skew             none
//	NoDate           every answer has a Date
//
// # Limits
//
// [Limits] are off unless they are asked for. Calls are counted exactly, by
// the server's clock: [Server.Usage] tells how often a key was refused, and
// how many calls it made at most within any minute.
//
// # Faults
//
// [Server.Inject] scripts failures of the network and the server. Refuse is
// exact with the client of [Server.Client] only: nothing is sent. Over a port
// the request has arrived by the time that it is chosen, and the connection is
// closed unread. Throttle is the vendor's refusal of a call too many (401,
// with a Retry-After if the fault has one), Unauthorized that of a bad key
// (403). What a fault keeps from the server is not counted by the limits.
//
// # Time
//
// All time is package time, so that a test in a testing/synctest bubble waits
// for nothing. Make and close the Server in the bubble.
package guancetest
