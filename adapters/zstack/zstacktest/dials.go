package zstacktest

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
		{"job-time=150ms", func(k *Knobs) { k.JobTime = 150 * time.Millisecond }},
		{"job-time=3s", func(k *Knobs) { k.JobTime = 3 * time.Second }},
	},
	{{"job-polls=3", func(k *Knobs) { k.JobPolls = 3 }}},
	{{"job-acts=end,job-time=1s", func(k *Knobs) {
		k.JobActs = ActsAtEnd
		k.JobTime = max(k.JobTime, time.Second)
	}}},
	{{"commit-lag=2s", func(k *Knobs) { k.CommitLag = 2 * time.Second }}},
	{{"job-retention=1m", func(k *Knobs) { k.JobRetention = time.Minute }}},
	{{"restart-jobs=drop", func(k *Knobs) { k.RestartJobs = RestartDrops }}},
	{{"starting=503", func(k *Knobs) { k.Starting = StartingNotReady }}},
	{{"location=same", func(k *Knobs) { k.Location = LocationSame }}},
	{{"no-api-timeout", func(k *Knobs) { k.NoAPITimeout = true }}},
	{{"repeat-location", func(k *Knobs) { k.RepeatLocation = true }}},
	{{"session-timeout=30s", func(k *Knobs) { k.SessionTimeout = 30 * time.Second }}},
	{
		{"bad-key=1001", func(k *Knobs) { k.BadKey = BadKeySession }},
		{"bad-key=text", func(k *Knobs) { k.BadKey = BadKeyText }},
	},
	{{"account-keys", func(k *Knobs) { k.AccountKeys = true }}},
	{{"admin-submits", func(k *Knobs) { k.AdminSubmits = true }}},
	{
		{"refusals=1006", func(k *Knobs) { k.Refusals = RefusalsOperation }},
		{"refusals=1007", func(k *Knobs) { k.Refusals = RefusalsArgument }},
	},
	{{"open-event=reopen", func(k *Knobs) { k.OpenEvent = OpenReopens }}},
	{{"update-rejected", func(k *Knobs) { k.UpdateRejected = true }}},
	{{"check-body", func(k *Knobs) { k.CheckBody = true }}},
	{{"refuse-zero-times", func(k *Knobs) { k.RefuseZeroTimes = true }}},
	{{"create-row", func(k *Knobs) { k.CreateRow = true }}},
	{{"result-row=shared", func(k *Knobs) { k.ResultRow = ResultRowShared }}},
	{{"executor-drops-tags", func(k *Knobs) { k.ExecutorDropsTags = true }}},
	{{"delete-missing=1003", func(k *Knobs) { k.DeleteMissing = DeleteMissingRefused }}},
	{{"no-archive", func(k *Knobs) { k.NoArchive = true }}},
	{{"burn-uuids", func(k *Knobs) { k.BurnUUIDs = true }}},
	{{"keep-tags", func(k *Knobs) { k.KeepTags = true }}},
	{{"drop-create-tags", func(k *Knobs) { k.DropCreateTags = true }}},
	{{"duplicate-tag=tag", func(k *Knobs) { k.DuplicateTag = DuplicateTagOwn }}},
	{
		{"texts=cut", func(k *Knobs) { k.Texts = TextsCut }},
		{"texts=utf8mb4", func(k *Knobs) { k.Texts = TextsWide }},
	},
	{{"case-sensitive", func(k *Knobs) { k.CaseSensitive = true }}},
	{{"refuse-quotes", func(k *Knobs) { k.RefuseQuotes = true }}},
	{
		{"dates=9", func(k *Knobs) { k.Dates = DatesJava9 }},
		{"dates=20", func(k *Knobs) { k.Dates = DatesJava20 }},
	},
	{
		{"zone=UTC", func(k *Knobs) { k.Zone = ZoneUTC }},
		{"zone=Asia/Kolkata", func(k *Knobs) { k.Zone = ZoneKolkata }},
		{"zone=America/Phoenix", func(k *Knobs) { k.Zone = ZonePhoenix }},
	},
	{{"numbers=float", func(k *Knobs) { k.Numbers = NumbersFloats }}},
	{{"locale=en_US", func(k *Knobs) { k.Locale = English }}},
	{
		{"errors=full", func(k *Knobs) { k.Errors = ErrorFull }},
		{"errors=cause", func(k *Knobs) { k.Errors = ErrorCause }},
		{"errors=causes", func(k *Knobs) { k.Errors = ErrorCauses }},
	},
	{
		{"operators=iam2", func(k *Knobs) { k.Operators = OperatorsShort }},
		{"operators=none", func(k *Knobs) { k.Operators = OperatorsNone }},
	},
	{
		{"rows=uuid", func(k *Knobs) { k.Rows = RowsByUUID }},
		{"rows=reversed", func(k *Knobs) { k.Rows = RowsReversed }},
	},
	{{"extra-fields", func(k *Knobs) { k.ExtraFields = true }}},
	{{"success-field", func(k *Knobs) { k.SuccessField = true }}},
	{{"throttled=503", func(k *Knobs) { k.Throttled = Throttled503 }}},
	{
		{"skew=90s", func(k *Knobs) { k.Skew = 90 * time.Second }},
		{"skew=-90s", func(k *Knobs) { k.Skew = -90 * time.Second }},
		{"skew=20m", func(k *Knobs) { k.Skew = 20 * time.Minute }},
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
