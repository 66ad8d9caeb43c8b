package escalate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/escalate"
)

func request(key string, members ...string) escalate.Request {
	return escalate.Request{
		CreateRequest: tt.CreateRequest{Object: "sw1", Subject: "link down", Key: key, Timestamp: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)},
		Members:       members,
	}
}

// statuses writes items as "sw1=ok sw2=temp".
func statuses(items []tt.ItemResult) string {
	text := ""
	for i, item := range items {
		if i > 0 {
			text += " "
		}
		text += fmt.Sprintf("%s=%s", item.Object, item.Status)
	}
	return text
}

// changes counts the calls that changed the backend, by method.
func changes(backend *fake.Backend) map[string]int {
	counts := map[string]int{}
	for _, event := range backend.History() {
		if event.Changed {
			counts[event.Op]++
		}
	}
	return counts
}

func TestCreateTakesTheStepsThatAreNeeded(t *testing.T) {
	for _, row := range []struct {
		name    string
		options []fake.Option
		req     escalate.Request
		group   string
		items   string
		changes map[string]int
	}{
		{"a leader alone is a plain ticket", nil, request("k"), "", "sw1=ok", map[string]int{"CreateTT": 1}},
		{"a leader alone is promoted when asked", nil, escalate.Request{CreateRequest: request("k").CreateRequest, Promote: true}, "1", "sw1=ok",
			map[string]int{"CreateTT": 1, "CreateGroupTT": 1}},
		{"members make a group ticket", nil, request("k", "sw2", "sw3"), "1", "sw1=ok sw2=ok sw3=ok",
			map[string]int{"CreateTT": 1, "CreateGroupTT": 1, "AddToGroupTT": 1}},
		{"the leader and doubles among the members are fine", nil, request("k", "sw2", "sw1", "sw2"), "1", "sw1=ok sw2=ok sw1=ok sw2=ok",
			map[string]int{"CreateTT": 1, "CreateGroupTT": 1, "AddToGroupTT": 1}},
		{"without group tickets the members are skipped", []fake.Option{fake.WithoutGroups()}, request("k", "sw2", "sw3"), "", "sw1=ok sw2=skip sw3=skip",
			map[string]int{"CreateTT": 1}},
		{"no key is needed when nothing fails", nil, request("", "sw2"), "1", "sw1=ok sw2=ok",
			map[string]int{"CreateTT": 1, "CreateGroupTT": 1, "AddToGroupTT": 1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			sys := fake.New(row.options...)
			result, err := escalate.Create(t.Context(), sys, row.req)
			require.NoError(t, err)
			assert.Equal(t, "1", result.TicketID)
			assert.Equal(t, tt.Created{ID: "1"}, result.Created)
			assert.Equal(t, row.group, result.GroupID)
			assert.Equal(t, row.items, statuses(result.Items))
			assert.Equal(t, row.changes, changes(sys.Backend()))
			for _, item := range result.Items {
				assert.Equal(t, item.Status == tt.ItemSkip, errors.Is(item.Err, tt.ErrUnsupported))
			}
		})
	}
}

func TestRepeatingChangesNothing(t *testing.T) {
	sys := fake.New()
	first, err := escalate.Create(t.Context(), sys, request("k", "sw2", "sw3"))
	require.NoError(t, err)
	sys.Backend().ClearHistory()

	again, err := escalate.Create(t.Context(), sys, request("k", "sw2", "sw3"))
	require.NoError(t, err)
	assert.True(t, again.Created.Existed)
	assert.Equal(t, first.Items, again.Items)
	assert.Equal(t, first.GroupID, again.GroupID)
	assert.Empty(t, changes(sys.Backend()))
}

func TestAMemberMayJoinLater(t *testing.T) {
	sys := fake.New()
	_, err := escalate.Create(t.Context(), sys, request("k"))
	require.NoError(t, err)
	result, err := escalate.Create(t.Context(), sys, request("k", "sw2"))
	require.NoError(t, err)
	assert.Equal(t, "1", result.GroupID)
	ticket, err := sys.GetTT(t.Context(), "1")
	require.NoError(t, err)
	assert.Equal(t, []string{"sw1", "sw2"}, ticket.Objects)
}

