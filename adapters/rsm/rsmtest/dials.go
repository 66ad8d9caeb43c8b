package rsmtest

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
	{sim.To("profile=6.7", func(k *Knobs) { k.Profile = Profile67 })},
	{sim.To("labels=merge", func(k *Knobs) { k.Labels = LabelsMerge })},
	{sim.To("items=merge", func(k *Knobs) { k.Items = ItemsMerge })},
	{sim.To("scope=plain", func(k *Knobs) { k.Scope = ScopePlain })},
	{
		sim.To("cancel-running=cancel", func(k *Knobs) { k.CancelRunning = CancelCancels }),
		sim.To("cancel-running=reject", func(k *Knobs) { k.CancelRunning = CancelRejected }),
	},
	{
		sim.To("cancel-dates=items", func(k *Knobs) { k.CancelDates = CancelMovesItems }),
		sim.To("cancel-dates=states", func(k *Knobs) { k.CancelDates = CancelMovesNothing }),
		sim.To("cancel-dates=all", func(k *Knobs) { k.CancelDates = CancelMovesAll }),
	},
	{sim.To("cancel-fields=drop", func(k *Knobs) { k.CancelFields = CancelDropsFields })},
	{sim.To("past-start=move", func(k *Knobs) { k.PastStart = PastStartMoved })},
	{sim.To("ignore-validate", func(k *Knobs) { k.IgnoreValidate = true })},
	{sim.To("refuse-z", func(k *Knobs) { k.RefuseZ = true })},
	{sim.To("label-limit=255", func(k *Knobs) { k.LabelLimit = 255 })},
	{sim.To("title-limit=200", func(k *Knobs) { k.TitleLimit = 200 })},
	{sim.To("tick=3s", func(k *Knobs) { k.Tick = 3 * time.Second })},
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
		sim.To("running=InProgress", func(k *Knobs) { k.RunningState = "InProgress" }),
		sim.To("running=Started", func(k *Knobs) { k.RunningState = "Started" }),
		sim.To("running=Running", func(k *Knobs) { k.RunningState = "Running" }),
	},
	{sim.To("cancelled=Canceled", func(k *Knobs) { k.CancelledState = "Canceled" })},
	{
		sim.To("fraction=0", func(k *Knobs) { k.Fraction = FractionNone }),
		sim.To("fraction=7", func(k *Knobs) { k.Fraction = FractionTicks }),
	},
	{
		sim.To("zone=+03:00", func(k *Knobs) { k.Zone = ZoneMoscow }),
		sim.To("zone=Z", func(k *Knobs) { k.Zone = ZoneZ }),
		sim.To("zone=given", func(k *Knobs) { k.Zone = ZoneGiven }),
	},
	{sim.To("default-depth=-1", func(k *Knobs) { k.DefaultDepth = -1 })},
	{sim.To("lower-label-keys", func(k *Knobs) { k.LowerLabelKeys = true })},
	{sim.To("null-empty", func(k *Knobs) { k.NullEmpty = true })},
	{sim.To("extra-fields", func(k *Knobs) { k.ExtraFields = true })},
	{sim.To("hide-items", func(k *Knobs) { k.HideItems = true })},
	{sim.To("no-paging", func(k *Knobs) { k.NoPaging = true })},
	{
		sim.To("language=ru", func(k *Knobs) { k.Language = Russian }),
		sim.To("language=en", func(k *Knobs) { k.Language = English }),
	},
	{sim.To("period", func(k *Knobs) { k.Period = true })},
	{
		sim.To("errors=message", func(k *Knobs) { k.Errors = ErrorMessage }),
		sim.To("errors=stack", func(k *Knobs) { k.Errors = ErrorStack }),
		sim.To("errors=empty", func(k *Knobs) { k.Errors = ErrorEmpty }),
		sim.To("errors=problem", func(k *Knobs) { k.Errors = ErrorProblem }),
	},
	{
		sim.To("denials=fields", func(k *Knobs) { k.Denials = ErrorFields }),
		sim.To("denials=stack", func(k *Knobs) { k.Denials = ErrorStack }),
		sim.To("denials=empty", func(k *Knobs) { k.Denials = ErrorEmpty }),
		sim.To("denials=problem", func(k *Knobs) { k.Denials = ErrorProblem }),
	},
	{sim.To("bad-id=404", func(k *Knobs) { k.BadID = 404 })},
	{sim.To("expand-children", func(k *Knobs) { k.ExpandChildren = true })},
	{sim.To("fold-names", func(k *Knobs) { k.FoldNames = true })},
	{sim.To("token-lag=5s", func(k *Knobs) { k.TokenLag = 5 * time.Second })},
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
