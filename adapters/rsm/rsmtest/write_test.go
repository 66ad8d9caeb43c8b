package rsmtest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
)

func TestACreatedModeIsAnsweredWhole(t *testing.T) {
	bubble(t, rsmtest.Options{}, func(a *api) {
		got := a.do("POST", modes+"?batchValidate=true", `{
			"title":"uplink <down>","dateStart":"2000-01-01T03:00:00+03:00","dateEnd":"2000-01-01T01:00:00.9999999Z",
			"configItems":[{"id":4},{"id":5,"scope":"ciAndChildren","depth":2}],"labels":{"Key":"значение"},"unknown":1}`)
		assert.Equal(t, 201, got.status)
		assert.Equal(t, "application/json; charset=utf-8", got.header.Get("Content-Type"))
		assert.Equal(t, "Sat, 01 Jan 2000 00:00:00 GMT", got.header.Get("Date"))
		assert.Equal(t, `{"id":1001,"dateStart":"2000-01-01T00:00:00+00:00","dateEnd":"2000-01-01T01:00:00+00:00","title":"uplink <down>",`+
			`"configItems":[{"id":4,"scope":"Ci","depth":0,"state":"Active","dateStart":"2000-01-01T00:00:00+00:00","dateEnd":"2000-01-01T01:00:00+00:00"},`+
			`{"id":5,"scope":"CiAndChildren","depth":2,"state":"Active","dateStart":"2000-01-01T00:00:00+00:00","dateEnd":"2000-01-01T01:00:00+00:00"}],`+
			`"labels":{"Key":"значение"}}`, strings.TrimSpace(got.raw))
		assert.Equal(t, got.raw, a.do("GET", modes+"/1001", nil).raw)
		assert.Equal(t, "["+strings.TrimSpace(got.raw)+"]", strings.TrimSpace(a.do("GET", modes, nil).raw))
	})
}

func TestACreatedModeNeedsNeitherTitleNorLabels(t *testing.T) {
	bubble(t, rsmtest.Options{}, func(a *api) {
		m := a.create(nil, 1)
		assert.Nil(t, m.Title)
		assert.NotNil(t, m.Labels)
		assert.Empty(t, m.Labels)
	})
}

func TestWithoutBatchValidateUnknownCIsAreDroppedSilently(t *testing.T) {
	bubble(t, rsmtest.Options{}, func(a *api) {
		m := a.one(201, a.do("POST", modes, modeBody(obj{"configItems": items(998, 1, 999)})))
		assert.Equal(t, []int64{1}, itemIDs(m))
	})
}

func TestACIThatIsSentTwiceIsOneItem(t *testing.T) {
	bubble(t, rsmtest.Options{}, func(a *api) {
		assert.Equal(t, []int64{1, 2}, itemIDs(a.create(nil, 1, 2, 1)))
	})
}

func TestStatesFollowTheDates(t *testing.T) {
	bubble(t, rsmtest.Options{}, func(a *api) {
		id := a.create(obj{"dateStart": a.at(time.Minute), "dateEnd": a.at(2 * time.Minute)}, 1).ID
		for _, step := range []struct {
			wait time.Duration
			want string
		}{{0, "Pending"}, {time.Minute - 1, "Pending"}, {1, "Active"}, {time.Minute - 1, "Active"}, {1, "Completed"}} {
			time.Sleep(step.wait)
			assert.Equal(t, step.want, a.get(id).Items[0].State)
		}
	})
}

func TestPatchChangesOnlyWhatItNames(t *testing.T) {
	bubble(t, rsmtest.Options{}, func(a *api) {
		id := a.create(obj{"title": "old", "labels": obj{"a": "1", "b": "2"}}, 1).ID
		m := a.one(200, a.patch(id, obj{"title": "new"}))
		assert.Equal(t, "new", *m.Title)
		assert.Equal(t, obj{"a": "1", "b": "2"}, m.Labels)
		assert.Equal(t, []string{"1 Active 0-60"}, brief(m))

		m = a.one(200, a.patch(id, obj{"title": nil, "labels": obj{"c": "3"}}))
		assert.Equal(t, "new", *m.Title, "null is unchanged")
		assert.Equal(t, obj{"c": "3"}, m.Labels, "labels are replaced")

		m = a.one(200, a.patch(id, obj{"dateEnd": a.at(2 * time.Hour)}))
		assert.Equal(t, []string{"1 Active 0-120"}, brief(m), "items move with the mode")
		m = a.one(200, a.patch(id, obj{"dateStart": m.DateStart, "cancel": false}))
		assert.Equal(t, []string{"1 Active 0-120"}, brief(m), "the same start and cancel:false change nothing")
	})
}