// want is what a call with a fault answers.
type want struct {
	id, group, items string
	created          bool // one ticket exists
	code             tt.Code
	op               string
	outcome          tt.Outcome
	temporary        bool
	repeatable       bool
}

func TestAFaultAtAnyStepLosesNoTicketAndMakesNoSecond(t *testing.T) {
	refused := tt.Errorf(tt.CodePermissionDenied, tt.NotDone, "this login may not")
	for _, row := range []struct {
		name  string
		key   string
		fault fake.Fault
		want  want
	}{
		{"the create never arrives", "k", fake.Fault{Kind: fake.FailBefore, Op: "CreateTT"},
			want{"", "", "", false, tt.CodeUnavailable, "CreateTT", tt.NotDone, true, true}},
		{"the reply of the create is lost", "k", fake.Fault{Kind: fake.FailAfter, Op: "CreateTT"},
			want{"", "", "", true, tt.CodeUnavailable, "CreateTT", tt.Unknown, true, true}},
		{"the create is half done", "k", fake.Fault{Kind: fake.FailAfter, Op: "CreateTT", Err: tt.Errorf(tt.CodeUnavailable, tt.Done, "tagging failed")},
			want{"1", "", "", true, tt.CodeUnavailable, "CreateTT", tt.Done, true, true}},
		{"the create is refused", "k", fake.Fault{Kind: fake.FailBefore, Op: "CreateTT", Err: refused},
			want{"", "", "", false, tt.CodePermissionDenied, "CreateTT", tt.NotDone, false, true}},
		{"the promotion never arrives", "k", fake.Fault{Kind: fake.FailBefore, Op: "CreateGroupTT"},
			want{"1", "", "sw1=ok sw2=temp sw3=temp", true, tt.CodeUnavailable, "CreateGroupTT", tt.Done, true, true}},
		{"the reply of the promotion is lost", "k", fake.Fault{Kind: fake.FailAfter, Op: "CreateGroupTT"},
			want{"1", "", "sw1=ok sw2=temp sw3=temp", true, tt.CodeUnavailable, "CreateGroupTT", tt.Done, true, true}},
		{"the promotion is refused", "k", fake.Fault{Kind: fake.FailBefore, Op: "CreateGroupTT", Err: refused},
			want{"1", "", "sw1=ok sw2=fail sw3=fail", true, tt.CodePermissionDenied, "CreateGroupTT", tt.Done, false, true}},
		{"the promotion fails and there is no key to come back with", "", fake.Fault{Kind: fake.FailBefore, Op: "CreateGroupTT"},
			want{"1", "", "sw1=ok sw2=temp sw3=temp", true, tt.CodeUnavailable, "CreateGroupTT", tt.Done, true, false}},
		{"the addition never arrives", "k", fake.Fault{Kind: fake.FailBefore, Op: "AddToGroupTT"},
			want{"1", "1", "sw1=ok sw2=temp sw3=temp", true, tt.CodeUnavailable, "AddToGroupTT", tt.Done, true, true}},
		{"the reply of the addition is lost", "k", fake.Fault{Kind: fake.FailAfter, Op: "AddToGroupTT"},
			want{"1", "1", "sw1=ok sw2=temp sw3=temp", true, tt.CodeUnavailable, "AddToGroupTT", tt.Done, true, true}},
		{"the addition is throttled", "k", fake.Fault{Kind: fake.Throttle, Op: "AddToGroupTT", RetryAfter: time.Minute},
			want{"1", "1", "sw1=ok sw2=temp sw3=temp", true, tt.CodeRateLimited, "AddToGroupTT", tt.Done, true, true}},
		{"one member fails for now", "k", fake.Fault{Kind: fake.FailItems, Objects: []string{"sw2"}},
			want{"1", "1", "sw1=ok sw2=temp sw3=ok", true, tt.CodeUnavailable, "AddToGroupTT", tt.Done, true, true}},
		{"one member fails for good", "k", fake.Fault{Kind: fake.FailItems, Objects: []string{"sw3"}, Err: refused},
			want{"1", "1", "sw1=ok sw2=ok sw3=fail", true, tt.CodePermissionDenied, "AddToGroupTT", tt.Done, false, true}},
		{"the promotion turns out to be unsupported", "k", fake.Fault{Kind: fake.FailBefore, Op: "CreateGroupTT", Err: tt.ErrUnsupported},
			want{"1", "", "sw1=ok sw2=skip sw3=skip", true, "", "", 0, false, false}},
		{"the addition turns out to be unsupported", "k", fake.Fault{Kind: fake.FailBefore, Op: "AddToGroupTT", Err: tt.ErrUnsupported},
			want{"1", "1", "sw1=ok sw2=skip sw3=skip", true, "", "", 0, false, false}},
	} {
		t.Run(row.name, func(t *testing.T) {
			backend := fake.NewBackend()
			backend.Inject(row.fault)
			sys, req := backend.Open("msk"), request(row.key, "sw2", "sw3")

			result, err := escalate.Create(t.Context(), sys, req)
			assert.Zero(t, backend.FaultsLeft(), "the fault struck")
			assert.Equal(t, row.want.id, result.TicketID)
			assert.Equal(t, row.want.group, result.GroupID)
			assert.Equal(t, row.want.items, statuses(result.Items))
			assert.Equal(t, row.want.created, len(backend.Tickets()) == 1)
			if row.want.code == "" {
				require.NoError(t, err)
				return
			}
			var e *tt.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, row.want, want{e.TicketID, result.GroupID, statuses(result.Items), row.want.created,
				e.Code, e.Op, e.Outcome, errors.Is(err, tt.ErrTemporary), tt.SafeToRetry(err)})
			assert.Equal(t, row.fault.RetryAfter, e.RetryAfter)
			assert.Equal(t, "msk", e.System, "the error names the system")

			if row.want.repeatable { // the same call finishes the rest
				result, err = escalate.Create(t.Context(), sys, req)
			} else { // the id does
				result.GroupID, result.Items, err = escalate.Join(t.Context(), sys, result.TicketID, time.Time{}, "sw1", "sw2", "sw3")
			}
			require.NoError(t, err)
			assert.Equal(t, "1", result.GroupID)
			assert.Equal(t, "sw1=ok sw2=ok sw3=ok", statuses(result.Items))
			require.Len(t, backend.Tickets(), 1, "there is no second ticket")
			objects := backend.Tickets()[0].Objects
			assert.Equal(t, "sw1", objects[0], "the leader is first")
			assert.ElementsMatch(t, []string{"sw1", "sw2", "sw3"}, objects)
			assert.Equal(t, 1, changes(backend)["CreateTT"])
			assert.Equal(t, 1, changes(backend)["CreateGroupTT"])
		})
	}
}

