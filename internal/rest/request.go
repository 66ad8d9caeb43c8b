package rest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ttkit/ttkit/tt"
)

// Class tells how often a request may reach the server.
type Class int

// The classes. The zero value is for reads and for writes that state an end
// result.
const (
	Safe    Class = iota // repeated freely: twice is as good as once
	Guarded              // repeated only when provably nothing was done; the adapter looks before any other repeat
	Once                 // never repeated
)

// Request is one call. Its fields are read until Do returns.
type Request struct {
	Method string // "" is GET
	Path   string // below Config.BaseURL, its variable parts escaped by url.PathEscape; a dot segment is refused
	Query  url.Values
	Header http.Header // in addition to, and in place of, Accept, Content-Type and User-Agent

	// Body is sent as JSON, marshalled once for all attempts; a []byte is
	// sent as it is. nil: no body.
	Body any

	ReadOnly bool // changes nothing on the server, whatever the verb: a failure is NotDone
	Class    Class

	// Out is where the JSON of a successful answer goes, by encoding/json or,
	// when it is a Reader, by itself. An answer that is no JSON is then an
	// error. nil: the reply's text does not matter.
	Out any

	// Fail reads the answers to this request, where they mean something else
	// than elsewhere. nil: Config.Fail.
	Fail func(r *Response) *tt.Error
}

// Reader is an Out that reads a whole answer itself. It is spared what an
// UnmarshalJSON costs: encoding/json looks for the end of the value once more
// before it calls one.
type Reader interface {
	// ReadJSON reads the body of a successful answer, which is valid JSON.
	// The text may be kept, and may not be changed. An error says that it is
	// JSON of another shape, which repeating would not change.
	ReadJSON(text []byte) error
}

// Response is a complete answer of the server.
type Response struct {
	Status int
	Header http.Header
	Body   []byte // as received: it may echo a secret; see Words

	method, path string // of the request, for messages
	scrub        *scrubber
	own          string // the credentials of the request itself
}

// ready is a Request after all that can be wrong with it has been checked.
type ready struct {
	url  *url.URL
	body []byte
}

// prepare checks r and builds what all its attempts share. Its errors are
// tt.ErrInvalid, but tt.ErrInternal for a request that no adapter may make.
func (c *Client) prepare(r *Request) (ready, *tt.Error) {
	var out ready
	u, e := c.urlOf(r)
	if e != nil {
		return out, e
	}
	out.url = u
	switch body := r.Body.(type) {
	case nil:
	case []byte:
		out.body = body
	default:
		text, err := json.Marshal(body)
		if err != nil {
			return out, c.invalid("%s %s: the request cannot be written as JSON: %w", r.method(), r.Path, err)
		}
		out.body = text
	}
	if r.Class != Safe && len(out.body) == 0 && repeatedByNet(r.method()) {
		// net/http repeats these by itself, whatever we decide.
		e := tt.Errorf(tt.CodeInternal, tt.NotDone, "a %s without a body cannot be guarded against repeats", r.method())
		e.Adapter, e.System = c.adapter, c.system
		return out, e
	}
	return out, nil
}

func (c *Client) urlOf(r *Request) (*url.URL, *tt.Error) {
	path := "/" + strings.TrimPrefix(r.Path, "/")
	plain, err := url.PathUnescape(path)
	if err != nil || hasDots(plain) {
		return nil, c.invalid("%s %q: not a path of this server", r.method(), r.Path)
	}
	u := &url.URL{Scheme: c.base.Scheme, Host: c.base.Host, Path: c.base.Path + plain}
	if plain != path || c.base.RawPath != "" {
		u.RawPath = c.base.EscapedPath() + path
	}
	if len(r.Query) > 0 {
		u.RawQuery = r.Query.Encode()
	}
	return u, nil
}

// hasDots reports a segment "." or "..", which would lead to another resource
// than the adapter meant.
func hasDots(path string) bool {
	if !strings.Contains(path, "/.") {
		return false
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

func (r *Request) method() string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}

// header makes the header of one attempt. Every attempt has one of its own:
// a transport may still be reading that of an attempt which timed out, and
// http.Client adds the jar's cookies to it.
func (c *Client) header(r *Request, hasBody bool) http.Header {
	h := make(http.Header, 4+len(r.Header))
	h["Accept"] = acceptJSON
	h["User-Agent"] = userAgent()
	if hasBody {
		h["Content-Type"] = acceptJSON
	}
	for name, values := range r.Header {
		h[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	if c.authorize != nil {
		c.authorize(h)
	}
	if r.Class != Safe {
		for _, name := range idempotencyKeys {
			if values, ok := h[name]; ok {
				// net/http takes the header, spelled like this, as leave to
				// repeat the request by itself; servers read any spelling.
				delete(h, name)
				h[strings.ToLower(name)] = values
			}
		}
	}
	return h
}

var (
	acceptJSON      = []string{"application/json"}
	idempotencyKeys = []string{"Idempotency-Key", "X-Idempotency-Key"}
)

// repeatedByNet reports the methods that net/http repeats by itself on a new
// connection when they have no body.
func repeatedByNet(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}
