package guancetest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// problem is an answer that is no success.
type problem struct {
	kind   kind
	field  string        // for badParam
	why    string        // for badParam, in English
	status int           // for failure
	wait   time.Duration // for limits: until there is room
	tell   bool          // for limits: say wait whatever the knobs are
}

// bad is a 400 that names a field.
func bad(field, why string) *problem { return &problem{kind: badParam, field: field, why: why} }

// kind is one of the errors that the server knows.
type kind struct {
	status int
	code   string
	en, zh string
}

// The errors. The first three are all that the vendor documents; codes and
// texts of the others are invented.
var (
	keyLimit       = kind{401, "ft.TriggerApiAkCurrentLimiting", "the API key has reached its rate limit", "API Key 触发限流"}
	workspaceLimit = kind{401, "ft.TriggerApiWorkspaceCurrentLimiting", "the workspace has reached its rate limit", "工作空间触发限流"}
	badKey         = kind{403, "ft.InvalidAPIKey", "invalid api key", "无效的 API Key"}

	badParam    = kind{400, "ft.ParamsVerificationFailed", "parameter $: ", "参数校验失败：$"}
	notEditable = kind{403, "ft.ScheduleNotEditable", "a built-in schedule cannot be changed", "内置值班不可修改"}
	noSchedule  = kind{404, "ft.ScheduleNotFound", "the schedule does not exist", "值班不存在"}
	noIncident  = kind{404, "ft.IncidentNotFound", "the incident does not exist", "事件不存在"}
	noIssue     = kind{404, "ft.IssueNotFound", "the issue does not exist", "Issue 不存在"}
	noComment   = kind{404, "ft.CommentNotFound", "the comment does not exist", "评论不存在"}
	noRoute     = kind{404, "ft.RouterNotFound", "the route does not exist", "路由不存在"}
	noMethod    = kind{405, "ft.MethodNotAllowed", "the method is not allowed", "请求方法不支持"}
	nameTaken   = kind{409, "ft.ScheduleNameExists", "the name is taken", "名称已存在"}
	failure     = kind{500, "ft.InternalError", "internal error", "内部错误"}
)

// text is the message in the language of the knobs.
func (p *problem) text(l Language) string {
	if l == Chinese {
		return strings.ReplaceAll(p.kind.zh, "$", p.field)
	}
	return strings.ReplaceAll(p.kind.en, "$", p.field) + p.why
}

// refuse writes a problem.
func (c *call) refuse(p *problem) {
	code := p.kind.status
	if p.status != 0 {
		code = p.status
	}
	status := code
	switch p.kind {
	case keyLimit, workspaceLimit:
		if (c.knobs.LimitWait || p.tell) && p.wait > 0 {
			c.w.Header().Set("Retry-After", strconv.FormatInt(int64((p.wait+time.Second-1)/time.Second), 10))
		}
	case badKey, failure:
	default:
		if c.knobs.Errors == ErrorsInBody || c.knobs.Errors == ErrorsNotFoundBody && code == http.StatusNotFound {
			status = http.StatusOK
		}
	}
	c.send(status, object{
		pair("code", encode(code)),
		pair("content", encode(struct{}{})),
		pair("errorCode", encode(p.kind.code)),
		pair("message", encode(p.text(c.knobs.Language))),
		pair("success", encode(false)),
		pair("traceId", encode(c.trace())),
	})
}
