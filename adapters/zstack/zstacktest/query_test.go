package zstacktest_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
)

// shelf makes four tickets a minute apart, named a, B, c%, "d e", with tags, a
// cancelled.
func shelf(a *api) {
	a.t.Helper()
	for _, name := range []string{"a", "B", "c%", "d e"} {
		uuid := a.newTicket(obj{"name": name})
		if name != "c%" {
			require.Equal(a.t, 200, a.tag(uuid, "mon::"+name).status)
		}
		if name == "a" {
			require.Equal(a.t, 200, a.change(uuid, "cancel", "").status)
		}
		time.Sleep(time.Minute)
	}
}

func TestConditions(t *testing.T) {
	for _, row := range []struct {
		rule  string
		query string // conditions, separated by " & "
		want  string // the names found, or a code
	}{
		{"equal", "name=a", "a"},
		{"equal in any letter case", "name=b", "B"},
		{"spaces at the end do not count", "name=a ", "a"},
		{"a space before the value does", "name= a", ""},
		{"the left side is trimmed", "  name =a", "a"},
		{"not equal", "name!=a", "B c% d e"},
		{"in a list", "name?=a,d e,x", "a d e"},
		{"not in a list", "name!?=a,d e,x", "B c%"},
		{"like with any runes", "name~=%e", "d e"},
		{"like with one rune", "name~=_", "a B"},
		{"like without wildcards is equality", "name~=A", "a"},
		{"like with an escaped wildcard", `name~=c\%`, "c%"},
		{"not like", "name!~=%", ""},
		{"less by the collation", "name<b", "a"},
		{"at most", "name<=b", "a B"},
		{"greater", "name>c%", "d e"},
		{"at least", "name>=c%", "c% d e"},
		{"null", "currentFlowUuid is null", "a"},
		{"not null", "currentFlowUuid not null", "B c% d e"},
		{"is not null names a field that ends in is", "currentFlowUuid is not null", "SYS.1000"},
		{"null is not unequal to anything", "description!=x", ""},
		{"all conditions hold", "status=Pending & name!=B", "c% d e"},
		{"the same condition twice is one", "name=a & name=a", "a"},
		{"an earlier operator takes the condition", "name=a!=b", "SYS.1000"},
		{"at least is searched before the list", "name?=a>=b", "SYS.1000"},
		{"the list comes before the equality in it", "name?=a", "a"},
		{"not like is found before like", "name!~=a", "B c% d e"},
		{"a date", "createDate>=2000-01-01 08:02:00", "c% d e"},
		{"a date as answers spell it", "createDate<Jan 1, 2000 8:01:00 AM", "a"},
		{"a bad date", "createDate>yesterday", "SYS.1000"},
		{"an unknown field", "colour=red", "SYS.1000"},
		{"a join is an unknown field", "histories.uuid=x", "SYS.1000"},
		{"no operator", "name", "Bad Request"},
		{"a tag", "__userTag__=MON::A", "a"},
		{"a tag that is like", "__userTag__~=mon::%", "a B d e"},
		{"a tag among some", "__userTag__?=mon::a,mon::d e", "a d e"},
		{"any tag", "__userTag__ not null", "a B d e"},
		{"no tag", "__userTag__ is null", "c%"},
		{"none that equals", "__userTag__!=mon::a", "B c% d e"},
		{"none in the list", "__userTag__!?=mon::a,mon::B", "c% d e"},
		{"none that is like", "__userTag__!~=mon::%", "c%"},
		{"no ticket has a system tag", "__systemTag__=x", ""},
		{"so none has a given one", "__systemTag__!=x", "a B c% d e"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			bubble(t, zstacktest.Options{}, func(a *api) {
				shelf(a)
				values := url.Values{"fields": {"name"}}
				for _, cond := range strings.Split(row.query, " & ") {
					values.Add("q", cond)
				}
				assert.Equal(t, row.want, a.names("?"+values.Encode()))
			})
		})
	}
}

