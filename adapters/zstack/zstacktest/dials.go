package zstacktest

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
		sim.To("job-time=150ms", func(k *Knobs) { k.JobTime = 150 * time.Millisecond }),
		sim.To("job-time=3s", func(k *Knobs) { k.JobTime = 3 * time.Second }),
	},
	{sim.To("job-polls=3", func(k *Knobs) { k.JobPolls = 3 })},
	{sim.To("job-acts=end,job-time=1s", func(k *Knobs) {
		k.JobActs = ActsAtEnd
		k.JobTime = max(k.JobTime, time.Second)
	})},
	{sim.To("commit-lag=2s", func(k *Knobs) { k.CommitLag = 2 * time.Second })},
	{sim.To("job-retention=1m", func(k *Knobs) { k.JobRetention = time.Minute })},
	{sim.To("restart-jobs=drop", func(k *Knobs) { k.RestartJobs = RestartDrops })},
	{sim.To("starting=503", func(k *Knobs) { k.Starting = StartingNotReady })},
	{sim.To("location=same", func(k *Knobs) { k.Location = LocationSame })},
	{sim.To("no-api-timeout", func(k *Knobs) { k.NoAPITimeout = true })},
	{sim.To("repeat-location", func(k *Knobs) { k.RepeatLocation = true })},
	{sim.To("session-timeout=30s", func(k *Knobs) { k.SessionTimeout = 30 * time.Second })},
	{
		sim.To("bad-key=1001", func(k *Knobs) { k.BadKey = BadKeySession }),
		sim.To("bad-key=text", func(k *Knobs) { k.BadKey = BadKeyText }),
	},
	{sim.To("account-keys", func(k *Knobs) { k.AccountKeys = true })},
	{sim.To("admin-submits", func(k *Knobs) { k.AdminSubmits = true })},
	{
		sim.To("refusals=1006", func(k *Knobs) { k.Refusals = RefusalsOperation }),
		sim.To("refusals=1007", func(k *Knobs) { k.Refusals = RefusalsArgument }),
	},
	{sim.To("open-event=reopen", func(k *Knobs) { k.OpenEvent = OpenReopens })},
	{sim.To("update-rejected", func(k *Knobs) { k.UpdateRejected = true })},
	{sim.To("check-body", func(k *Knobs) { k.CheckBody = true })},
	{sim.To("refuse-zero-times", func(k *Knobs) { k.RefuseZeroTimes = true })},
	{sim.To("create-row", func(k *Knobs) { k.CreateRow = true })},
	{sim.To("result-row=shared", func(k *Knobs) { k.ResultRow = ResultRowShared })},
	{sim.To("executor-drops-tags", func(k *Knobs) { k.ExecutorDropsTags = true })},
	{sim.To("delete-missing=1003", func(k *Knobs) { k.DeleteMissing = DeleteMissingRefused })},
	{sim.To("no-archive", func(k *Knobs) { k.NoArchive = true })},
	{sim.To("burn-uuids", func(k *Knobs) { k.BurnUUIDs = true })},
	{sim.To("keep-tags", func(k *Knobs) { k.KeepTags = true })},
	{sim.To("drop-create-tags", func(k *Knobs) { k.DropCreateTags = true })},
	{sim.To("duplicate-tag=tag", func(k *Knobs) { k.DuplicateTag = DuplicateTagOwn })},
	{
		sim.To("texts=cut", func(k *Knobs) { k.Texts = TextsCut }),
		sim.To("texts=utf8mb4", func(k *Knobs) { k.Texts = TextsWide }),
	},
	{sim.To("case-sensitive", func(k *Knobs) { k.CaseSensitive = true })},
	{sim.To("refuse-quotes", func(k *Knobs) { k.RefuseQuotes = true })},
	{
		sim.To("dates=9", func(k *Knobs) { k.Dates = DatesJava9 }),
		sim.To("dates=20", func(k *Knobs) { k.Dates = DatesJava20 }),
	},
	{
		sim.To("zone=UTC", func(k *Knobs) { k.Zone = ZoneUTC }),
		sim.To("zone=Asia/Kolkata", func(k *Knobs) { k.Zone = ZoneKolkata }),
		sim.To("zone=America/Phoenix", func(k *Knobs) { k.Zone = ZonePhoenix }),
	},
	{sim.To("numbers=float", func(k *Knobs) { k.Numbers = NumbersFloats })},
	{sim.To("locale=en_US", func(k *Knobs) { k.Locale = English })},
	{
		sim.To("errors=full", func(k *Knobs) { k.Errors = ErrorFull }),
		sim.To("errors=cause", func(k *Knobs) { k.Errors = ErrorCause }),
		sim.To("errors=causes", func(k *Knobs) { k.Errors = ErrorCauses }),
	},
	{
		sim.To("operators=iam2", func(k *Knobs) { k.Operators = OperatorsShort }),
		sim.To("operators=none", func(k *Knobs) { k.Operators = OperatorsNone }),
	},
	{
		sim.To("rows=uuid", func(k *Knobs) { k.Rows = RowsByUUID }),
		sim.To("rows=reversed", func(k *Knobs) { k.Rows = RowsReversed }),
	},
	{sim.To("extra-fields", func(k *Knobs) { k.ExtraFields = true })},
	{sim.To("success-field", func(k *Knobs) { k.SuccessField = true })},
	{sim.To("throttled=503", func(k *Knobs) { k.Throttled = Throttled503 })},
	{
		sim.To("skew=90s", func(k *Knobs) { k.Skew = 90 * time.Second }),
		sim.To("skew=-90s", func(k *Knobs) { k.Skew = -90 * time.Second }),
		sim.To("skew=20m", func(k *Knobs) { k.Skew = 20 * time.Minute }),
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
