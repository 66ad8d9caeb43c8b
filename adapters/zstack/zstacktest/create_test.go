package zstacktest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
)

func TestACreationIsCheckedInTheServersOrder(t *testing.T) {
	english := zstacktest.Knobs{Locale: zstacktest.English}
	// Where a row is wrong in two ways, the earlier check answers.
	for _, row := range []struct {
		rule   string
		fields obj
		want   string
	}{
		{"a name", obj{"name": nil}, "SYS.1007 field[name] of message[APICreateTicketMsg] is mandatory, can not be null"},
		{"requests", obj{"name": strings.Repeat("ж", 256), "requests": nil}, "SYS.1007 field[requests] of message[APICreateTicketMsg] is mandatory, can not be null"},
		{"a name of 255 characters", obj{"name": strings.Repeat("ж", 256)}, "SYS.1007 field[name] exceeds max length of string. expected was <= 255, actual was 256"},
		{"a description of 2048 characters", obj{"description": strings.Repeat("x", 2049)}, "SYS.1007 field[description] exceeds max length of string. expected was <= 2048, actual was 2049"},
		{"a request", obj{"requests": []any{}}, "SYS.1007 field[requests] must be a nonempty list"},
		{"no null among them", obj{"requests": []any{request(nil), nil}}, "SYS.1007 field[requests] contains a NULL element"},
		{"a uuid of version 1 to 5", obj{"resourceUuid": "0f3c5a1e7b2d6c6e8a901b2c3d4e5f60"}, "SYS.1007 resourceUuid[0f3c5a1e7b2d6c6e8a901b2c3d4e5f60] is not a valid uuid. A valid uuid is a UUID(v4 recommended) with '-' stripped"},
		{"no tags that do not exist", obj{"tagUuids": []any{key1}}, `SYS.1007 tag pattern[uuid:"` + key1 + `"] not found`},
		{"the account system iam2", obj{"accountSystemType": "ldap", "requests": []any{request(obj{"apiName": "x"})}}, "SYS.1007 no accountSystemType[ldap] defined in system"},
		{"requests that a ticket type has", obj{"requests": []any{request(obj{"apiName": "x"})}, "flowCollectionUuid": key1}, "SYS.1007 not matched ticket type found"},
		{"a process that exists", obj{"flowCollectionUuid": key1, "requests": []any{request(nil), request(obj{"apiName": "x"})}}, "SYS.1007 no matched ticket flow collection or no default ticket flow collection found, you must specify the flowCollectionUuid or create a default ticket flow collection in system"},
		{"APIs that exist", obj{"requests": []any{request(nil), request(obj{"apiName": "x"})}}, "SYS.1007 invalid request. no API[x] found"},
		{"a body", obj{"requests": []any{request(obj{"apiBody": nil})}}, "SYS.1007 invalid request, cannot create API[org.zstack.header.vm.APICreateVmInstanceMsg] from apiBody, apiBody is null"},
		{"a process of the project", obj{"flowCollectionUuid": zstacktest.TwoStepCollectionUUID, "accountSystemContext": obj{"projectUuid": "p", "virtualIDUuid": "v"}}, "SYS.1007 operation denied because flow collection[uuid:" + zstacktest.TwoStepCollectionUUID + "] it not belong the project[uuid:p]"},
		{"the session's own virtual ID", obj{"accountSystemContext": obj{"projectUuid": zstacktest.DefaultProjectUUID, "virtualIDUuid": zstacktest.ApproverVirtualIDUUID}}, "SYS.1007 operation denied. the submitter[virtual ID uuid:" + zstacktest.ApproverVirtualIDUUID + ", project uuid:" + zstacktest.DefaultProjectUUID + "] is not the operator of this session"},
		{"runes that the database knows", obj{"name": "fire 🔥"}, "SYS.1000 could not execute batch; GenericJDBCException: Incorrect string value for column 'name' at row 1"},
		{"requests of 65,535 bytes", obj{"requests": []any{request(obj{"apiBody": obj{"name": strings.Repeat("x", 70_000)}})}}, "SYS.1000 could not execute batch; DataException: Data too long for column 'request' at row 1"},
	} {
		t.Run("a ticket needs "+row.rule, func(t *testing.T) {
			bubble(t, zstacktest.Options{Knobs: english}, func(a *api) {
				r := a.job("POST", "/tickets", ticketBody(row.fields))
				require.Equal(t, 503, r.status, r.raw)
				e := r.object(t)["error"].(obj)
				assert.Equal(t, row.want, e["code"].(string)+" "+e["details"].(string))
				assert.Empty(t, a.server.Tickets())
			})
		})
	}
}

