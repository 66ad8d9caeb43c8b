package rsm

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/ttkit/ttkit/internal/rest"
)

// askRefusals makes requests that must be refused, and looks at how.
func (p *probe) askRefusals(ctx context.Context) error {
	english, err := p.s.dial(p.s.speaking("en-US"))
	if err != nil {
		return err
	}
	defer english.Close()
	nobody, err := p.s.dial(func(http.Header) {})
	if err != nil {
		return err
	}
	defer nobody.Close()

	zero := rest.Request{Method: http.MethodGet, Path: pathModes + "/0", ReadOnly: true}
	bad, err := refused(ctx, p.s.client, zero, http.StatusBadRequest, http.StatusNotFound)
	if err != nil {
		return err
	}
	p.find("errors", shapeOf(bad), "the body of a refused request")
	inEnglish, err := refused(ctx, english, zero, http.StatusBadRequest, http.StatusNotFound)
	if err != nil {
		return err
	}
	p.askTexts(words(bad), words(inEnglish))

	list := rest.Request{Method: http.MethodGet, Path: pathModes, Query: url.Values{"page": {"1"}, "perPage": {"1"}}, ReadOnly: true}
	denied, err := refused(ctx, nobody, list, http.StatusUnauthorized, http.StatusForbidden)
	if err != nil {
		return err
	}
	p.find("missing credentials", shapeOf(denied), "the body of status %d", denied.Status)
	wrongType := rest.Request{
		Method: http.MethodPost, Path: pathModesFilter, ReadOnly: true, Body: []byte("{}"), Header: http.Header{"Content-Type": {"text/plain"}},
	}
	typed, err := refused(ctx, p.s.client, wrongType, http.StatusUnsupportedMediaType, http.StatusBadRequest)
	if err != nil {
		return err
	}
	p.find("refused media type", shapeOf(typed), "the body of status %d", typed.Status)
	word, err := refused(ctx, p.s.client, rest.Request{Method: http.MethodGet, Path: pathModes + "/x", ReadOnly: true}, http.StatusBadRequest, http.StatusNotFound)
	if err != nil {
		return err
	}
	p.find("an id that is no number", fmt.Sprint("status ", word.Status), "reading the mode x")
	p.askClock()
	return nil
}

// refused makes a request that a server refuses with one of the statuses. Any
// other failure is an error: the server, or what is before it, is not well.
func refused(ctx context.Context, client *rest.Client, r rest.Request, statuses ...int) (*rest.Response, error) {
	reply, err := client.Do(client.Operation(ctx), r)
	if reply != nil {
		for _, status := range statuses {
			if reply.Status == status {
				return reply, nil
			}
		}
	}
	if err == nil { // taken, against all documentation: this too is an answer
		return reply, nil
	}
	return nil, err
}

// shapeOf names the form of a refusal's body.
func shapeOf(r *rest.Response) string {
	if r.Status < 300 {
		return "not refused"
	}
	if len(strings.TrimSpace(string(r.Body))) == 0 {
		return "empty"
	}
	var body map[string]json.RawMessage
	if json.Unmarshal(r.Body, &body) != nil {
		return "no JSON"
	}
	has := func(names ...string) bool {
		for _, name := range names {
			if body[name] != nil {
				return true
			}
		}
		return false
	}
	switch {
	case has("title", "detail"):
		return "problem details (RFC 7807)"
	case has("stackTrace"):
		return "message and stack trace"
	case has("bodyFields", "queryFields"):
		return "message and fields"
	case has("message"):
		return "message"
	}
	return "other JSON"
}

// words are the server's words about what is wrong, as it punctuates them.
func words(r *rest.Response) string {
	var body struct{ Message, Detail string }
	_ = json.Unmarshal(r.Body, &body) // what has no words has none
	if body.Message == "" {
		return body.Detail
	}
	return body.Message
}

// askTexts compares the same words, asked for in Russian and in English.
func (p *probe) askTexts(russian, english string) {
	cyrillic := func(text string) bool {
		return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) })
	}
	const question = "language"
	switch {
	case russian == "" || english == "":
		p.unknown(question, "errors have no words")
		p.unknown("punctuation", "errors have no words")
		return
	case cyrillic(russian) && cyrillic(english):
		p.find(question, "Russian", "whatever is asked for")
	case cyrillic(russian):
		p.find(question, "as asked for", "by Accept-Language")
	default:
		p.find(question, "English", "whatever is asked for")
	}
	if strings.HasSuffix(strings.TrimSpace(russian), ".") {
		p.find("punctuation", "full stop", "texts end in one")
	} else {
		p.find("punctuation", "none", "texts end without a full stop")
	}
}

// askClock compares the server's clock with ours, by the answers so far.
func (p *probe) askClock() {
	const question = "clock"
	skew, known := p.s.client.Skew()
	switch {
	case !known:
		p.find(question, "no Date header", "the server's clock is taken to be ours: keep both right by NTP")
	case skew.Abs() < 2*time.Second:
		p.find(question, "the same", "to the second that a Date header tells")
	case skew > 0:
		p.find(question, "ahead", "of ours by %s; the adapter follows the server's", skew.Round(time.Second))
	default:
		p.find(question, "behind", "ours by %s; the adapter follows the server's", (-skew).Round(time.Second))
	}
}

// askNames looks whether config items are found by a name in another letter
// case: with object_by name an object then means more than it says.
func (p *probe) askNames(ctx context.Context) error {
	const question = "names of config items"
	own, err := p.s.items(p.s.client.Operation(ctx), itemsFilter{IDs: []int64{p.ci}})
	if err != nil {
		return err
	}
	if len(own) == 0 {
		p.unknown(question, "config item %d is not in the inventory", p.ci)
		return nil
	}
	swapped := strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, own[0].Name)
	if swapped == own[0].Name {
		p.unknown(question, "the name of config item %d has no letters", p.ci)
		return nil
	}
	found, err := p.s.items(p.s.client.Operation(ctx), itemsFilter{Names: []string{swapped}})
	if err != nil {
		return err
	}
	for _, row := range found {
		if row.ID == p.ci {
			p.find(question, "letter case does not count", "the adapter compares names exactly all the same")
			return nil
		}
	}
	p.find(question, "letter case counts", "a name in the other case finds nothing, or another config item")
	return nil
}
