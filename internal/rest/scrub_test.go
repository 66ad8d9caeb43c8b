package rest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/tt"
)

// spellings are the ways in which servers echo a text.
var spellings = []struct {
	name  string
	spell func(string) string
}{
	{"as it is", func(s string) string { return s }},
	{"query-escaped", url.QueryEscape},
	{"path-escaped", url.PathEscape},
	{"percent-escaped throughout, in lower case", func(s string) string { return each(s, "%%%02x") }},
	{"JSON", quoteJSON},
	{"JSON with every character escaped", func(s string) string { return escapeUTF16(s, `\u%04X`) }},
	{"JSON with escaped slashes", func(s string) string { return strings.ReplaceAll(quoteJSON(s), "/", `\/`) }},
	{"JSON inside of JSON", func(s string) string { return quoteJSON(quoteJSON(s)) }},
	{"a query inside of JSON", func(s string) string { return quoteJSON(url.QueryEscape(s)) }},
	{"hexadecimal backslashes", func(s string) string { return each(s, `\x%02x`) }},
	{"HTML", html.EscapeString},
	{"HTML entities throughout", func(s string) string {
		var b strings.Builder
		for _, r := range s {
			fmt.Fprintf(&b, "&#x%X;", r)
		}
		return b.String()
	}},
	{"base64", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }},
	{"base64 for URLs", func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }},
	{"base64 behind one byte, as in basic authentication", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(":" + s)) }},
	{"base64 behind two bytes, before others", func(s string) string { return base64.StdEncoding.EncodeToString([]byte("u:" + s + "\n")) }},
	{"base64, escaped for a query", func(s string) string {
		return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(s)))
	}},
	{"base64, escaped for JSON", func(s string) string {
		return strings.ReplaceAll(base64.StdEncoding.EncodeToString([]byte("ab:"+s)), "/", `\/`)
	}},
}

func each(s, format string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, format, s[i])
	}
	return b.String()
}

func escapeUTF16(s, format string) string {
	var b strings.Builder
	for _, r := range s {
		if r > 0xffff {
			r -= 0x10000
			fmt.Fprintf(&b, format+format, 0xd800+r>>10, 0xdc00+r&0x3ff)
			continue
		}
		fmt.Fprintf(&b, format, r)
	}
	return b.String()
}

func quoteJSON(s string) string {
	text, _ := json.Marshal(s)
	return strings.Trim(string(text), `"`)
}

func scrub(secrets ...string) *scrubber {
	var all []tt.Secret
	for _, s := range secrets {
		all = append(all, tt.NewSecret(s))
	}
	return newScrubber(all)
}

func TestASecretIsFoundHoweverItIsSpelt(t *testing.T) {
	for _, secret := range []string{token, "pa ss+word%41", `q"uo\te<d>&'`, "пароль🔑ключ", "0123456789abcdef0123456789abcdef", "four", "a%2Fb/c+d=", `\u0041bcd`, "&amp;x&lt;"} {
		s := scrub("another", secret)
		for _, spelling := range spellings {
			spelt := spelling.spell(secret)
			for _, text := range []string{spelt, "token '" + spelt + "' is not valid.", "a=" + spelt + "&b " + spelt} {
				got := s.line(text, maxWords)
				assert.Contains(t, got, mask, "%s: %s", spelling.name, text)
				assert.NotContains(t, got, secret)
				assert.NotContains(t, got, spelt, spelling.name)
			}
			assert.Contains(t, s.line("token '"+spelt+"' is not valid.", maxWords), "is not valid.", "what stands around it is kept")
		}
	}
}