func TestTheWorstObjectSpeaksForAll(t *testing.T) {
	temp := func(wait time.Duration) error {
		e := tt.Errorf(tt.CodeRateLimited, tt.NotDone, "too many requests")
		e.RetryAfter = wait
		return e
	}
	gone := tt.Errorf(tt.CodeNotFound, tt.NotDone, "no such item")
	for _, row := range []struct {
		name  string
		errs  []error
		want  string
		waits time.Duration
	}{
		{"all are in", []error{nil, nil}, "", 0},
		{"skipped ones are no failure", []error{tt.ErrUnsupported, nil}, "", 0},
		{"what failed for now comes before what failed for good", []error{gone, temp(0), nil},
			`tt: AddToGroupTT 7: rate_limited: 2 of 3 objects did not join the group, among them "b": too many requests (the ticket exists or changed; repeating the call finishes the rest)`, 0},
		{"the first of several that failed for good is named", []error{gone, gone},
			`tt: AddToGroupTT 7: not_found: 2 of 2 objects did not join the group, among them "a": no such item (the ticket exists or changed; when the cause is gone, repeating the call finishes the rest)`, 0},
		{"the longest wait counts", []error{temp(time.Second), temp(time.Minute), temp(time.Second)},
			`tt: AddToGroupTT 7: rate_limited: 3 of 3 objects did not join the group, among them "a": too many requests (the ticket exists or changed; repeating the call finishes the rest; try again in 1m0s)`, time.Minute},
		{"a bare error of a third party is classified", []error{errors.New("boom")},
			`tt: AddToGroupTT 7: internal: 1 of 1 objects did not join the group, among them "a": boom (the ticket exists or changed; when the cause is gone, repeating the call finishes the rest)`, 0},
		{"an error without words is said to have none", []error{&tt.Error{Code: tt.CodeConflict}},
			`tt: AddToGroupTT 7: conflict: 1 of 1 objects did not join the group, among them "a": the system gave no reason (the ticket exists or changed; when the cause is gone, repeating the call finishes the rest)`, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			objs := []string{"a", "b", "c"}[:len(row.errs)]
			_, items, err := escalate.Join(t.Context(), answers{errs: row.errs}, "7", time.Time{}, objs...)
			require.Len(t, items, len(objs))
			for i, item := range items {
				assert.Equal(t, tt.ItemOf(objs[i], row.errs[i]), item, "the results themselves stay as they were")
			}
			if row.want == "" {
				require.NoError(t, err)
				return
			}
			assert.EqualError(t, err, row.want)
			var e *tt.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, row.waits, e.RetryAfter)
		})
	}
}

