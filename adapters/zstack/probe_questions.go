package zstack

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// askZone asks for the time zone, and compares the clocks.
func (p *probe) askZone(ctx context.Context) error {
	var reply zoneReply
	if _, _, err := p.s.send(ctx, rest.Request{Path: pathTimeZone, ReadOnly: true, Out: &reply}); err != nil {
		return err
	}
	name := reply.Name
	if _, err := parseZone(name); err != nil {
		name = reply.Offset
	}
	p.find("time zone", name, "in which the server writes dates, without saying so")
	skew, known := p.s.client.Skew()
	switch {
	case !known:
		p.find("clock", "no Date header", "the server's clock is taken to be ours: keep both right by NTP")
	case skew.Abs() < 2*time.Second:
		p.find("clock", "the same", "to the second that a Date header tells")
	case skew > 0:
		p.find("clock", "ahead", "of ours by %s", skew.Round(time.Second))
	default:
		p.find("clock", "behind", "ours by %s", (-skew).Round(time.Second))
	}
	return nil
}

// name is the name of the probe's ticket.
func (p *probe) name() string { return "ttkit probe " + p.uuid[:16] }

func (p *probe) creation(flow string) createBody {
	return createBody{
		Params: createParams{
			Name: p.name(), Description: "made by a probe, and cancelled at once",
			Requests:       p.s.requests.fill(placeholders{Object: p.req.Objects[0], Subject: p.name(), Queue: p.req.Queue}),
			FlowCollection: flow, System: "iam2", Submitter: submitter{p.s.project, p.s.virtualID}, UUID: p.uuid,
		},
		UserTags: []string{p.name() + " 0"},
	}
}

// askCreation makes the ticket, and looks at every answer on the way.
func (p *probe) askCreation(ctx context.Context) error {
	p.posted = append(p.posted, p.uuid)
	j, err := p.job(ctx, http.MethodPost, pathTickets, p.creation(p.s.flowCollection(p.req.Queue)))
	if err != nil {
		return err
	}
	if e := j.refusal(); e != nil {
		return tt.Errorf(tt.CodeInvalid, tt.NotDone, "the ticket of the probe was refused: %s %s %s: see the setting requests", e.Code, e.Description, e.Details)
	}
	p.find("a job takes", roughly(j.took), "the slowest of all, from the call to its result")
	if at, err := url.Parse(text(j.accepted["location"])); err == nil && at.Host == p.s.host {
		p.find("location of an accepted call", "the host that was asked", "%s", at.Host)
	} else {
		p.find("location of an accepted call", "another host", "the adapter takes the job's id from it, and asks the host of base_url")
	}
	p.find("time limit of an accepted call", yes(j.accepted["apiTimeout"] != nil, "there", "missing"), "apiTimeout")
	switch {
	case j.asked == nil:
		p.find("location of an answer that asks for patience", tt.AnswerUnknown, "the job was done at the first question")
	default:
		p.find("location of an answer that asks for patience", yes(j.asked["location"] != nil, "repeated", "missing"), "not needed")
	}
	var made map[string]json.RawMessage
	_ = json.Unmarshal(j.result["inventory"], &made) // m has no fields then
	p.find("dates", dateForm(text(made["createDate"])), "such as %q", text(made["createDate"]))
	p.askNumbers(made)
	p.find("unknown fields", unknownFields(made), "ignored by the adapter")
	return nil
}

func yes(is bool, then, otherwise string) string {
	if is {
		return then
	}
	return otherwise
}

// dateForm tells the Java that wrote a date.
func dateForm(date string) string {
	switch {
	case strings.Contains(date, "\u202f"):
		return "Java 20 and later"
	case strings.Count(date, ",") == 2:
		return "Java 9 and later"
	case strings.Count(date, ",") == 1:
		return "Java 8"
	}
	return "another form"
}

// askNumbers looks at how a number of our own comes back.
func (p *probe) askNumbers(made map[string]json.RawMessage) {
	const question = "numbers"
	if requests := string(made["request"]); strings.Contains(requests, ".0") {
		p.find(question, "with a fraction", "1 comes back as 1.0")
	} else if strings.ContainsAny(requests, "0123456789") {
		p.find(question, "whole", "as they were sent")
	} else {
		p.find(question, tt.AnswerUnknown, "the calls of the ticket hold none")
	}
}

// knownFields are the documented fields of a ticket.
var knownFields = []string{
	"uuid", "name", "description", "status", "request", "accountSystemType", "accountSystemContext", "accountSystemUuid", "currentFlowUuid",
	"flowCollectionUuid", "ticketTypeUuid", "createDate", "lastOpDate",
}

