package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
)

// vendor is a simulated server behind the program.
type vendor struct {
	name      string
	settings  string
	secret    string // the value of ${SECRET}, which must never show
	guarantee string // of its keys
	listen    func(string) (string, error)
	tickets   func() int // what it holds, past the program
	close     func()
}

func zstack() vendor {
	server := zstacktest.New(zstacktest.Options{})
	return vendor{
		name: "zstack",
		settings: `
    iam2: {virtual_id: ` + zstacktest.DefaultVirtualID + `, password: "${SECRET}", project: ` + zstacktest.DefaultProject + `}
    project_uuid: ` + zstacktest.DefaultProjectUUID + `
    virtual_id_uuid: ` + zstacktest.DefaultVirtualIDUUID + `
    requests:
      - requestName: incident
        apiName: ` + zstacktest.CreateVMAPI + `
        executeTimes: 1
        apiBody: {name: "{{.Object}}", systemTags: ["ephemeral::validationOnly"]}`,
		secret:    zstacktest.DefaultVirtualIDPassword,
		guarantee: "enforced",
		listen:    server.Listen,
		tickets:   func() int { return len(server.Tickets()) },
		close:     server.Close,
	}
}

func guance() vendor {
	server := guancetest.New(guancetest.Options{})
	built := len(server.Schedules())
	return vendor{
		name: "guance",
		settings: `
    api_key: ${SECRET}
    targets: [oncall@example.net]
    rate: {requests: 0}
    late: 200ms
    settle: 1s
    window: 0`,
		secret:    guancetest.DefaultKey,
		guarantee: "converging",
		listen:    server.Listen,
		tickets:   func() int { return len(server.Schedules()) - built },
		close:     server.Close,
	}
}