func TestReplaceForgetsWhatItDoesNotName(t *testing.T) {
	bubble(t, rsmtest.Options{}, func(a *api) {
		old := a.create(obj{"title": "old", "labels": obj{"a": "1"}}, 1)
		m := a.one(200, a.replace(old.ID, obj{"dateStart": old.DateStart, "dateEnd": a.at(2 * time.Hour), "configItems": items(1)}))
		assert.Nil(t, m.Title)
		assert.Empty(t, m.Labels)
		assert.Equal(t, []string{"1 Active 0-120"}, brief(m))
	})
}

func TestTheScopeOfAModeChangesByRules(t *testing.T) {
	const started, pending = 10, -10 // minutes after its start
	for _, row := range []struct {
		rule  string
		knobs rsmtest.Knobs
		at    int
		send  []obj
		want  []string
	}{
		{"a removed CI stays as an item that ended", rsmtest.Knobs{}, started, items(1), []string{"1 Active 20-80", "2 Completed 20-30"}},
		{"an added CI begins now and ends with the mode", rsmtest.Knobs{}, started, items(1, 2, 3), []string{"1 Active 20-80", "2 Active 20-80", "3 Active 30-80"}},
		{"a changed item ends, and a new one of the same CI begins", rsmtest.Knobs{}, started,
			[]obj{{"id": 1}, {"id": 2, "scope": "CiAndChildren", "depth": 1}}, []string{"1 Active 20-80", "2 Completed 20-30", "2 Active 30-80"}},
		{"a pending mode takes the list as it is", rsmtest.Knobs{}, pending, items(2, 3), []string{"2 Pending 20-80", "3 Pending 20-80"}},
		{"merge adds to what is there", rsmtest.Knobs{Items: rsmtest.ItemsMerge}, started, items(3), []string{"1 Active 20-80", "2 Active 20-80", "3 Active 30-80"}},
		{"merge adds to a pending mode", rsmtest.Knobs{Items: rsmtest.ItemsMerge}, pending, items(3), []string{"1 Pending 20-80", "2 Pending 20-80", "3 Pending 20-80"}},
		{"a plain scope forgets a removed CI, and an added one has the mode's dates", rsmtest.Knobs{Scope: rsmtest.ScopePlain}, started, items(2, 3), []string{"2 Active 20-80", "3 Active 20-80"}},
		{"a plain scope changes an item in place", rsmtest.Knobs{Scope: rsmtest.ScopePlain}, started,
			[]obj{{"id": 1}, {"id": 2, "scope": "CiAndChildren", "depth": 1}}, []string{"1 Active 20-80", "2 Active 20-80"}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			bubble(t, rsmtest.Options{Knobs: row.knobs}, func(a *api) {
				id := a.create(obj{"dateStart": a.at(20 * time.Minute), "dateEnd": a.at(80 * time.Minute)}, 1, 2).ID
				time.Sleep(time.Duration(20+row.at) * time.Minute)
				assert.Equal(t, row.want, brief(a.one(200, a.patch(id, obj{"configItems": row.send}))))
			})
		})
	}
}

func TestARemovedCICanComeBackAndItsPastStays(t *testing.T) {
	bubble(t, rsmtest.Options{}, func(a *api) {
		id := a.create(nil, 1, 2).ID
		time.Sleep(10 * time.Minute)
		a.patch(id, obj{"configItems": items(1)})
		time.Sleep(10 * time.Minute)
		m := a.one(200, a.patch(id, obj{"configItems": items(1, 2), "dateEnd": a.at(time.Hour)}))
		assert.Equal(t, []string{"1 Active 0-80", "2 Completed 0-10", "2 Active 20-80"}, brief(m))
	})
}

