package zstacktest_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
)

// exchange is one request in the exact shape that the vendor's Java SDK sends,
// and the answer that it can read. $name stands for 32 hex digits: the first
// time for any, afterwards for the same ones.
type exchange struct {
	about  string
	method string
	path   string
	auth   string // the name of a session, "key" for the access key, "" for none
	job    string // X-Job-UUID, "" for none
	body   string
	status int
	want   string // the whole answer
}

// The recorded exchanges. The SDK posts {"params":{…}} with the tags inside,
// puts {"action":{…}} with the tags inside, sends X-JSON-Schema with
// everything, and rebuilds the location of a 202 on its own host.
var exchanges = []exchange{
	{
		"an account logs in", "PUT", "/accounts/login", "", "",
		`{"logInByAccount":{"accountName":"admin","password":"` + sha512Hex(zstacktest.AdminPassword) + `","systemTags":[],"userTags":[]}}`,
		200, `{"inventory":{"accountUuid":"36c27e8ff05c4780bf6d2fa65700f22e","createDate":"Jan 1, 2000 8:00:00 AM","expiredDate":"Jan 1, 2000 10:00:00 AM","noSessionEvaluation":false,"userUuid":"36c27e8ff05c4780bf6d2fa65700f22e","uuid":"$admin"}}`,
	},
	{
		"a virtual ID logs in", "PUT", "/iam2/virtual-ids/login", "", "",
		`{"loginIAM2VirtualID":{"name":"ttkit","password":"` + sha512Hex(zstacktest.DefaultVirtualIDPassword) + `"}}`,
		200, `{"inventory":{"accountUuid":"1c255722caf34cb888b57d11a744248c","createDate":"Jan 1, 2000 8:00:00 AM","expiredDate":"Jan 1, 2000 10:00:00 AM","noSessionEvaluation":false,"userUuid":"1c255722caf34cb888b57d11a744248c","uuid":"$a"}}`,
	},
	{
		"and in to its project by the project's name", "PUT", "/iam2/projects/login", "a", "",
		`{"loginIAM2Project":{"projectName":"monitoring"}}`,
		200, `{"inventory":{"accountUuid":"5f9c0f2e8f5b4f7ba1a5a4f0a8f3c7d1","createDate":"Jan 1, 2000 8:00:00 AM","expiredDate":"Jan 1, 2000 10:00:00 AM","noSessionEvaluation":false,"userUuid":"1c255722caf34cb888b57d11a744248c","uuid":"$b"}}`,
	},
	{
		"a ticket is created under a job id of the client's", "POST", "/tickets", "b", "11111111111111111111111111111111",
		`{"params":{"name":"CPU load \u003e 90% on web-1","description":"it\u0027s high","requests":[{"requestName":"incident","apiName":"org.zstack.header.vm.APICreateVmInstanceMsg","executeTimes":1,"apiBody":{"name":"placeholder","cpu":2,"ratio":0.5}}],` +
			`"accountSystemType":"iam2","accountSystemContext":{"projectUuid":"28c9a199e3e842d28c9805eb89be56cb","virtualIDUuid":"1c255722caf34cb888b57d11a744248c"},` +
			`"resourceUuid":"0f3c5a1e7b2d5c6e8a901b2c3d4e5f60","systemTags":[],"userTags":["mon::obj::web-1"]}}`,
		202, `{"apiTimeout":1800000,"location":"http://10.0.0.5:8080/zstack/v1/api-jobs/11111111111111111111111111111111"}`,
	},
	{
		"the first poll comes at once", "GET", "/api-jobs/11111111111111111111111111111111", "b", "", "",
		202, `{}`,
	},
	{
		"the next one has the ticket", "GET", "/api-jobs/11111111111111111111111111111111", "b", "", "",
		200, `{"inventory":{"accountSystemContext":{"projectUuid":"28c9a199e3e842d28c9805eb89be56cb","virtualIDUuid":"1c255722caf34cb888b57d11a744248c"},"accountSystemType":"iam2","createDate":"Jan 1, 2000 8:00:00 AM","currentFlowUuid":"c6c9b0d1e2f34a5b8c7d6e5f40312233","description":"it\u0027s high","flowCollectionUuid":"872c04e82fee40509447b9ec90fc5aa1","lastOpDate":"Jan 1, 2000 8:00:00 AM","name":"CPU load \u003e 90% on web-1",` +
			`"request":[{"apiBody":{"cpu":2,"name":"placeholder","ratio":0.5},"apiName":"org.zstack.header.vm.APICreateVmInstanceMsg","executeTimes":1,"requestName":"incident"}],"status":"Pending","ticketTypeUuid":"3b933e9aaf2d49b9a3dcf0c92867790f","uuid":"0f3c5a1e7b2d5c6e8a901b2c3d4e5f60"},` +
			`"schema":{"inventory":"org.zstack.ticket.entity.TicketInventory","inventory.request[0]":"org.zstack.ticket.entity.TicketRequest","inventory.status":"org.zstack.ticket.entity.TicketStatus"}}`,
	},
	{
		"the same job id is refused", "POST", "/tickets", "b", "11111111111111111111111111111111", `{"params":{}}`,
		400, `Duplicate job uuid[11111111111111111111111111111111]`,
	},
	{
		"the ticket is found by its tag", "GET", "/tickets?q=__userTag__%3Dmon%3A%3Aobj%3A%3Aweb-1&limit=50&start=0&replyWithCount=true&fields=uuid,status", "b", "", "",
		200, `{"inventories":[{"status":"Pending","uuid":"0f3c5a1e7b2d5c6e8a901b2c3d4e5f60"}],"schema":{"inventories[0]":"org.zstack.ticket.entity.TicketInventory","inventories[0].status":"org.zstack.ticket.entity.TicketStatus"},"total":1}`,
	},
	{
		"only the total is asked for", "GET", "/tickets?count=true&q=status%3F%3DPending%2CRejected", "b", "", "",
		200, `{"schema":{},"total":1}`,
	},
	{
		"the submitter cancels", "PUT", "/tickets/0f3c5a1e7b2d5c6e8a901b2c3d4e5f60/actions", "b", "22222222222222222222222222222222",
		`{"changeTicketStatus":{"statusEvent":"cancel","comment":"recovered \u0026 closed","systemTags":[],"userTags":[]}}`,
		202, `{"apiTimeout":1800000,"location":"http://10.0.0.5:8080/zstack/v1/api-jobs/22222222222222222222222222222222"}`,
	},
	{"the job runs", "GET", "/api-jobs/22222222222222222222222222222222", "b", "", "", 202, `{}`},
	{
		"the ticket is cancelled and waits for nobody", "GET", "/tickets/0f3c5a1e7b2d5c6e8a901b2c3d4e5f60", "b", "", "",
		200, `{"inventories":[{"accountSystemContext":{"projectUuid":"28c9a199e3e842d28c9805eb89be56cb","virtualIDUuid":"1c255722caf34cb888b57d11a744248c"},"accountSystemType":"iam2","createDate":"Jan 1, 2000 8:00:00 AM","description":"it\u0027s high","flowCollectionUuid":"872c04e82fee40509447b9ec90fc5aa1","lastOpDate":"Jan 1, 2000 8:00:00 AM","name":"CPU load \u003e 90% on web-1",` +
			`"request":[{"apiBody":{"cpu":2,"name":"placeholder","ratio":0.5},"apiName":"org.zstack.header.vm.APICreateVmInstanceMsg","executeTimes":1,"requestName":"incident"}],"status":"Cancelled","ticketTypeUuid":"3b933e9aaf2d49b9a3dcf0c92867790f","uuid":"0f3c5a1e7b2d5c6e8a901b2c3d4e5f60"}],` +
			`"schema":{"inventories[0]":"org.zstack.ticket.entity.TicketInventory","inventories[0].request[0]":"org.zstack.ticket.entity.TicketRequest","inventories[0].status":"org.zstack.ticket.entity.TicketStatus"}}`,
	},
	{
		"its history has the comment", "GET", "/tickets/histories?q=ticketUuid=0f3c5a1e7b2d5c6e8a901b2c3d4e5f60&sort=sequence", "b", "", "",
		200, `{"inventories":[{"comment":"recovered \u0026 closed","createDate":"Jan 1, 2000 8:00:00 AM","fromStatus":"Pending","lastOpDate":"Jan 1, 2000 8:00:00 AM","operationContextType":"StatusChanged","operatorType":"IAM2VirtualID","operatorUuid":"1c255722caf34cb888b57d11a744248c","sequence":1,"ticketUuid":"0f3c5a1e7b2d5c6e8a901b2c3d4e5f60","toStatus":"Cancelled","uuid":"$h"}],"schema":{"inventories[0]":"org.zstack.ticket.entity.TicketStatusHistoryInventory"}}`,
	},
	{
		"the submitter changes the request of the cancelled ticket", "PUT", "/tickets/0f3c5a1e7b2d5c6e8a901b2c3d4e5f60/actions", "b", "77777777777777777777777777777777",
		`{"updateTicketRequest":{"requests":[{"requestName":"incident","apiName":"org.zstack.header.vm.APICreateVmInstanceMsg","executeTimes":1,"apiBody":{"name":"other"}}],"description":"seen again","systemTags":[],"userTags":[]}}`,
		202, `{"apiTimeout":1800000,"location":"http://10.0.0.5:8080/zstack/v1/api-jobs/77777777777777777777777777777777"}`,
	},
	{"the job runs", "GET", "/api-jobs/77777777777777777777777777777777", "b", "", "", 202, `{}`},
	{
		"the request is changed", "GET", "/tickets?q=uuid%3D0f3c5a1e7b2d5c6e8a901b2c3d4e5f60&fields=description%2Crequest", "b", "", "",
		200, `{"inventories":[{"description":"seen again","request":[{"apiBody":{"name":"other"},"apiName":"org.zstack.header.vm.APICreateVmInstanceMsg","executeTimes":1,"requestName":"incident"}]}],` +
			`"schema":{"inventories[0]":"org.zstack.ticket.entity.TicketInventory","inventories[0].request[0]":"org.zstack.ticket.entity.TicketRequest"}}`,
	},
	{
		"an access key asks for the ticket's status", "GET", "/tickets?q=uuid%3D0f3c5a1e7b2d5c6e8a901b2c3d4e5f60&fields=status", "key", "", "",
		200, `{"inventories":[{"status":"Cancelled"}],"schema":{"inventories[0]":"org.zstack.ticket.entity.TicketInventory","inventories[0].status":"org.zstack.ticket.entity.TicketStatus"}}`,
	},
	{
		"a creation is only validated", "POST", "/tickets", "b", "88888888888888888888888888888888",
		`{"params":{"name":"check","requests":[],"accountSystemType":"iam2","accountSystemContext":{"projectUuid":"28c9a199e3e842d28c9805eb89be56cb","virtualIDUuid":"1c255722caf34cb888b57d11a744248c"},"systemTags":["ephemeral::validationOnly"]}}`,
		202, `{"apiTimeout":1800000,"location":"http://10.0.0.5:8080/zstack/v1/api-jobs/88888888888888888888888888888888"}`,
	},
	{"the job runs", "GET", "/api-jobs/88888888888888888888888888888888", "b", "", "", 202, `{}`},
	{
		"and found wrong", "GET", "/api-jobs/88888888888888888888888888888888", "b", "", "",
		503, `{"error":{"code":"SYS.1007","description":"One or more API argument is invalid","details":"field[requests] must be a nonempty list"}}`,
	},
	{
		"a tag is added", "POST", "/user-tags", "b", "33333333333333333333333333333333",
		`{"params":{"resourceType":"TicketVO","resourceUuid":"0f3c5a1e7b2d5c6e8a901b2c3d4e5f60","tag":"mon::k\u003dv","systemTags":[],"userTags":[]}}`,
		202, `{"apiTimeout":1800000,"location":"http://10.0.0.5:8080/zstack/v1/api-jobs/33333333333333333333333333333333"}`,
	},
	{"the job runs", "GET", "/api-jobs/33333333333333333333333333333333", "b", "", "", 202, `{}`},
	{
		"the tag is there", "GET", "/api-jobs/33333333333333333333333333333333", "b", "", "",
		200, `{"inventory":{"createDate":"Jan 1, 2000 8:00:00 AM","lastOpDate":"Jan 1, 2000 8:00:00 AM","resourceType":"TicketVO","resourceUuid":"0f3c5a1e7b2d5c6e8a901b2c3d4e5f60","tag":"mon::k\u003dv","type":"User","uuid":"$tag"},"schema":{"inventory":"org.zstack.header.tag.TagInventory"}}`,
	},
	{
		"tags are queried", "GET", "/user-tags?q=resourceType%3DTicketVO&q=tag~%3Dmon%3A%3Ak%25&fields=tag", "b", "", "",
		200, `{"inventories":[{"tag":"mon::k\u003dv"}],"schema":{"inventories[0]":"org.zstack.header.tag.TagInventory"}}`,
	},
	{
		"the tag is deleted", "DELETE", "/tags/$tag?deleteMode=Permissive", "b", "44444444444444444444444444444444", "",
		202, `{"apiTimeout":1800000,"location":"http://10.0.0.5:8080/zstack/v1/api-jobs/44444444444444444444444444444444"}`,
	},
	{
		"a second cancel is accepted at first", "PUT", "/tickets/0f3c5a1e7b2d5c6e8a901b2c3d4e5f60/actions", "b", "55555555555555555555555555555555",
		`{"changeTicketStatus":{"statusEvent":"cancel"}}`,
		202, `{"apiTimeout":1800000,"location":"http://10.0.0.5:8080/zstack/v1/api-jobs/55555555555555555555555555555555"}`,
	},
	{"the job runs", "GET", "/api-jobs/55555555555555555555555555555555", "", "", "", 202, `{}`},
	{
		"and refused by its job", "GET", "/api-jobs/55555555555555555555555555555555", "", "", "",
		503, `{"error":{"code":"SYS.1006","description":"An operation failed","details":"operation denied. the ticket is in status of Cancelled, cannot do the operation[cancel]"}}`,
	},
	{
		"the admin deletes the ticket", "DELETE", "/tickets/0f3c5a1e7b2d5c6e8a901b2c3d4e5f60?deleteMode=Permissive", "admin", "66666666666666666666666666666666", "",
		202, `{"apiTimeout":1800000,"location":"http://10.0.0.5:8080/zstack/v1/api-jobs/66666666666666666666666666666666"}`,
	},
	{"the job runs", "GET", "/api-jobs/66666666666666666666666666666666", "admin", "", "", 202, `{}`},
	{"it has nothing to say", "GET", "/api-jobs/66666666666666666666666666666666", "admin", "", "", 200, `{"schema":{}}`},
	{
		"the ticket is gone", "GET", "/tickets/0f3c5a1e7b2d5c6e8a901b2c3d4e5f60", "b", "", "",
		200, `{"inventories":[],"schema":{}}`,
	},
	{
		"the archive has it under its old uuid", "GET", "/tickets/archives?q=ticketUuid%3F%3D0f3c5a1e7b2d5c6e8a901b2c3d4e5f60&fields=uuid,ticketUuid,status,accountUuid", "b", "", "",
		200, `{"inventories":[{"accountUuid":"5f9c0f2e8f5b4f7ba1a5a4f0a8f3c7d1","status":"Cancelled","ticketUuid":"0f3c5a1e7b2d5c6e8a901b2c3d4e5f60","uuid":"$archived"}],"schema":{"inventories[0]":"org.zstack.ticket.entity.ArchiveTicketInventory"}}`,
	},
	{"the client logs out", "DELETE", "/accounts/sessions/$b", "b", "", "", 200, `{}`},
	{"its session is not valid any more", "GET", "/accounts/sessions/$b/valid", "", "", "", 200, `{"valid":false}`},
	{
		"a query finds that out at once", "GET", "/tickets", "b", "", "",
		503, `{"error":{"code":"ID.1001","description":"The session is invalid","details":"Session expired"}}`,
	},
}

func TestTheVendorsSDKNoticesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := zstacktest.New(zstacktest.Options{Knobs: zstacktest.Knobs{JobPolls: 1, Locale: zstacktest.English}})
		defer server.Close()
		names := map[string]string{}
		for _, x := range exchanges {
			req, err := http.NewRequest(x.method, server.URL()+"/v1"+fill(x.path, names), strings.NewReader(x.body))
			require.NoError(t, err)
			req.Header.Set("Content-Type", "application/json; charset=utf-8")
			req.Header.Set("X-JSON-Schema", "true")
			req.Header.Set("User-Agent", "okhttp/3.12.13")
			switch x.auth {
			case "":
			case "key":
				date := server.Now().In(time.FixedZone("CST", 8*60*60)).Format("Mon, 02 Jan 2006 15:04:05 MST")
				path, _, _ := strings.Cut(x.path, "?")
				req.Header.Set("Date", date)
				req.Header.Set("Authorization", signed(x.method, date, "/v1"+path))
			default:
				req.Header.Set("Authorization", "OAuth "+names[x.auth])
			}
			if x.job != "" {
				req.Header.Set("X-Job-UUID", x.job)
			}
			resp, err := server.Client().Do(req)
			require.NoError(t, err, x.about)
			got := readAll(t, resp)
			assert.Equal(t, x.status, resp.StatusCode, "%s: %s", x.about, got)
			assert.NotContains(t, resp.Header, "Content-Type", x.about)
			match(t, x.about, x.want, got, names)
		}
		assert.Zero(t, server.Approvals())
	})
}

var placeholder = regexp.MustCompile(`\$[a-z]+`)

// fill replaces the names that are known.
func fill(text string, names map[string]string) string {
	return placeholder.ReplaceAllStringFunc(text, func(name string) string { return names[name[1:]] })
}

// match compares an answer, and learns names from it.
func match(t *testing.T, about, want, got string, names map[string]string) {
	t.Helper()
	if loc := placeholder.FindStringIndex(want); loc != nil {
		name := want[loc[0]+1 : loc[1]]
		if names[name] == "" && len(got) >= loc[0]+32 {
			names[name] = got[loc[0] : loc[0]+32]
			assert.Regexp(t, `^[0-9a-f]{32}$`, names[name], about)
		}
	}
	assert.Equal(t, fill(want, names), got, about)
}
