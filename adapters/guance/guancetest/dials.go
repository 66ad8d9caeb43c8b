package guancetest

import (
	"time"

	"github.com/ttkit/ttkit/internal/sim"
)

// NamedKnobs is one setting of the knobs, with a name for a subtest.
type NamedKnobs struct {
	Name  string
	Knobs Knobs
}

// dials are the knobs' values beside the zero ones.
var dials = sim.Dials[Knobs]{
	{
		sim.To("list=get", func(k *Knobs) { k.List = ListGet }),
		sim.To("list=post", func(k *Knobs) { k.List = ListPost }),
		sim.To("list=get,wrong-verb=404", func(k *Knobs) { k.List, k.WrongVerb = ListGet, 404 }),
		sim.To("list=post,wrong-verb=404", func(k *Knobs) { k.List, k.WrongVerb = ListPost, 404 }),
	},
	{
		sim.To("delete=batch", func(k *Knobs) { k.Delete = DeleteBatch }),
		sim.To("delete=path", func(k *Knobs) { k.Delete = DeletePath }),
		sim.To("delete=none", func(k *Knobs) { k.Delete = DeleteNone }),
	},
	{sim.To("no-get", func(k *Knobs) { k.NoGet = true })},
	{sim.To("bad-uuid=400", func(k *Knobs) { k.BadUUID = 400 })},
	{sim.To("no-issues", func(k *Knobs) { k.NoIssues = true })},
	{sim.To("omitted=keep", func(k *Knobs) { k.Omitted = OmittedKept })},
	{sim.To("extend=merge", func(k *Knobs) { k.Extend = ExtendMerges })},
	{
		sim.To("unknown-keys=keep", func(k *Knobs) { k.UnknownKeys = UnknownKept }),
		sim.To("unknown-keys=refuse", func(k *Knobs) { k.UnknownKeys = UnknownRefused }),
	},
	{sim.To("keep-empty-uuid", func(k *Knobs) { k.KeepEmptyUUID = true })},
	{sim.To("normalize", func(k *Knobs) { k.Normalize = true })},
	{
		sim.To("length=bytes", func(k *Knobs) { k.Length = LengthBytes }),
		sim.To("length=utf16", func(k *Knobs) { k.Length = LengthUTF16 }),
	},
	{sim.To("rule-name-limit=256", func(k *Knobs) { k.RuleNameLimit = 256 })},
	{sim.To("refuse-empty-rules", func(k *Knobs) { k.RefuseEmptyRules = true })},
	{sim.To("empty-targets", func(k *Knobs) { k.EmptyTargets = true })},
	{sim.To("refuse-teams", func(k *Knobs) { k.RefuseTeams = true })},
	{sim.To("loose-times", func(k *Knobs) { k.LooseTimes = true })},
	{sim.To("forward-hours", func(k *Knobs) { k.ForwardHours = true })},
	{sim.To("dimension-array", func(k *Knobs) { k.DimensionArray = true })},
	{sim.To("unchecked-filter", func(k *Knobs) { k.UncheckedFilter = true })},
	{sim.To("unique-names", func(k *Knobs) { k.UniqueNames = true })},
	{sim.To("editable-default", func(k *Knobs) { k.EditableDefault = true })},
	{sim.To("issue-extend", func(k *Knobs) { k.IssueExtend = true })},
	{
		sim.To("list-lag=2s", func(k *Knobs) { k.ListLag = 2 * time.Second }),
		sim.To("list-lag=2s,get-lag", func(k *Knobs) { k.ListLag, k.GetLag = 2*time.Second, true }),
	},
	{sim.To("commit-delay=1s", func(k *Knobs) { k.CommitDelay = time.Second })},
	{
		sim.To("ids=early,commit-delay=1s", func(k *Knobs) { k.IDs, k.CommitDelay = IDsEarly, time.Second }),
		sim.To("ids=blocks", func(k *Knobs) { k.IDs = IDsBlocks }),
		sim.To("ids=reversed", func(k *Knobs) { k.IDs = IDsReversed }),
	},
	{
		sim.To("errors=not-found", func(k *Knobs) { k.Errors = ErrorsNotFoundBody }),
		sim.To("errors=all", func(k *Knobs) { k.Errors = ErrorsInBody }),
	},
	{
		sim.To("row-id=always", func(k *Knobs) { k.RowID = RowIDAlways }),
		sim.To("row-id=never", func(k *Knobs) { k.RowID = RowIDNever }),
	},
	{
		sim.To("unset=minus", func(k *Knobs) { k.Unset = UnsetMinus }),
		sim.To("unset=null", func(k *Knobs) { k.Unset = UnsetNull }),
	},
	{sim.To("rows=array", func(k *Knobs) { k.Rows = RowsBare })},
	{
		sim.To("page-info=content", func(k *Knobs) { k.PageInfo = PageInfoContent }),
		sim.To("page-info=none", func(k *Knobs) { k.PageInfo = PageInfoNone }),
	},
	{sim.To("float-times", func(k *Knobs) { k.FloatTimes = true })},
	{sim.To("null-empty", func(k *Knobs) { k.NullEmpty = true })},
	{sim.To("extra-fields", func(k *Knobs) { k.ExtraFields = true })},
	{sim.To("bare-incident", func(k *Knobs) { k.BareIncident = true })},
	{sim.To("trace=digits", func(k *Knobs) { k.Trace = TraceDigits })},
	{sim.To("language=zh", func(k *Knobs) { k.Language = Chinese })},
	{
		sim.To("search=case", func(k *Knobs) { k.Search = SearchCase }),
		sim.To("search=ignored", func(k *Knobs) { k.Search = SearchIgnored }),
	},
	{
		sim.To("sort=oldest", func(k *Knobs) { k.Sort = SortOldest }),
		sim.To("sort=updated", func(k *Knobs) { k.Sort = SortUpdated }),
	},
	{sim.To("last-page", func(k *Knobs) { k.LastPage = true })},
	{sim.To("show-deleted", func(k *Knobs) { k.ShowDeleted = true })},
	{
		sim.To("window=fixed", func(k *Knobs) { k.Window = WindowFixed }),
		sim.To("window=first", func(k *Knobs) { k.Window = WindowFirst }),
	},
	{sim.To("count-refused", func(k *Knobs) { k.CountRefused = true })},
	{sim.To("limit-wait", func(k *Knobs) { k.LimitWait = true })},
	{sim.To("filter-match=either", func(k *Knobs) { k.FilterMatch = FilterEither })},
	{sim.To("left-to-right", func(k *Knobs) { k.LeftToRight = true })},
	{sim.To("sleeping-claims", func(k *Knobs) { k.SleepingClaims = true })},
	{sim.To("off-days=last", func(k *Knobs) { k.OffDays = OffDaysLast })},
	{sim.To("level-clock=previous", func(k *Knobs) { k.LevelClock = LevelSincePrevious })},
	{
		sim.To("workspace=empty", func(k *Knobs) { k.Workspace = WorkspaceEmpty }),
		sim.To("workspace=people", func(k *Knobs) { k.Workspace = WorkspacePeople }),
		sim.To("workspace=crowded", func(k *Knobs) { k.Workspace = WorkspaceCrowded }),
	},
	{
		sim.To("skew=90s", func(k *Knobs) { k.Skew = 90 * time.Second }),
		sim.To("skew=-90s", func(k *Knobs) { k.Skew = -90 * time.Second }),
	},
	{sim.To("no-date", func(k *Knobs) { k.NoDate = true })},
}

// AllKnobs returns the defaults, and after them every other value of every
// knob alone.
func AllKnobs() []NamedKnobs {
	var all []NamedKnobs
	for name, k := range dials.All() {
		all = append(all, NamedKnobs{name, k})
	}
	return all
}

// RandomKnobs returns a combination: every knob has its zero value with a
// probability of one half, else any of the values of [AllKnobs]. The same
// seed gives the same combination.
func RandomKnobs(seed uint64) Knobs { return dials.Random(seed) }