func TestCancelEndsAMode(t *testing.T) {
	for _, row := range []struct {
		rule    string
		knobs   rsmtest.Knobs
		running bool
		status  int
		want    string // the item
		end     string // of the mode
	}{
		{"a running mode is completed now", rsmtest.Knobs{}, true, 200, "1 Completed 20-30", "30"},
		{"a pending mode is cancelled and keeps its dates", rsmtest.Knobs{}, false, 200, "1 Cancelled 20-80", "80"},
		{"a running mode can be cancelled", rsmtest.Knobs{CancelRunning: rsmtest.CancelCancels}, true, 200, "1 Cancelled 20-30", "30"},
		{"cancel of a running mode can be refused", rsmtest.Knobs{CancelRunning: rsmtest.CancelRejected}, true, 400, "1 Active 20-80", "80"},
		{"a refusal on running modes is none on pending ones", rsmtest.Knobs{CancelRunning: rsmtest.CancelRejected}, false, 200, "1 Cancelled 20-80", "80"},
		{"the mode's own dates may stay", rsmtest.Knobs{CancelDates: rsmtest.CancelMovesItems}, true, 200, "1 Completed 20-30", "80"},
		{"all dates may stay", rsmtest.Knobs{CancelDates: rsmtest.CancelMovesNothing}, true, 200, "1 Completed 20-80", "80"},
		{"a pending mode's dates may move, too", rsmtest.Knobs{CancelDates: rsmtest.CancelMovesAll}, false, 200, "1 Cancelled 10-10", "10"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			bubble(t, rsmtest.Options{Knobs: row.knobs}, func(a *api) {
				id := a.create(obj{"dateStart": a.at(20 * time.Minute), "dateEnd": a.at(80 * time.Minute)}, 1).ID
				time.Sleep(10 * time.Minute)
				if row.running {
					time.Sleep(20 * time.Minute)
				}
				assert.Equal(t, row.status, a.patch(id, obj{"cancel": true}).status)
				m := a.get(id)
				assert.Equal(t, []string{row.want}, brief(m))
				assert.Equal(t, row.end, minute(m.DateEnd))
				if row.status == 200 {
					assert.Equal(t, 400, a.patch(id, obj{"cancel": true}).status, "it is finished")
					assert.Equal(t, 400, a.patch(id, obj{"title": "t"}).status, "it is finished")
				}
			})
		})
	}
}

func TestFieldsBesideACancelAreStored(t *testing.T) {
	bubble(t, rsmtest.Options{}, func(a *api) {
		id := a.create(nil, 1).ID
		m := a.one(200, a.patch(id, obj{"cancel": true, "labels": obj{"note": "done"}}))
		assert.Equal(t, "done", m.Labels["note"])
		assert.Equal(t, "Completed", m.Items[0].State)
		m = a.create(nil, 2)
		m = a.one(200, a.replace(m.ID, obj{"dateStart": m.DateStart, "dateEnd": m.DateEnd, "configItems": items(2, 3), "cancel": true}))
		assert.Equal(t, []string{"2 Completed 0-0", "3 Completed 0-0"}, brief(m))
	})
}

func TestACancelLeavesWhatHadEnded(t *testing.T) {
	bubble(t, rsmtest.Options{}, func(a *api) {
		id := a.create(nil, 1, 2).ID
		time.Sleep(10 * time.Minute)
		a.patch(id, obj{"configItems": items(1)})
		time.Sleep(10 * time.Minute)
		assert.Equal(t, []string{"1 Completed 0-20", "2 Completed 0-10"}, brief(a.one(200, a.patch(id, obj{"cancel": true}))))
	})
}

