package guance_test

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/tt"
)

// findings are answers by question.
type findings map[string]string

// byDefault is what a probe of the likeliest server finds.
var byDefault = findings{
	"a change takes":             "at once",
	"a create takes":             "at once",
	"a deleted schedule":         "is gone",
	"a filter as an array":       "refused",
	"a filter in parentheses":    "refused",
	"a name twice":               "accepted",
	"a page out of range":        "empty",
	"a time without a start":     "refused",
	"a uuid that is none":        "status 404",
	"a verb that is not served":  "unknown",
	"an empty uuid of a rule":    "is replaced",
	"clock":                      "the same",
	"dates":                      "whole seconds",
	"delete of a schedule":       "by path and in a batch",
	"empty fields":               "empty",
	"errors":                     "by HTTP status",
	"extend as it was sent":      "kept",
	"extend in a change":         "replaced whole",
	"hours over midnight":        "accepted",
	"language":                   "English",
	"list of schedules":          "by GET and POST",
	"lists":                      "at once",
	"names":                      "256 characters",
	"names of rules":             "1024 characters or more",
	"no targets":                 "refused",
	"omitted fields in a change": "reset",
	"one schedule":               "a route",
	"order of a list":            "newest first",
	"order of ids":               "rising",
	"page info":                  "beside content",
	"rate limit":                 "not reached",
	"reads by id":                "at once",
	"row id":                     "not in the answer of add",
	"rows of a list":             "in data",
	"rules without levels":       "accepted",
	"search":                     "honoured, in any letter case",
	"trace ids":                  "a word and a UUID",
	"unknown fields":             "none",
	"unknown keys":               "dropped",
	"what was never changed":     "null in the answer of add, -1 later",
}

// byKnob is what a probe finds otherwise when a knob is turned.
var byKnob = map[string]findings{
	"list=get":                  {"a verb that is not served": "status 405", "list of schedules": "by GET"},
	"list=post":                 {"a verb that is not served": "status 405", "list of schedules": "by POST"},
	"list=get,wrong-verb=404":   {"a verb that is not served": "status 404", "list of schedules": "by GET"},
	"list=post,wrong-verb=404":  {"a verb that is not served": "status 404", "list of schedules": "by POST"},
	"delete=batch":              {"delete of a schedule": "in a batch"},
	"delete=path":               {"delete of a schedule": "by path"},
	"delete=none":               {"a deleted schedule": "unknown", "delete of a schedule": "no route"},
	"no-get":                    {"a deleted schedule": "unknown", "a uuid that is none": "unknown", "one schedule": "no route", "reads by id": "unknown"},
	"bad-uuid=400":              {"a uuid that is none": "status 400"},
	"omitted=keep":              {"omitted fields in a change": "kept"},
	"extend=merge":              {"extend in a change": "merged"},
	"unknown-keys=keep":         {"unknown keys": "kept"},
	"unknown-keys=refuse":       {"unknown keys": "refused"},
	"keep-empty-uuid":           {"an empty uuid of a rule": "stays empty"},
	"normalize":                 {"extend as it was sent": "written anew"},
	"length=bytes":              {"names": "256 bytes"},
	"length=utf16":              {"names": "256 UTF-16 units"},
	"rule-name-limit=256":       {"names of rules": "255 characters or more, less than 1024"},
	"refuse-empty-rules":        {"an empty uuid of a rule": "unknown", "rules without levels": "refused"},
	"empty-targets":             {"no targets": "accepted"},
	"loose-times":               {"a time without a start": "accepted"},
	"forward-hours":             {"hours over midnight": "refused"},
	"dimension-array":           {"a filter as an array": "accepted"},
	"unchecked-filter":          {"a filter in parentheses": "accepted"},
	"unique-names":              {"a name twice": "refused"},
	"list-lag=2s":               {"lists": "3.5s late"},
	"list-lag=2s,get-lag":       {"lists": "3.5s late", "reads by id": "not before lists"},
	"commit-delay=1s":           {"a create takes": "1s", "order of ids": "that of the answers"},
	"ids=early,commit-delay=1s": {"a create takes": "1s", "order of ids": "that of the requests"},
	"ids=blocks":                {"order of ids": "mixed"},
	"ids=reversed":              {"order of ids": "falling"},
	"errors=not-found":          {"errors": "not found under HTTP 200"},
	"errors=all":                {"errors": "under HTTP 200"},
	"row-id=always":             {"row id": "always shown"},
	"row-id=never":              {"order of ids": "unknown", "row id": "never shown"},
	"unset=minus":               {"what was never changed": "-1 in the answer of add, -1 later"},
	"unset=null":                {"what was never changed": "null in the answer of add, null later"},
	"rows=array":                {"rows of a list": "content itself"},
	"page-info=content":         {"page info": "in content"},
	"page-info=none":            {"page info": "none"},
	"float-times":               {"dates": "with fractions of seconds"},
	"null-empty":                {"empty fields": "null"},
	"extra-fields":              {"unknown fields": "declaration, effectiveTimeInfos, inEffectNotifyTargetsInfos, notifyTargetsInfos"},
	"trace=digits":              {"trace ids": "other"},
	"language=zh":               {"language": "Chinese"},
	"search=case":               {"search": "honoured, letter for letter"},
	"search=ignored":            {"search": "ignored"},
	"sort=oldest":               {"order of a list": "oldest first"},
	"sort=updated":              {"order of a list": "changed last first"},
	"last-page":                 {"a page out of range": "the last page"},
	"show-deleted":              {"a deleted schedule": "can be read"},
	"skew=90s":                  {"clock": "ahead"},
	"skew=-90s":                 {"clock": "behind"},
	"no-date":                   {"clock": "no Date header"},
}