func TestAnApprovalProcessMustBeUsable(t *testing.T) {
	flows := []zstacktest.Flow{{UUID: key1, Name: "one", ApproverUUID: zstacktest.AdminUUID}}
	for _, row := range []struct {
		rule       string
		collection zstacktest.FlowCollection
		code       string
	}{
		{"one of this type is", zstacktest.FlowCollection{TypeUUIDs: []string{zstacktest.VMTicketTypeUUID}}, "OK"},
		{"one of another type is not", zstacktest.FlowCollection{TypeUUIDs: []string{"other"}}, "SYS.1007"},
		{"an invalid one is not", zstacktest.FlowCollection{Invalid: true}, "SYS.1007"},
		{"a disabled one is not", zstacktest.FlowCollection{Disabled: true}, "SYS.1007"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			f := row.collection
			f.UUID, f.Flows = "f", flows
			bubble(t, zstacktest.Options{FlowCollections: []zstacktest.FlowCollection{f}}, func(a *api) {
				assert.Equal(t, row.code, a.job("POST", "/tickets", ticketBody(obj{"flowCollectionUuid": "f"})).code(t))
				assert.Equal(t, "SYS.1007", a.job("POST", "/tickets", ticketBody(nil)).code(t), "there is no default")
			})
		})
	}
}

func TestATicketTypeMayBeTheAdminsAlone(t *testing.T) {
	types := []zstacktest.TicketType{{UUID: key1, Name: "T", APIs: []string{zstacktest.CreateVMAPI}, AdminOnly: true}}
	bubble(t, zstacktest.Options{TicketTypes: types, Knobs: zstacktest.Knobs{AdminSubmits: true}}, func(a *api) {
		assert.Equal(t, "SYS.1007", a.job("POST", "/tickets", ticketBody(nil)).code(t))
		assert.Equal(t, key1, a.admin().create(nil)["ticketTypeUuid"])
	})
}

func TestAUUIDIsUsedOnce(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		create := func(uuid string) string {
			return a.job("POST", "/tickets", ticketBody(obj{"resourceUuid": uuid})).code(t)
		}
		assert.Equal(t, "OK", create(key1))
		assert.Equal(t, "SYS.1000", create(key1))
		assert.Equal(t, "SYS.1000", create(zstacktest.DefaultProjectUUID), "of any resource")
		a.server.Delete(key1)
		assert.Equal(t, "OK", create(key1), "a deleted one is free")

		_, err := a.server.Open(zstacktest.Ticket{UUID: "0f3c5a1e7b2d5c6e8a901b2c3d4e5f61", AccountUUID: "another"})
		require.NoError(t, err)
		assert.Equal(t, "SYS.1000", create("0f3c5a1e7b2d5c6e8a901b2c3d4e5f61"), "of one that nobody here sees")
		assert.Empty(t, a.list("/tickets/0f3c5a1e7b2d5c6e8a901b2c3d4e5f61"))
		for _, uuid := range []string{"", strings.ToUpper(key1), key1[1:], key1 + "0", "0f3c5a1e7b2d5c6eca901b2c3d4e5f60"} {
			assert.Equal(t, "SYS.1007", create(uuid), uuid)
		}
	})
}

func TestAValidationOnlyCreationChecksAndDoesNothing(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		check := func(fields obj, tags ...any) reply {
			body := ticketBody(fields)
			body["systemTags"] = tags
			return a.job("POST", "/tickets", body)
		}
		assert.Equal(t, "200 {}", check(nil, "ephemeral::validationOnly").line())
		assert.Equal(t, "SYS.1007", check(obj{"requests": []any{}}, "ephemeral::validationOnly").code(t))
		assert.Equal(t, "SYS.1007", check(nil, "some::other").code(t), "only registered tags pass")
		assert.Empty(t, a.server.Tickets())

		uuid := a.newTicket(nil)
		body := obj{"changeTicketStatus": obj{"statusEvent": "cancel"}, "systemTags": []any{"ephemeral::validationOnly"}}
		assert.Equal(t, "200 {}", a.job("PUT", "/tickets/"+uuid+"/actions", body).line())
		assert.Equal(t, "200 {}", a.job("DELETE", "/tickets/"+uuid+"?systemTags=ephemeral::validationOnly", nil).line())
		assert.Equal(t, "200 {}", a.job("DELETE", "/tickets/"+uuid+"?systemTags.0=ephemeral::validationOnly", nil).line())
		assert.Equal(t, []any{"Pending"}, a.values("/tickets", "status"))
	})
}