// TestAnySpellingOfAnyCharacter escapes each character of a random secret in
// a random way of one kind, as no library would.
func TestAnySpellingOfAnyCharacter(t *testing.T) {
	kinds := [][]string{{"%c", `\u%04x`, `\u%04X`, `\x%02x`}, {"%c", "%%%02x", "%%%02X"}, {"%c", "&#%d;", "&#x%x;", "&#X%02X;"}}
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[!-~]{4,40}`).Draw(t, "secret")
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		var b strings.Builder
		for _, r := range secret {
			format := rapid.SampledFrom(kind).Draw(t, "format")
			if format == "%c" && strings.ContainsRune(`\%&`, r) {
				format = kind[1] // a bare mark would be another text to whoever reads it
			}
			fmt.Fprintf(&b, format, r)
		}
		got := scrub(secret).line("<<"+b.String()+">>", maxWords)
		if got != "<<"+mask+">>" && !strings.Contains(mask, secret) {
			t.Fatalf("%q became %q", b.String(), got)
		}
	})
}

func TestTextsWithoutSecretsStayAsTheyAre(t *testing.T) {
	s := scrub(token, "pass word")
	for _, text := range []string{
		"", "Maintenance 731 overlaps with 730", `{"detail":"100%","path":"C:\\temp\\u","next":"a=b&c=d"}`,
		"%zz %4 % \\ \\u12 \\q &; &nosuch; &#xZZ; &#99999999;", "Техработы уже идут", strings.Repeat("x", maxWords),
	} {
		assert.Equal(t, text, s.line(text, maxWords))
		assert.Equal(t, text, (*scrubber)(nil).line(text, maxWords), "without secrets too")
	}
	assert.Nil(t, scrub("", "abc"), "three bytes are no secret")
}

func TestBasicAuthenticationGoesWhole(t *testing.T) {
	for _, user := range []string{"", "a", "ab", "abc", "abcd"} {
		header := "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+token))
		assert.Equal(t, "got 'Basic "+mask+"'", scrub(token).line("got '"+header+"'", maxWords), "no bit of the secret is left beside the mask")
	}
}

func TestOverlappingSecrets(t *testing.T) {
	assert.Equal(t, "x"+mask+"y", scrub("abcdef", "defghi").line("xabcdefghiy", maxWords))
	assert.Equal(t, mask+"!", scrub("abcdef", "cdef").line("abcdef!", maxWords))
	assert.Equal(t, "x"+mask+"y", scrub("aaaa").line("xaaaaaay", maxWords))
	assert.NotContains(t, scrub("secret").line("the secret is out", maxWords), "secret", "also when it is our own mark")
}

func TestACutNeverShowsHalfASecret(t *testing.T) {
	secret := strings.Repeat("Secr3t-", 10)
	for _, spelling := range spellings {
		spelt := spelling.spell(secret)
		for _, position := range []int{maxWords, readableOf, readableOf + 2*scrub(secret).reach} {
			for _, before := range []int{len(spelt) + 20, len(spelt), len(spelt) / 2, 10, 1, 0} {
				body := strings.Repeat("x ", position/2)[:position-before] + " " + spelt + " " + strings.Repeat("y", 1000)
				words := scrub(secret).words([]byte(body))
				assert.LessOrEqual(t, len(words), maxWords)
				assert.NotContains(t, words, spelt[:min(len(spelt), 8)], "%s, %d bytes before %d", spelling.name, before, position)
			}
		}
	}
	// What shrinks while it is read, such as a page, brings what stood far behind to the front.
	end := readableOf + 2*scrub(secret).reach
	for before := 0; before < len(secret); before += 9 {
		page := "<html>" + strings.Repeat("<br/>", end/5)
		page = page[:end-before-7] + " <br/> " + secret + strings.Repeat(" ", 100)
		assert.NotContains(t, scrub(secret).words([]byte(page)), "Secr", "%d bytes before the end of what is read", before)
	}
	// A secret that looks like a tag is gone before the tags are.
	assert.Equal(t, "wrong: "+mask, scrub("pass<wo>rd").words([]byte("<p>wrong: pass<wo>rd</p>")))
}

func TestAServerThatEchoesTheToken(t *testing.T) {
	for _, spelling := range spellings {
		for _, status := range []int{200, 400, 500} {
			synctest.Test(t, func(t *testing.T) {
				body := "no such token: " + spelling.spell(token)
				a := &answers{replies: []string{reply(status, body)}}
				c := newClient(t, a.network().client(t))
				var out struct{}
				_, err := c.Do(t.Context(), Request{Path: "/x", Out: &out})
				e := failure(t, err)
				assert.NotContains(t, e.Error(), spelling.spell(token))
				assert.Contains(t, e.Error(), "no such token: ")
				assert.Contains(t, e.Error(), mask)
			})
		}
	}
	synctest.Test(t, func(t *testing.T) {
		n := &network{peer: speak(func(_ *http.Request, _ string, conn net.Conn) bool {
			_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\nContent-Length: 1000\r\n\r\nbad token "+token[:len(token)-1])
			return false
		})}
		c := newClient(t, n.client(t))
		_, err := c.Do(t.Context(), Request{Path: "/x"})
		e := failure(t, err)
		assert.Equal(t, tt.CodeInvalid, e.Code)
		assert.NotContains(t, e.Error(), token[:4], "half a secret in half a reply")
	})
}

func TestWords(t *testing.T) {
	for _, test := range []struct{ name, body, want string }{
		{"nothing", "", ""},
		{"white space", " \r\n\t ", ""},
		{"a text", "  Not\r\nfound\t. ", "Not found ."},
		{"one message", `{"detail":"Not found."}`, "Not found."},
		{"one message, wrapped", `{"error":{"message":["Not found."]}}`, "Not found."},
		{"escaped Cyrillic", `{"detail":"\u041e\u0448\u0438\u0431\u043a\u0430"}`, "Ошибка"},
		{"more than a message", `{"code": 12345678901234567890, "message":"<b>\u0434\u0430</b>"}`, `{"code":12345678901234567890,"message":"<b>да</b>"}`},
		{"a field's name is never lost", `{"dateEnd":["This field is required."]}`, `{"dateEnd":["This field is required."]}`},
		{"a message that is no text", `{"error":null}`, `{"error":null}`},
		{"a JSON string", `"busy"`, "busy"},
		{"half a JSON text", `{"detail":"Not fou`, `{"detail":"Not fou`},
		{"a page", "<!DOCTYPE html><html><head><title>502 Bad Gateway</title><style>p{}</style><SCRIPT type=x>if (a<b) alert()</SCRIPT></head><body><center>nginx&nbsp;&lt;1&gt;</center></body></html>", "502 Bad Gateway nginx <1>"},
		{"a page that ends in a tag", "<p>busy</p><a href=", "busy"},
		{"a page that ends in a script", "<p>busy</p><script>let x", "busy"},
		{"control characters", "a\x00b\x1b[31mc\u0085d", "a\uFFFDb\uFFFD[31mc\uFFFDd"},
		{"bytes that are no text", "a\xff\xfeb", "a\uFFFD\uFFFDb"},
	} {
		assert.Equal(t, test.want, (&Response{Body: []byte(test.body)}).Words(), test.name)
	}
	long := (&Response{Body: []byte(strings.Repeat("ж", 3000))}).Words()
	assert.LessOrEqual(t, len(long), maxWords)
	assert.True(t, strings.HasSuffix(long, tt.CutMark))
	assert.True(t, utf8.ValidString(long))
}

func FuzzWords(f *testing.F) {
	for _, spelling := range spellings {
		f.Add([]byte("bad token "+spelling.spell(token)), token)
	}
	f.Add([]byte(`{"error":{"message":"no"}}`), "no, no")
	f.Add([]byte("<p>a</p>secret[secret]"), "secret")
	f.Add([]byte(strings.Repeat("x", readableOf)+"token-token"), "token-token")
	f.Add([]byte("ab [secret]"), "b [s")
	f.Add([]byte("000\x80"), "000\xef") // the beginning of the mark for what is no text
	f.Fuzz(func(t *testing.T, body []byte, secret string) {
		s := scrub(secret)
		words := s.words(body)
		if len(words) > maxWords {
			t.Errorf("%d bytes", len(words))
		}
		if i := strings.IndexFunc(words, unicode.IsControl); i >= 0 || !utf8.ValidString(words) {
			t.Errorf("control characters or broken text: %q", words)
		}
		if len(secret) >= shortSecret && strings.Contains(words, secret) {
			t.Errorf("%q holds the secret %q", words, secret)
		}
		// An echo of the secret itself goes, whatever stands around it.
		if len(secret) >= shortSecret && utf8.ValidString(secret) {
			for _, spelling := range spellings {
				text := string(body[:min(len(body), 100)]) + spelling.spell(secret)
				if strings.Contains(s.line(text, maxWords), secret) {
					t.Errorf("%s: %q shows the secret %q", spelling.name, text, secret)
				}
			}
		}
		require.Equal(t, words, s.line(words, maxWords), "a second time changes nothing")
	})
}

// A session is a secret that is known only when the server has given it.
func TestASecretLearnedOnTheWay(t *testing.T) {
	const session = "9f0d2c1b3a4e5f60718293a4b5c6d7e8"
	synctest.Test(t, func(t *testing.T) {
		a := &answers{replies: []string{reply(400, "no such session: "+session), reply(400, "no such session: "+session)}}
		c := newClient(t, a.network().client(t))
		_, err := c.Do(t.Context(), Request{Path: "/x"})
		require.Contains(t, failure(t, err).Error(), session)

		c.Hide(tt.NewSecret(session))
		for i := range 2 * learnedSecrets { // the configured ones are never forgotten
			c.Hide(tt.NewSecret(fmt.Sprintf("another-session-%d", i)), tt.NewSecret(session))
		}
		c.Hide(tt.NewSecret(session))
		_, err = c.Do(t.Context(), Request{Path: "/x"})
		assert.NotContains(t, failure(t, err).Error(), session)
		assert.Contains(t, failure(t, err).Error(), mask)
		assert.Contains(t, c.secrets.scrubber().hide(token), mask)
		assert.Len(t, c.secrets.learned, learnedSecrets)
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v", c, c, c), session)
	})
}

// A signature is a secret of one request; nobody knew it before.
func TestTheCredentialsOfARequest(t *testing.T) {
	const signature = "tmdEjLkCvF+2f1PzDQ8xw7yHcZE="
	for _, header := range []string{"ZStack key-7:" + signature, "OAuth " + signature, signature} {
		for _, spelling := range spellings {
			for _, status := range []int{200, 400, 500} {
				synctest.Test(t, func(t *testing.T) {
					a := &answers{replies: []string{reply(status, "wrong sign: "+spelling.spell(signature)+" and "+spelling.spell(token))}}
					c := newClient(t, a.network().client(t))
					var out struct{}
					_, err := c.Do(t.Context(), Request{Path: "/x", Header: http.Header{"Authorization": {header}}, Out: &out})
					text := failure(t, err).Error()
					assert.NotContains(t, text, spelling.spell(signature))
					assert.NotContains(t, text, spelling.spell(token), "the configured ones, too")
					assert.Contains(t, text, mask)
				})
			}
		}
	}
}
