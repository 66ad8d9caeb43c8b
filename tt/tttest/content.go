package tttest

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ttkit/ttkit/tt"
)

var contentRules = []rule{
	{
		name:  "content/languages",
		says:  "Text in any script comes back as it was given: Cyrillic, CJK, emoji, right-to-left, combining marks.",
		check: contentOf(languages),
	},
	{
		name: "content/syntax",
		says: "Text is text: what looks like JSON, HTML, labels, placeholders, escapes or separators comes back as it was given, " +
			"and white space at its ends too.",
		check: contentOf(syntax),
	},
	{
		name:  "content/control-characters",
		says:  "What no vendor can carry becomes U+FFFD, one for one, as tt.CleanText says, and the ticket exists all the same.",
		check: contentOf(dirty),
	},
	{
		name: "content/long",
		says: "An alarm never stays without a ticket because its text is long: the text is whole, or cut at the boundary of a rune, " +
			"ended by tt.CutMark, and Ticket.Truncated is set.",
		check: contentLong,
	},
	{
		name:  "content/long-comment",
		says:  "A long comment is whole, or cut at the boundary of a rune and ended by tt.CutMark.",
		check: contentLongComment,
	},
}

var (
	languages = []string{
		"Падение порта xe-0/0/1 на коммутаторе", "交換機端口故障 交换机端口故障 スイッチ 스위치", "🔥 link down 👩‍💻🏳️‍🌈 🇩🇪",
		"المحول معطل / המתג מושבת", "e\u0301 a\u030a ñ ﬁ ½ İ ß", "a\u00a0b\u2003c\u200bd\u2028e\ufeff f",
	}
	syntax = []string{
		`{"id":1,"labels":{"tt_key":"x"},"a":[null]}`, `<script>alert("x")</script> &amp; <b>bold</b>`, "{{.Object}} ${HOME} $HOME %s %d %[1]q %00 %0A",
		`C:\temp\new "quoted" 'single' back` + "`tick`", "a,b;c|d:e=f\tg", "[tt+ABC:DEF] tt_key tt_obj #1 @all", "-- '; DROP TABLE tickets; /* */",
		"\\u0041 \\n \\x00 %D0%B0 &#1040;", "null", "0", "  spaces at both ends  ",
	}
	dirty = []string{
		"bell \a, escape \x1b[31mred\x1b[0m, null \x00, delete \x7f", "no UTF-8: \xff\xfe \xd0", "next line \u0085 and CSI \u009b",
	}
)

// contentOf checks that texts come back, in every field that is free text.
func contentOf(texts []string) func(context.Context, *env) error {
	return func(ctx context.Context, e *env) error {
		sys, err := e.open(ctx)
		if err != nil {
			return err
		}
		for i, text := range texts {
			req := e.request(e.object(i), e.key(i))
			req.Subject, req.Reason, req.Login = strings.TrimSpace(text), text, text
			req.Body = text + "\nsecond line\r\n\n\t" + text + "\n"
			c, err := e.createAs(ctx, sys, req)
			if err != nil {
				return fmt.Errorf("with the text %q: %w", text, err)
			}
			comment := tt.CommentRequest{ID: c.ID, Subject: strings.TrimSpace(text), Body: req.Body, Login: text, Key: strings.ToValidUTF8(tt.Key(text), "")}
			if err := e.comment(ctx, sys, comment); err != nil {
				return fmt.Errorf("with the text %q: %w", text, err)
			}
			if err := e.contentIs(ctx, sys, c.ID, req, comment); err != nil {
				return err
			}
		}
		return nil
	}
}

func (e *env) contentIs(ctx context.Context, sys tt.System, id string, req tt.CreateRequest, comment tt.CommentRequest) error {
	t, err := e.get(ctx, sys, id)
	if err != nil {
		return err
	}
	for _, s := range []*string{&req.Subject, &req.Reason, &req.Body, &comment.Subject, &comment.Body} {
		*s = tt.CleanText(*s)
	}
	can := sys.Capabilities()
	for _, text := range []struct {
		s     *string
		limit int
	}{{&req.Subject, can.MaxSubject}, {&req.Body, can.MaxBody}, {&comment.Body, can.MaxComment}} {
		*text.s, _ = tt.Cut(*text.s, text.limit)
	}
	if err := holds(t, req); err != nil {
		return fmt.Errorf("GetTT %q: %w", id, err)
	}
	if len(t.Comments) != 1 || t.Comments[0].Body != comment.Body || t.Comments[0].Subject != comment.Subject {
		return fmt.Errorf("GetTT %q: expected the comment %q %q, got %+v", id, comment.Subject, comment.Body, t.Comments)
	}
	return nil
}