func TestTagsOfACreationStandAtTheTopOrInside(t *testing.T) {
	for _, row := range []struct {
		rule        string
		top, inside any
		want        []string
	}{
		{"at the top", []any{"a", "b"}, nil, []string{"a", "b"}},
		{"inside", nil, []any{"a"}, []string{"a"}},
		{"the top wins", []any{"a"}, []any{"b"}, []string{"a"}},
		{"the same twice is one", []any{"a", "A"}, nil, []string{"a"}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			bubble(t, zstacktest.Options{}, func(a *api) {
				body := ticketBody(obj{"userTags": row.inside})
				if row.top != nil {
					body["userTags"] = row.top
				}
				assert.Equal(t, 200, a.job("POST", "/tickets", body).status)
				got := []string{}
				for _, tag := range a.server.Tags("") {
					got = append(got, tag.Text)
				}
				assert.Equal(t, row.want, got)
			})
		})
	}
}

func TestTextsAreTrimmedAndNullsAreAbsent(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		got := a.create(obj{"name": "  n \n", "description": nil, "unknown": 7,
			"requests": []any{request(obj{"apiBody": obj{"name": "<vm>", "none": nil, "list": []any{1, nil}}, "executeTimes": nil})}})
		assert.Equal(t, "n", got["name"])
		assert.NotContains(t, got, "description")
		assert.Equal(t, []any{obj{"requestName": "incident", "apiName": zstacktest.CreateVMAPI, "executeTimes": 1.0,
			"apiBody": obj{"name": "<vm>", "list": []any{1.0, nil}}}}, got["request"])
		assert.Contains(t, a.do("GET", "/tickets", nil).raw, `"name":"\u003cvm\u003e"`)
	})
}

func TestWhatTheRESTLayerCannotReadIsPlainText(t *testing.T) {
	for _, row := range []struct {
		rule, method, path string
		body               any
		status             int
		text               string
	}{
		{"a body that is no JSON", "POST", "/tickets", "{", 500, "com.google.gson.JsonSyntaxException: "},
		{"a body that is no object", "POST", "/tickets", "[]", 500, "com.google.gson.JsonSyntaxException: "},
		{"a name that is no string", "POST", "/tickets", ticketBody(obj{"name": 7}), 400, "[name] field is excepted a string, but was [7]"},
		{"an action that does not exist", "PUT", "/tickets/" + key1 + "/actions", obj{"approveTicket": obj{}}, 400, "the body doesn't contain action mapping to the URL[/v1/tickets/" + key1 + "/actions]"},
		{"a path that does not exist", "GET", "/alarms", nil, 404, "no api mapping to /v1/alarms"},
		{"the path that one Go SDK has wrong", "PUT", "/tickets/{uuid}/actions/" + key1 + "/actions", obj{}, 404, "no api mapping to /v1/tickets/{uuid}/actions/" + key1 + "/actions"},
		{"a method that does not exist", "PATCH", "/tickets/" + key1, nil, 405, "method[PATCH] is not supported by /v1/tickets/" + key1},
	} {
		t.Run(row.rule, func(t *testing.T) {
			bubble(t, zstacktest.Options{}, func(a *api) {
				got := a.do(row.method, row.path, row.body)
				assert.Equal(t, row.status, got.status)
				assert.True(t, strings.HasPrefix(got.raw, row.text), got.raw)
			})
		})
	}
}

func TestAPathWithoutContextIsTheContainersPage(t *testing.T) {
	bubble(t, zstacktest.Options{ContextPath: "/elsewhere"}, func(a *api) {
		resp, err := a.server.Client().Get("http://localhost/zstack/v1/tickets")
		require.NoError(t, err)
		assert.Equal(t, 404, resp.StatusCode)
		assert.Contains(t, readAll(t, resp), "<html")
		assert.Equal(t, "text/html;charset=utf-8", resp.Header.Get("Content-Type"))
	})
}