// Every row is a process of its own: what one left in the server, the next
// finds. ID and GROUP stand for the tickets that create and escalate made.
func TestTheProgramOnTheOtherVendors(t *testing.T) {
	t.Parallel()
	for _, v := range []vendor{zstack(), guance()} {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			defer v.close()
			url, err := v.listen("127.0.0.1:0")
			require.NoError(t, err)
			config := configFile(t, "systems:\n  msk:\n    adapter: "+v.name+"\n    base_url: "+url+
				"\n    retry: {wait_min: 1ms, wait_max: 100ms}"+v.settings+"\n")
			ids := strings.NewReplacer()
			for _, row := range []struct {
				name   string
				args   []string
				status int
				stdout string // {…} stands for any text
				code   string
			}{
				{"check is good", []string{"check"}, 0, `{"ok":true,"checks":[{…}]}`, ""},
				{"capabilities tell what it promises", []string{"capabilities"}, 0, `{"promote_group_tt":true,"key_guarantee":"` + v.guarantee + `",{…}}`, ""},
				{"list begins empty", []string{"list"}, 0, `{"tt_ids":[]}`, ""},
				{"find finds nothing", []string{"find", "--key", "-a"}, 1, "", "not_found"},
				{"create opens a ticket", []string{"create", "--queue", "net", "--object", "sw-7", "--reason", "link", "--subject", "-5 dBm", "--body", "--weird", "--login", "olga", "--key=-a"},
					0, `{"tt_id":"{…}"}`, ""},
				{"create again finds it", []string{"create", "--object", "sw-7", "--subject", "other", "--key", "-a"}, 0, `{"tt_id":"ID","existed":true}`, ""},
				{"find finds it", []string{"find", "--key", "-a"}, 0, `{"tt_id":"ID"}`, ""},
				{"the same key on another object is a conflict", []string{"create", "--object", "sw-8", "--subject", "s", "--key", "-a"}, 1, "", "conflict"},
				{"comment adds", []string{"comment", "ID", "--subject", "s", "--body", "-", "--login", "ivan", "--key", "c1"}, 0, `{"tt_id":"ID"}`, ""},
				{"comment with its key adds nothing", []string{"comment", "ID", "--subject", "s", "--body", "-", "--login", "ivan", "--key", "c1"}, 0, `{"tt_id":"ID"}`, ""},
				{"add needs a group", []string{"add", "ID", "sw-8"}, 1, "", "conflict"},
				{"promote makes one", []string{"promote", "ID"}, 0, `{"group_id":"ID"}`, ""},
				{"add prints its items in order", []string{"add", "ID", "sw-9", "sw-8"}, 0,
					`{"group_id":"ID","items":[{"obj":"sw-9","status":"ok","error":""},{"obj":"sw-8","status":"ok","error":""}]}`, ""},
				{"list by a member shows the group", []string{"list", "--object", "sw-8"}, 0, `{"tt_ids":["ID"]}`, ""},
				{"get shows it all", []string{"get", "ID", "--output", "json"}, 0,
					`{"tt_id":"ID","queue":"net","obj":"sw-7","objs":["sw-7","sw-{…}"],"group":"ID","key":"-a","state":"open",{…}"pre_reason":"link","subject":"-5 dBm","body":"--weird",` +
						`"comments":[{"id":"{…}","reply_to":"","ts":"{…}Z","login":"ivan","subject":"s","body":"from a pipe\n"}],{…}"resolved":false}`, ""},
				{"there is no lease to renew", []string{"renew", "ID", "--until", "2099-01-01T03:00:00+03:00"}, 1, "", "unsupported"},
				{"close closes", []string{"close", "ID", "--body", "replaced", "--reason", "hardware", "--login", "olga"}, 0, `{"tt_id":"ID","closed":true}`, ""},
				{"close again changes nothing", []string{"close", "ID"}, 0, `{"tt_id":"ID","closed":true}`, ""},
				{"get shows that it is closed", []string{"get", "ID"}, 0, `{"tt_id":"ID",{…}"state":"closed",{…}"close_ts":"{…}Z",{…}"final_reason":"hardware",{…}"body":"replaced"{…}"resolved":true}`, ""},
				{"create with the key of a closed ticket says so", []string{"create", "--object", "sw-7", "--subject", "s", "--key", "-a"}, 0,
					`{"tt_id":"ID","existed":true,"closed":true}`, ""},
				{"escalate makes a group", []string{"escalate", "--object", "sw-1", "--object", "sw-2", "--subject", "power", "--key", "e1"}, 0,
					`{"tt_id":"{…}","group_id":"{…}","items":[{"obj":"sw-1","status":"ok","error":""},{"obj":"sw-2","status":"ok","error":""}]}`, ""},
				{"escalate again finds it whole", []string{"escalate", "--object", "sw-1", "--object", "sw-2", "--subject", "power", "--key", "e1"}, 0,
					`{"tt_id":"GROUP","group_id":"GROUP","items":[{"obj":"sw-1","status":"ok","error":""},{"obj":"sw-2","status":"ok","error":""}]}`, ""},
				{"list shows what is open", []string{"list"}, 0, `{"tt_ids":["GROUP"]}`, ""},
				{"a ticket id that is a path is refused", []string{"close", "../../x"}, 64, "", "invalid"},
				{"an id that nobody has is not found", []string{"get", "0f3c5a1e7b2d5c6e8a901b2c3d4e5f60"}, 1, "", "not_found"},
			} {
				for _, flags := range [][]string{nil, {"--verbose"}} {
					if flags != nil && row.status == 0 {
						continue // a second run would find another state
					}
					ok := t.Run(strings.Join(append([]string{row.name}, flags...), " "), func(t *testing.T) {
						args := append([]string{}, flags...)
						for _, arg := range row.args {
							args = append(args, ids.Replace(arg))
						}
						cmd := process(t, config, args...)
						cmd.Env = append(cmd.Env, "SECRET="+v.secret)
						cmd.Stdin = strings.NewReader("from a pipe\n")
						got := finish(t, cmd)
						assert.NotContains(t, got.stdout+got.stderr, v.secret)
						require.Equal(t, row.status, got.status, got.stderr)
						if row.status != 0 {
							assert.Empty(t, got.stdout)
							assert.Equal(t, row.code, got.failure(t).Code)
							assert.Equal(t, "msk", got.failure(t).System)
							return
						}
						assert.Empty(t, got.stderr)
						matches(t, ids.Replace(row.stdout)+"\n", got.stdout)
						switch id := regexp.MustCompile(`"tt_id":"([^"]+)"`).FindStringSubmatch(got.stdout); row.name {
						case "create opens a ticket":
							ids = strings.NewReplacer("ID", id[1])
						case "escalate makes a group":
							ids = strings.NewReplacer("GROUP", id[1])
						}
					})
					require.True(t, ok)
				}
			}
			assert.Equal(t, 2, v.tickets(), "something was made that nobody asked for")
		})
	}
}