// longText has runes of one to four bytes, so that a cut at any byte would
// show, and at least n bytes.
func longText(n int) string {
	const piece = "Порт 端口 🔥 down; "
	return strings.Repeat(piece, n/len(piece)+1)
}

// beyond is a length that has to be cut where the limit is known.
func beyond(limit int) int { return max(64<<10, limit+1000) }

func contentLong(ctx context.Context, e *env) error {
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	can := sys.Capabilities()
	for i := range 4 { // begin at each byte of a rune
		req := e.request(e.object(i), e.key("long", i))
		req.Subject = strings.Repeat("s", i) + longText(4000+can.MaxSubject)
		req.Body = strings.Repeat("b", i) + longText(beyond(can.MaxBody))
		c, err := e.createAs(ctx, sys, req)
		if err != nil {
			return fmt.Errorf("with a subject of %d and a body of %d bytes: %w", len(req.Subject), len(req.Body), err)
		}
		t, err := e.get(ctx, sys, c.ID)
		if err != nil {
			return err
		}
		cutSubject, err := cutWell("Subject", t.Subject, req.Subject, can.MaxSubject)
		if err != nil {
			return fmt.Errorf("GetTT %q: %w", c.ID, err)
		}
		cutBody, err := cutWell("Body", t.Body, req.Body, can.MaxBody)
		if err != nil {
			return fmt.Errorf("GetTT %q: %w", c.ID, err)
		}
		if cut := cutSubject || cutBody; t.Truncated != cut {
			return fmt.Errorf("GetTT %q: expected Truncated %t, got %t; the subject has %d of %d bytes and the body %d of %d",
				c.ID, cut, t.Truncated, len(t.Subject), len(req.Subject), len(t.Body), len(req.Body))
		}
		whole := req
		whole.Subject, whole.Body = t.Subject, t.Body
		if err := holds(t, whole); err != nil {
			return fmt.Errorf("GetTT %q, whose text is long: %w", c.ID, err)
		}
	}
	return nil
}

// cutWell expects all of want, or its beginning with the mark behind it, and
// tells which.
func cutWell(what, got, want string, limit int) (cut bool, err error) {
	if got == want {
		return false, nil
	}
	rest, marked := strings.CutSuffix(got, tt.CutMark)
	switch {
	case !utf8.ValidString(got):
		return true, fmt.Errorf("%s of %d bytes: expected it to be cut at the boundary of a rune, its end is %q", what, len(want), tail(got))
	case !marked:
		return true, fmt.Errorf("%s of %d bytes: expected it whole, or cut and ended by %q, got %d bytes ended by %q",
			what, len(want), tt.CutMark, len(got), tail(got))
	case !strings.HasPrefix(want, rest):
		return true, fmt.Errorf("%s of %d bytes: expected the beginning of the text before the mark, got %d bytes ended by %q",
			what, len(want), len(got), tail(got))
	case limit > 0 && len(got) > limit:
		return true, fmt.Errorf("%s: Capabilities say that %d bytes fit, got %d", what, limit, len(got))
	}
	return true, nil
}

func tail(s string) string { return s[max(0, len(s)-24):] }

func contentLongComment(ctx context.Context, e *env) error {
	sys, id, err := e.ticket(ctx)
	if err != nil {
		return err
	}
	limit := sys.Capabilities().MaxComment
	base := time.Now().Add(-time.Hour)
	for i := range 4 {
		req := tt.CommentRequest{
			ID: id, Body: strings.Repeat("c", i) + longText(beyond(limit)/4), Key: fmt.Sprint("long ", i),
			At: base.Add(time.Duration(i) * time.Minute),
		}
		if err := e.comment(ctx, sys, req); err != nil {
			return fmt.Errorf("with %d bytes: %w", len(req.Body), err)
		}
		t, err := e.get(ctx, sys, id)
		if err != nil {
			return err
		}
		if len(t.Comments) != i+1 {
			return fmt.Errorf("GetTT %q: expected %d comments, got %d", id, i+1, len(t.Comments))
		}
		if _, err := cutWell("a comment", t.Comments[i].Body, req.Body, limit); err != nil {
			return fmt.Errorf("GetTT %q: %w", id, err)
		}
	}
	return nil
}