func TestAPersonWorksPastTheRules(t *testing.T) {
	bubble(t, rsmtest.Options{}, func(a *api) {
		id := a.server.AddMode(rsmtest.Mode{
			Items:  []rsmtest.Item{{CI: 1}, {CI: 777, Scope: rsmtest.ScopeChildren, State: rsmtest.Cancelled}},
			Labels: map[string]any{"n": 1, "list": []any{"x"}},
		})
		m := a.get(id)
		assert.Nil(t, m.Title)
		assert.Equal(t, []string{"1 Active 0-60", "777 Cancelled 0-60"}, brief(m))
		assert.Equal(t, obj{"n": 1.0, "list": []any{"x"}}, m.Labels)

		ok := a.server.Edit(id, func(m *rsmtest.Mode) {
			m.Title = "by hand"
			m.Items[0].State = rsmtest.Completed
			m.Items[1].State = rsmtest.Running
		})
		require.True(t, ok)
		m = a.get(id)
		assert.Equal(t, "by hand", *m.Title)
		assert.Equal(t, []string{"1 Completed 0-60", "777 Active 0-60"}, brief(m))

		a.server.Edit(id, func(m *rsmtest.Mode) { m.Items[1].End = m.Start })
		assert.Equal(t, []string{"1 Completed 0-60", "777 Completed 0-0"}, brief(a.get(id)))
		a.server.Edit(id, func(m *rsmtest.Mode) { m.Items[1].End = m.End })
		assert.Equal(t, []string{"1 Completed 0-60", "777 Active 0-60"}, brief(a.get(id)), "what ended by its dates can go on")

		time.Sleep(5 * time.Minute)
		assert.True(t, a.server.Finish(id))
		assert.False(t, a.server.Finish(id), "it is finished")
		assert.Equal(t, []string{"1 Completed 0-60", "777 Completed 0-5"}, brief(a.get(id)))
		assert.False(t, a.server.Finish(7))
		assert.False(t, a.server.Edit(7, func(*rsmtest.Mode) {}))

		assert.EqualValues(t, 5000, a.server.AddMode(rsmtest.Mode{ID: 5000, Items: []rsmtest.Item{{CI: 1}}}))
		assert.EqualValues(t, 5001, a.create(nil, 1).ID, "ids go on after it")
	})
}

func TestSomethingHappensBetweenAReadAndAWrite(t *testing.T) {
	bubble(t, rsmtest.Options{Knobs: rsmtest.Knobs{Language: rsmtest.Russian}}, func(a *api) {
		id := a.create(nil, 1).ID
		a.server.Before("patch", func() { a.server.Finish(id) })
		assert.Equal(t, []string{"1 Active 0-60"}, brief(a.get(id)))
		got := a.patch(id, obj{"title": "late"})
		assert.Equal(t, 400, got.status)
		assert.Contains(t, got.raw, "уже окончен")
	})
}

func TestModesAreDeepCopies(t *testing.T) {
	bubble(t, rsmtest.Options{}, func(a *api) {
		a.create(obj{"labels": obj{"a": "1"}}, 1)
		nested := a.server.AddMode(rsmtest.Mode{
			Items:  []rsmtest.Item{{CI: 1}},
			Labels: map[string]any{"list": []any{"x"}, "strings": []string{"x"}, "map": map[string]any{"k": "x"}},
		})
		spoil := a.server.Modes()
		spoil[0].Items[0].CI = 9
		spoil[0].Labels["a"] = "2"
		spoil[1].Labels["list"].([]any)[0] = "y"
		spoil[1].Labels["strings"].([]string)[0] = "y"
		spoil[1].Labels["map"].(map[string]any)["k"] = "y"

		got := a.server.Modes()
		assert.EqualValues(t, 1, got[0].Items[0].CI)
		assert.Equal(t, "1", got[0].Label("a"))
		one, ok := a.server.Mode(nested)
		require.True(t, ok)
		assert.Equal(t, map[string]any{"list": []any{"x"}, "strings": []string{"x"}, "map": map[string]any{"k": "x"}}, one.Labels)
		_, ok = a.server.Mode(7)
		assert.False(t, ok)
	})
}

func TestOpenMeansAnItemThatIsNotFinal(t *testing.T) {
	bubble(t, rsmtest.Options{}, func(a *api) {
		id := a.create(nil, 1, 2).ID
		open := func() bool {
			m, _ := a.server.Mode(id)
			return m.Open()
		}
		assert.True(t, open())
		a.patch(id, obj{"cancel": true})
		assert.False(t, open())
	})
}

func itemIDs(m modeReply) []int64 {
	ids := []int64{}
	for _, it := range m.Items {
		ids = append(ids, it.ID)
	}
	return ids
}
