package guancetest

import (
	"math/rand/v2"
	"time"
)

// NamedKnobs is one setting of the knobs, with a name for a subtest.
type NamedKnobs struct {
	Name  string
	Knobs Knobs
}

// dial is one knob and the values that it can take beside its zero value.
type dial []value

type value struct {
	name string
	set  func(*Knobs)
}

var dials = []dial{
	{
		{"list=get", func(k *Knobs) { k.List = ListGet }},
		{"list=post", func(k *Knobs) { k.List = ListPost }},
		{"list=get,wrong-verb=404", func(k *Knobs) { k.List, k.WrongVerb = ListGet, 404 }},
		{"list=post,wrong-verb=404", func(k *Knobs) { k.List, k.WrongVerb = ListPost, 404 }},
	},
	{
		{"delete=batch", func(k *Knobs) { k.Delete = DeleteBatch }},
		{"delete=path", func(k *Knobs) { k.Delete = DeletePath }},
		{"delete=none", func(k *Knobs) { k.Delete = DeleteNone }},
	},
	{{"no-get", func(k *Knobs) { k.NoGet = true }}},
	{{"bad-uuid=400", func(k *Knobs) { k.BadUUID = 400 }}},
	{{"no-issues", func(k *Knobs) { k.NoIssues = true }}},
	{{"omitted=keep", func(k *Knobs) { k.Omitted = OmittedKept }}},
	{{"extend=merge", func(k *Knobs) { k.Extend = ExtendMerges }}},
	{
		{"unknown-keys=keep", func(k *Knobs) { k.UnknownKeys = UnknownKept }},
		{"unknown-keys=refuse", func(k *Knobs) { k.UnknownKeys = UnknownRefused }},
	},
	{{"keep-empty-uuid", func(k *Knobs) { k.KeepEmptyUUID = true }}},
	{{"normalize", func(k *Knobs) { k.Normalize = true }}},
	{
		{"length=bytes", func(k *Knobs) { k.Length = LengthBytes }},
		{"length=utf16", func(k *Knobs) { k.Length = LengthUTF16 }},
	},
	{{"rule-name-limit=256", func(k *Knobs) { k.RuleNameLimit = 256 }}},
	{{"refuse-empty-rules", func(k *Knobs) { k.RefuseEmptyRules = true }}},
	{{"empty-targets", func(k *Knobs) { k.EmptyTargets = true }}},
	{{"refuse-teams", func(k *Knobs) { k.RefuseTeams = true }}},
	{{"loose-times", func(k *Knobs) { k.LooseTimes = true }}},
	{{"forward-hours", func(k *Knobs) { k.ForwardHours = true }}},
	{{"dimension-array", func(k *Knobs) { k.DimensionArray = true }}},
	{{"unchecked-filter", func(k *Knobs) { k.UncheckedFilter = true }}},
	{{"unique-names", func(k *Knobs) { k.UniqueNames = true }}},
	{{"editable-default", func(k *Knobs) { k.EditableDefault = true }}},
	{{"issue-extend", func(k *Knobs) { k.IssueExtend = true }}},
	{
		{"list-lag=2s", func(k *Knobs) { k.ListLag = 2 * time.Second }},
		{"list-lag=2s,get-lag", func(k *Knobs) { k.ListLag, k.GetLag = 2*time.Second, true }},
	},
	{{"commit-delay=1s", func(k *Knobs) { k.CommitDelay = time.Second }}},
	{
		{"ids=early,commit-delay=1s", func(k *Knobs) { k.IDs, k.CommitDelay = IDsEarly, time.Second }},
		{"ids=blocks", func(k *Knobs) { k.IDs = IDsBlocks }},
		{"ids=reversed", func(k *Knobs) { k.IDs = IDsReversed }},
	},
	{
		{"errors=not-found", func(k *Knobs) { k.Errors = ErrorsNotFoundBody }},
		{"errors=all", func(k *Knobs) { k.Errors = ErrorsInBody }},
	},
	{
		{"row-id=always", func(k *Knobs) { k.RowID = RowIDAlways }},
		{"row-id=never", func(k *Knobs) { k.RowID = RowIDNever }},
	},
	{
		{"unset=minus", func(k *Knobs) { k.Unset = UnsetMinus }},
		{"unset=null", func(k *Knobs) { k.Unset = UnsetNull }},
	},
	{{"rows=array", func(k *Knobs) { k.Rows = RowsBare }}},
	{
		{"page-info=content", func(k *Knobs) { k.PageInfo = PageInfoContent }},
		{"page-info=none", func(k *Knobs) { k.PageInfo = PageInfoNone }},
	},
	{{"float-times", func(k *Knobs) { k.FloatTimes = true }}},
	{{"null-empty", func(k *Knobs) { k.NullEmpty = true }}},
	{{"extra-fields", func(k *Knobs) { k.ExtraFields = true }}},
	{{"bare-incident", func(k *Knobs) { k.BareIncident = true }}},
	{{"trace=digits", func(k *Knobs) { k.Trace = TraceDigits }}},
	{{"language=zh", func(k *Knobs) { k.Language = Chinese }}},
	{
		{"search=case", func(k *Knobs) { k.Search = SearchCase }},
		{"search=ignored", func(k *Knobs) { k.Search = SearchIgnored }},
	},
	{
		{"sort=oldest", func(k *Knobs) { k.Sort = SortOldest }},
		{"sort=updated", func(k *Knobs) { k.Sort = SortUpdated }},
	},
	{{"last-page", func(k *Knobs) { k.LastPage = true }}},
	{{"show-deleted", func(k *Knobs) { k.ShowDeleted = true }}},
	{
		{"window=fixed", func(k *Knobs) { k.Window = WindowFixed }},
		{"window=first", func(k *Knobs) { k.Window = WindowFirst }},
	},
	{{"count-refused", func(k *Knobs) { k.CountRefused = true }}},
	{{"limit-wait", func(k *Knobs) { k.LimitWait = true }}},
	{{"filter-match=either", func(k *Knobs) { k.FilterMatch = FilterEither }}},
	{{"left-to-right", func(k *Knobs) { k.LeftToRight = true }}},
	{{"sleeping-claims", func(k *Knobs) { k.SleepingClaims = true }}},
	{{"off-days=last", func(k *Knobs) { k.OffDays = OffDaysLast }}},
	{{"level-clock=previous", func(k *Knobs) { k.LevelClock = LevelSincePrevious }}},
	{
		{"workspace=empty", func(k *Knobs) { k.Workspace = WorkspaceEmpty }},
		{"workspace=people", func(k *Knobs) { k.Workspace = WorkspacePeople }},
		{"workspace=crowded", func(k *Knobs) { k.Workspace = WorkspaceCrowded }},
	},
	{
		{"skew=90s", func(k *Knobs) { k.Skew = 90 * time.Second }},
		{"skew=-90s", func(k *Knobs) { k.Skew = -90 * time.Second }},
	},
	{{"no-date", func(k *Knobs) { k.NoDate = true }}},
}

// AllKnobs returns the defaults, and after them every other value of every
// knob alone.
func AllKnobs() []NamedKnobs {
	all := []NamedKnobs{{Name: "defaults"}}
	for _, d := range dials {
		for _, v := range d {
			n := NamedKnobs{Name: v.name}
			v.set(&n.Knobs)
			all = append(all, n)
		}
	}
	return all
}

// RandomKnobs returns a combination: every knob has its zero value with a
// probability of one half, else any of the values of [AllKnobs]. The same
// seed gives the same combination.
func RandomKnobs(seed uint64) Knobs {
	r := rand.New(rand.NewPCG(seed, 0))
	var k Knobs
	for _, d := range dials {
		if r.IntN(2) == 1 {
			d[r.IntN(len(d))].set(&k)
		}
	}
	return k
}
