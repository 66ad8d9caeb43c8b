package rsmtest

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
	{{"profile=6.7", func(k *Knobs) { k.Profile = Profile67 }}},
	{{"labels=merge", func(k *Knobs) { k.Labels = LabelsMerge }}},
	{{"items=merge", func(k *Knobs) { k.Items = ItemsMerge }}},
	{{"scope=plain", func(k *Knobs) { k.Scope = ScopePlain }}},
	{
		{"cancel-running=cancel", func(k *Knobs) { k.CancelRunning = CancelCancels }},
		{"cancel-running=reject", func(k *Knobs) { k.CancelRunning = CancelRejected }},
	},
	{
		{"cancel-dates=items", func(k *Knobs) { k.CancelDates = CancelMovesItems }},
		{"cancel-dates=states", func(k *Knobs) { k.CancelDates = CancelMovesNothing }},
		{"cancel-dates=all", func(k *Knobs) { k.CancelDates = CancelMovesAll }},
	},
	{{"cancel-fields=drop", func(k *Knobs) { k.CancelFields = CancelDropsFields }}},
	{{"past-start=move", func(k *Knobs) { k.PastStart = PastStartMoved }}},
	{{"ignore-validate", func(k *Knobs) { k.IgnoreValidate = true }}},
	{{"refuse-z", func(k *Knobs) { k.RefuseZ = true }}},
	{{"label-limit=255", func(k *Knobs) { k.LabelLimit = 255 }}},
	{{"title-limit=200", func(k *Knobs) { k.TitleLimit = 200 }}},
	{{"tick=3s", func(k *Knobs) { k.Tick = 3 * time.Second }}},
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
		{"running=InProgress", func(k *Knobs) { k.RunningState = "InProgress" }},
		{"running=Started", func(k *Knobs) { k.RunningState = "Started" }},
		{"running=Running", func(k *Knobs) { k.RunningState = "Running" }},
	},
	{{"cancelled=Canceled", func(k *Knobs) { k.CancelledState = "Canceled" }}},
	{
		{"fraction=0", func(k *Knobs) { k.Fraction = FractionNone }},
		{"fraction=7", func(k *Knobs) { k.Fraction = FractionTicks }},
	},
	{
		{"zone=+03:00", func(k *Knobs) { k.Zone = ZoneMoscow }},
		{"zone=Z", func(k *Knobs) { k.Zone = ZoneZ }},
		{"zone=given", func(k *Knobs) { k.Zone = ZoneGiven }},
	},
	{{"default-depth=-1", func(k *Knobs) { k.DefaultDepth = -1 }}},
	{{"lower-label-keys", func(k *Knobs) { k.LowerLabelKeys = true }}},
	{{"null-empty", func(k *Knobs) { k.NullEmpty = true }}},
	{{"extra-fields", func(k *Knobs) { k.ExtraFields = true }}},
	{{"hide-items", func(k *Knobs) { k.HideItems = true }}},
	{{"no-paging", func(k *Knobs) { k.NoPaging = true }}},
	{
		{"language=ru", func(k *Knobs) { k.Language = Russian }},
		{"language=en", func(k *Knobs) { k.Language = English }},
	},
	{{"period", func(k *Knobs) { k.Period = true }}},
	{
		{"errors=message", func(k *Knobs) { k.Errors = ErrorMessage }},
		{"errors=stack", func(k *Knobs) { k.Errors = ErrorStack }},
		{"errors=empty", func(k *Knobs) { k.Errors = ErrorEmpty }},
		{"errors=problem", func(k *Knobs) { k.Errors = ErrorProblem }},
	},
	{
		{"denials=fields", func(k *Knobs) { k.Denials = ErrorFields }},
		{"denials=stack", func(k *Knobs) { k.Denials = ErrorStack }},
		{"denials=empty", func(k *Knobs) { k.Denials = ErrorEmpty }},
		{"denials=problem", func(k *Knobs) { k.Denials = ErrorProblem }},
	},
	{{"bad-id=404", func(k *Knobs) { k.BadID = 404 }}},
	{{"expand-children", func(k *Knobs) { k.ExpandChildren = true }}},
	{{"fold-names", func(k *Knobs) { k.FoldNames = true }}},
	{{"token-lag=5s", func(k *Knobs) { k.TokenLag = 5 * time.Second }}},
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