// names are the names of the tickets found, or a refusal.
func (a *api) names(query string) string {
	a.t.Helper()
	r := a.do("GET", "/tickets"+query, nil)
	if r.status != 200 {
		return r.code(a.t)
	}
	out := []string{}
	list, _ := r.object(a.t)["inventories"].([]any)
	for _, o := range list {
		name, _ := o.(obj)["name"].(string)
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

func TestParametersOfAQuery(t *testing.T) {
	for _, row := range []struct {
		rule, query, want string
	}{
		{"nothing is everything", "", "a B c% d e"},
		{"a limit", "?limit=2", "a B"},
		{"a start", "?start=1&limit=2", "B c%"},
		{"a start behind the end", "?start=9", ""},
		{"a limit of none", "?limit=0", ""},
		{"a limit that is no number", "?limit=x", "Bad Request"},
		{"a start below 0", "?start=-1", "Bad Request"},
		{"sorted", "?sort=name", "a B c% d e"},
		{"sorted down", "?sort=-createDate", "d e c% B a"},
		{"sorted with a plus", "?sort=%2BcreateDate", "a B c% d e"},
		{"a raw plus is a space", "?sort=+createDate", "a B c% d e"},
		{"nulls come first", "?sort=currentFlowUuid", "a B c% d e"},
		{"sorted by what is unknown", "?sort=colour", "SYS.1000"},
		{"the first of two sorts", "?sort=-name&sort=name", "d e c% B a"},
		{"fields that are unknown", "?fields=colour", "SYS.1000"},
		{"the first of two fields", "?fields=name&fields=colour", "a B c% d e"},
		{"fields without the name", "?fields=uuid,%20status", "   "},
		{"the old condition parameter is ignored", "?condition=name=a&groupBy=name&filterName=x", "a B c% d e"},
		{"an unknown parameter is ignored", "?colour=red", "a B c% d e"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			bubble(t, zstacktest.Options{}, func(a *api) {
				shelf(a)
				assert.Equal(t, row.want, a.names(row.query))
			})
		})
	}
}

func TestTotals(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		shelf(a)
		got := a.do("GET", "/tickets?replyWithCount=true&limit=1&q=status=Pending", nil).object(t)
		assert.Equal(t, 3.0, got["total"])
		assert.Len(t, got["inventories"], 1)
		assert.Equal(t, obj{"total": 4.0, "schema": obj{}}, a.do("GET", "/tickets?count=true&limit=1", nil).object(t))
		assert.NotContains(t, a.do("GET", "/tickets?count=false", nil).object(t), "total")
	})
}

func TestAPathWithAUUIDIgnoresEverythingElse(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		uuid := a.newTicket(nil)
		assert.Equal(t, []any{uuid}, a.values("/tickets/"+uuid+"?q=name=other&limit=0&fields=name&q=bad", "uuid"))
		assert.Empty(t, a.list("/tickets/"+key1), "what is missing is an empty list")
		assert.Empty(t, a.list("/tickets/histories"), "a literal path is no uuid")
		assert.Empty(t, a.list("/tickets/histories/archives"))
	})
}

func TestAThousandRowsAreTheDefaultLimit(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		for n := range 1001 {
			_, err := a.server.Open(zstacktest.Ticket{Name: strconv.Itoa(n)})
			require.NoError(t, err)
		}
		assert.Len(t, a.list("/tickets?fields=uuid"), 1000)
		assert.Equal(t, []any{"1000"}, a.values("/tickets?fields=name&start=1000", "name"))
		assert.Len(t, a.list("/tickets?fields=uuid&limit=1001"), 1001)
	})
}

func TestASessionSeesItsAccountsTickets(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		own := a.newTicket(nil)
		other, err := a.server.Open(zstacktest.Ticket{AccountUUID: key1}, "t")
		require.NoError(t, err)
		require.NoError(t, a.server.Act(other, zstacktest.Cancel, ""))
		seen := func(a *api) []any { return a.values("/tickets?fields=uuid", "uuid") }
		assert.Equal(t, []any{own}, seen(a))
		assert.Equal(t, []any{own}, seen(a.approver()))
		assert.Equal(t, []any{own, other}, seen(a.admin()))
		assert.Empty(t, a.list("/tickets/histories"))
		assert.Empty(t, a.list("/user-tags"))
		assert.Equal(t, "SYS.1003", a.change(other, "reopen", "").code(t))
		assert.Equal(t, "SYS.1003", a.tag(other, "x").code(t))
		assert.Equal(t, 200, a.job("DELETE", "/tickets/"+other, nil).status)
		assert.Len(t, a.server.Tickets(), 2, "what one does not see one cannot delete")
	})
}

func TestTypesAndProcessesCanBeRead(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		types := a.list("/ticket-types")
		require.Len(t, types, 1)
		assert.Equal(t, []any{zstacktest.VMTicketTypeUUID, "CREATE_VM_INSTANCE_TICKET_TYPE", false, "Jan 2, 2020 11:04:05 AM"},
			[]any{types[0]["uuid"], types[0]["name"], types[0]["adminOnly"], types[0]["createDate"]})

		assert.Equal(t, []any{zstacktest.DefaultCollectionUUID}, a.values("/tickets/flow-collections?q=isDefault=true", "uuid"))
		two := a.list("/tickets/flow-collections/" + zstacktest.TwoStepCollectionUUID)
		require.Len(t, two, 1)
		assert.Equal(t, []any{"Enabled", "Valid", false, zstacktest.DefaultProjectUUID}, []any{two[0]["state"], two[0]["status"], two[0]["isDefault"], two[0]["projectUuid"]})
		flows := a.list("/tickets/flow?q=collectionUuid=" + zstacktest.TwoStepCollectionUUID)
		require.Len(t, flows, 2)
		assert.Equal(t, two[0]["flows"].([]any)[1].(obj)["uuid"], flows[1]["uuid"])
		assert.NotContains(t, flows[0], "parentFlowUuid")
		assert.Equal(t, flows[0]["uuid"], flows[1]["parentFlowUuid"])

		a.server.RemoveVirtualID(zstacktest.ApproverVirtualIDUUID)
		assert.Equal(t, []any{"Invalid"}, a.values("/tickets/flow-collections/"+zstacktest.TwoStepCollectionUUID, "status"))
	})
}