// unseen are the values of knobs that a probe does not find, and why.
var unseen = map[string]string{
	"defaults":             "is what the others are compared with",
	"no-issues":            "this adapter does not use the older Issue API",
	"refuse-teams":         "takes a team of the workspace",
	"editable-default":     "takes a change of what the probe did not make",
	"issue-extend":         "this adapter does not use the older Issue API",
	"bare-incident":        "takes an incident, which only monitors make",
	"window=fixed":         "takes more calls than the limit allows",
	"window=first":         "takes more calls than the limit allows",
	"count-refused":        "takes more calls than the limit allows",
	"limit-wait":           "takes more calls than the limit allows",
	"filter-match=either":  "takes an incident, which only monitors make",
	"left-to-right":        "takes an incident, which only monitors make",
	"sleeping-claims":      "takes an incident, which only monitors make",
	"off-days=last":        "takes an incident, which only monitors make",
	"level-clock=previous": "takes an incident, which only monitors make",
	"workspace=empty":      "is what people have made, and no question about the server",
	"workspace=people":     "is what people have made, and no question about the server",
	"workspace=crowded":    "is what people have made, and no question about the server",
}

func TestProbeFindsEveryKnobThatShows(t *testing.T) {
	for _, knobs := range guancetest.AllKnobs() {
		t.Run(knobs.Name, func(t *testing.T) {
			t.Parallel()
			probeOn(t, knobs.Knobs, nil, func(ctx context.Context, server *guancetest.Server, sys tt.System) {
				ticket, err := sys.CreateTT(ctx, tt.CreateRequest{Object: "sw-7", Subject: "down", Key: "k"})
				require.NoError(t, err)
				time.Sleep(2 * time.Minute) // what lags has caught up, and the ticket was verified
				before := server.Schedules()

				found, err := tt.Probe(ctx, sys, probing)
				require.NoError(t, err)
				got := findings{}
				for _, f := range found {
					assert.NotContains(t, got, f.Question, "asked twice")
					assert.NotEmpty(t, f.Detail, f.Question)
					got[f.Question] = f.Answer
				}
				want := maps.Clone(byDefault)
				maps.Copy(want, byKnob[knobs.Name])
				assert.Equal(t, want, got)
				_, seen := byKnob[knobs.Name]
				assert.NotEqual(t, seen, unseen[knobs.Name] != "", "the knob must be found, or it must be said why not")

				after := server.Schedules()
				assert.Equal(t, before, after[:len(before)], "something else was touched")
				for _, x := range leftovers(server) {
					assert.Equal(t, guancetest.DeleteNone, knobs.Knobs.Delete, "%s was left behind", x.Name)
					harmless(t, x, server.Now())
				}
				time.Sleep(time.Minute)
				list, err := sys.ListTTs(ctx, tt.ListRequest{})
				require.NoError(t, err)
				assert.Equal(t, []string{ticket.ID}, list.IDs)
			})
		})
	}
}