func unknownFields(made map[string]json.RawMessage) string {
	var unknown []string
	for name := range made {
		if !slices.Contains(knownFields, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return yes(len(unknown) > 0, strings.Join(unknown, ", "), "none")
}

// askTags adds tags: some, one again, and one with a rune that the database of
// the platform may not know.
func (p *probe) askTags(ctx context.Context) error {
	rows, err := p.s.tagRows(ctx, p.uuid)
	if err != nil {
		return err
	}
	kept := slices.ContainsFunc(rows, func(t tagRow) bool { return t.Text == p.name()+" 0" })
	p.find("tags of a creation", yes(kept, "kept", "dropped"), "where they are dropped the adapter writes them one by one")
	var last *probedJob
	for _, tag := range []string{" 1", " 2", " 3", " 4", " 5", " 6", " 7", " 8", " 8"} {
		if last, err = p.tag(ctx, p.name()+tag); err != nil {
			return err
		}
	}
	p.find("a tag that is there", last.code(), "the adapter looks, whatever the code")
	emoji := p.name() + " \U0001F525."
	j, err := p.tag(ctx, emoji)
	if err != nil {
		return err
	}
	if rows, err = p.s.tagRows(ctx, p.uuid); err != nil {
		return err
	}
	answer := "refused"
	switch {
	case slices.ContainsFunc(rows, func(t tagRow) bool { return t.Text == emoji }):
		answer = "kept"
	case j.refusal() == nil:
		answer = "cut"
	}
	p.find("emoji in a tag", answer, "the adapter escapes what has no room")
	return nil
}

func (p *probe) tag(ctx context.Context, text string) (*probedJob, error) {
	var body tagBody
	body.Params.Type, body.Params.Resource, body.Params.Tag = ticketResource, p.uuid, text
	return p.job(ctx, http.MethodPost, pathUserTags, body)
}

// askQueries looks for the ticket in several ways.
func (p *probe) askQueries(ctx context.Context) error {
	found, err := p.rows(ctx, pathTickets, url.Values{"q": {"name=" + strings.ToUpper(p.name())}})
	if err != nil {
		return err
	}
	p.find("letter case in conditions", yes(len(found) > 0, "does not count", "counts"), "the adapter compares every row")
	_, err = p.rows(ctx, pathTickets, url.Values{"q": {"name=it's \\ " + p.name()}})
	if err != nil && asError(err).VendorCode == "" {
		return err
	}
	p.find("quotes in conditions", yes(err == nil, "taken", "refused"), "the adapter puts none into a condition")
	tags, err := p.rows(ctx, pathUserTags, url.Values{"q": {"resourceUuid=" + p.uuid}})
	if err != nil {
		return err
	}
	var uuids, order []string
	for _, t := range tags {
		uuids = append(uuids, text(t["uuid"]))
		if n, own := strings.CutPrefix(text(t["tag"]), p.name()+" "); own && len(n) == 1 && n > "0" {
			order = append(order, n)
		}
	}
	backwards := slices.Clone(order)
	slices.Reverse(backwards)
	const question = "order without a sort"
	switch {
	case len(order) < 3:
		p.find(question, tt.AnswerUnknown, "too few rows to tell")
	case slices.IsSorted(order):
		p.find(question, "oldest first", "the adapter always asks for an order")
	case slices.IsSorted(backwards):
		p.find(question, "newest first", "the adapter always asks for an order")
	case slices.IsSorted(uuids):
		p.find(question, "by uuid", "the adapter always asks for an order")
	default:
		p.find(question, "none", "the adapter always asks for an order")
	}
	return nil
}

// askRefusals asks for what must be refused.
func (p *probe) askRefusals(ctx context.Context) error {
	body := p.creation(randomUUID()) // an approval process that does not exist
	body.Params.UUID = randomUUID()
	p.posted = append(p.posted, body.Params.UUID)
	j, err := p.job(ctx, http.MethodPost, pathTickets, body)
	if err != nil {
		return err
	}
	p.find("a refused creation", j.code(), "with an approval process that does not exist")
	form, language := tt.AnswerUnknown, tt.AnswerUnknown
	if e := j.refusal(); e != nil {
		var inner *probedError
		inner, form = e.inner()
		han := strings.ContainsFunc(inner.Details, func(r rune) bool { return unicode.Is(unicode.Han, r) })
		language = yes(inner.Details == "", tt.AnswerUnknown, yes(han, "Chinese", "English"))
	}
	p.find("errors", form, "of that refusal")
	p.find("language of errors", language, "nothing is decided by it")
	gone, err := p.job(ctx, http.MethodDelete, pathTickets+"/"+randomUUID(), nil)
	if err != nil {
		return err
	}
	p.find("deletion of what is not there", gone.code(), "of a uuid that nothing has")
	p.find("answers without content", yes(gone.result["success"] != nil, "say success", yes(gone.refusal() != nil, tt.AnswerUnknown, "are empty")), "of that deletion")
	return nil
}

// askEnd cancels the ticket, and again, and reads what became of it.
func (p *probe) askEnd(ctx context.Context) error {
	body, path := cancellation(), pathTickets+"/"+p.uuid+"/actions"
	j, err := p.job(ctx, http.MethodPut, path, body)
	if err != nil {
		return err
	}
	if e := j.refusal(); e != nil {
		return tt.Errorf(tt.CodeInvalid, tt.NotDone, "the platform refuses to cancel the ticket of the probe: %s %s", e.Code, e.Details)
	}
	if j, err = p.job(ctx, http.MethodPut, path, body); err != nil {
		return err
	}
	p.find("a refused change", j.code(), "cancelling what is cancelled")
	rows, err := p.rows(ctx, pathHistories, url.Values{"q": {"ticketUuid=" + p.uuid}, "sort": {"sequence"}})
	if err != nil {
		return err
	}
	creation, operator := false, "none"
	for _, row := range rows {
		creation = creation || text(row["fromStatus"]) == text(row["toStatus"])
		if kind := text(row["operatorType"]); kind != "" {
			operator = kind
		}
	}
	p.find("history of a creation", yes(creation, "a row", "none"), "from Pending to Pending")
	p.find("operators in the history", operator, "the operatorType of a virtual ID")
	return nil
}