// answers is a group system whose additions answer what it is told.
type answers struct {
	tt.Unimplemented
	errs []error
}

func (answers) Capabilities() tt.Capabilities { return tt.Capabilities{PromoteGroupTT: true} }

func (answers) CreateGroupTT(_ context.Context, id string, _ time.Time) (string, error) {
	return id, nil
}

func (a answers) AddToGroupTT(_ context.Context, _ string, objs ...string) ([]tt.ItemResult, error) {
	var items []tt.ItemResult
	for i, obj := range objs {
		items = append(items, tt.ItemOf(obj, a.errs[i]))
	}
	return items, nil
}

func TestJoinOfATicketThatIsNotThereClaimsNothing(t *testing.T) {
	group, items, err := escalate.Join(t.Context(), fake.New(), "404", time.Time{}, "sw2")
	assert.Empty(t, group)
	assert.Equal(t, "sw2=fail", statuses(items))
	var e *tt.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, tt.CodeNotFound, e.Code)
	assert.Equal(t, tt.NotDone, e.Outcome)
	assert.Equal(t, "404", e.TicketID)

	_, items, err = escalate.Join(t.Context(), careless{}, "7", time.Time{}, "sw2")
	assert.EqualError(t, err, "tt: CreateGroupTT 7: internal: boom (it may have happened; look before repeating, a repeat could double it)",
		"what a careless implementation returns is classified")
	assert.Equal(t, "sw2=fail", statuses(items))
}

// careless promotes with a bare error.
type careless struct{ answers }

func (careless) CreateGroupTT(context.Context, string, time.Time) (string, error) {
	return "", errors.New("boom")
}

func TestAnEndedEpisodeIsLeftAlone(t *testing.T) {
	for _, row := range []struct {
		name  string
		end   func(t *testing.T, sys tt.System)
		check func(tt.Created) bool
	}{
		{"closed", func(t *testing.T, sys tt.System) {
			_, err := sys.CloseTT(t.Context(), tt.CloseRequest{ID: "1"})
			require.NoError(t, err)
		}, func(c tt.Created) bool { return c.Closed }},
		{"expired", func(*testing.T, tt.System) { time.Sleep(2 * time.Hour) }, func(c tt.Created) bool { return c.Expired }},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // in which the two hours pass at once
				sys := fake.New(fake.WithLease(time.Hour))
				_, err := escalate.Create(t.Context(), sys, request("k"))
				require.NoError(t, err)
				row.end(t, sys)
				_ = sys.Backend().Tickets() // lets the lease end
				sys.Backend().ClearHistory()

				result, err := escalate.Create(t.Context(), sys, request("k"))
				require.NoError(t, err, "as CreateTT has it, Created tells")
				assert.True(t, row.check(result.Created))
				assert.Equal(t, "sw1=ok", statuses(result.Items))

				result, err = escalate.Create(t.Context(), sys, request("k", "sw2"))
				assert.ErrorIs(t, err, tt.ErrClosed)
				assert.NotErrorIs(t, err, tt.ErrTemporary)
				assert.ErrorContains(t, err, "tt: CreateGroupTT 1: closed: the episode of this key is over: a new one needs a new key")
				assert.Equal(t, "1", result.TicketID)
				assert.Equal(t, "sw1=ok sw2=fail", statuses(result.Items))
				assert.Empty(t, changes(sys.Backend()))
			})
		})
	}
}

func TestACancelBetweenTheStepsKeepsTheID(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	backend := fake.NewBackend()
	result, err := escalate.Create(ctx, cancelling{backend.Open(""), cancel}, request("k", "sw2"))
	assert.ErrorIs(t, err, tt.ErrCanceled)
	assert.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, "1", result.TicketID)
	assert.Equal(t, "sw1=ok sw2=fail", statuses(result.Items), "a caller's cancel is not temporary")
	assert.True(t, tt.SafeToRetry(err))
	assert.Equal(t, map[string]int{"CreateTT": 1}, changes(backend))
}

// cancelling cancels when the ticket is made.
type cancelling struct {
	tt.System
	cancel context.CancelFunc
}

func (c cancelling) CreateTT(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
	defer c.cancel()
	return c.System.CreateTT(ctx, req)
}

func TestBadRequestsWriteNothing(t *testing.T) {
	for _, row := range []struct {
		name string
		req  escalate.Request
	}{
		{"an empty object", escalate.Request{CreateRequest: tt.CreateRequest{Subject: "link down"}, Members: []string{"sw2"}}},
		{"an empty subject", escalate.Request{CreateRequest: tt.CreateRequest{Object: "sw1"}, Members: []string{"sw2"}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			sys := fake.New()
			result, err := escalate.Create(t.Context(), sys, row.req)
			assert.ErrorIs(t, err, tt.ErrInvalid)
			assert.Empty(t, result.Items)
			assert.Empty(t, sys.Backend().History())
		})
	}
	t.Run("a bad member fails alone: an alarm never stays without its ticket", func(t *testing.T) {
		sys := fake.New()
		result, err := escalate.Create(t.Context(), sys, request("k", "", "sw3"))
		assert.ErrorIs(t, err, tt.ErrInvalid)
		assert.Equal(t, "sw1=ok =fail sw3=ok", statuses(result.Items))
		assert.True(t, slices.Equal([]string{"sw1", "sw3"}, sys.Backend().Tickets()[0].Objects))
	})
}

func TestResultIsWrittenAsScriptsReadIt(t *testing.T) {
	sys := fake.New(fake.WithInventory("sw1", "sw2"))
	result, err := escalate.Create(t.Context(), sys, request("k", "sw2", "sw404"))
	require.Error(t, err)
	text, err := json.Marshal(result)
	require.NoError(t, err)
	var got struct {
		TicketID string `json:"tt_id"`
		GroupID  string `json:"group_id"`
		Items    []map[string]string
	}
	require.NoError(t, json.Unmarshal(text, &got))
	assert.Equal(t, "1", got.TicketID)
	assert.Equal(t, "1", got.GroupID)
	require.Len(t, got.Items, 3)
	assert.Equal(t, map[string]string{"obj": "sw2", "status": "ok", "error": ""}, got.Items[1])
	assert.Equal(t, "fail", got.Items[2]["status"])
	assert.NotEmpty(t, got.Items[2]["error"])

	result, err = escalate.Create(t.Context(), sys, request("k2"))
	require.NoError(t, err)
	text, err = json.Marshal(result)
	require.NoError(t, err)
	assert.JSONEq(t, `{"tt_id":"2","group_id":"","items":[{"obj":"sw1","status":"ok","error":""}]}`, string(text))

	sys.Backend().Inject(fake.Fault{Kind: fake.FailBefore})
	result, err = escalate.Create(t.Context(), sys, request("k3"))
	require.Error(t, err)
	text, err = json.Marshal(result)
	require.NoError(t, err)
	assert.JSONEq(t, `{"tt_id":"","group_id":"","items":[]}`, string(text), "the list is there even when it is empty")
}
