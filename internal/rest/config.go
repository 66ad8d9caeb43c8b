package rest

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// The defaults of [Config], which are also those of tt.Common.
const (
	defaultTimeout     = 30 * time.Second
	defaultMaxAttempts = 5
	defaultWaitMin     = 200 * time.Millisecond
	defaultWaitMax     = 10 * time.Second
	defaultMaxReply    = 16 << 20
)

// Config says how to reach one server. BaseURL is required; every other field
// has a useful zero value.
type Config struct {
	Adapter, System string // named in every error and log line

	BaseURL *url.URL // http or https; its path is put before every request's

	// HTTPClient carries the requests. It is not changed: its Transport and
	// Jar are used, its Timeout bounds an attempt when it is shorter than
	// Timeout below, its CheckRedirect is not used. nil: a client of our own, which
	// trusts CAFile. With both given, New refuses: the transport belongs to
	// the user, and so do the authorities that it trusts.
	HTTPClient *http.Client
	CAFile     string // PEM file of the authorities to trust instead of the system's

	Logger *slog.Logger // one debug record per attempt; nil: nothing is logged

	Timeout time.Duration // of one attempt, reply included; 0: 30s
	Retry   tt.Retry      // zero fields: 5 attempts, 200ms, 10s

	// Authorize sets the credentials, anew on every attempt. nil: none.
	Authorize func(h http.Header)

	// Secrets are blotted out of every error and log line, also where a
	// server echoes them escaped or in base64. A secret of less than 4 bytes
	// is let be: it would tear ordinary words apart.
	Secrets []tt.Secret

	MaxReply int64 // bytes of one reply; 0: 16 MiB

	// Before is called before each attempt, repeats included, and may wait:
	// it is bounded by the caller's context alone, not by Timeout. after is
	// called when the reply is in, or when there will be none. An error ends
	// the call, with nothing sent in this attempt; a *tt.Error is returned as
	// it is, but that its Outcome is Unknown where an earlier attempt may have
	// acted. nil: nothing is called.
	Before func(ctx context.Context) (after func(), err error)

	// Fail is the adapter's reading of an answer: nil is success. It sees
	// every answer but redirects, 2xx included, because some vendors report
	// failures there. It need not fill in Status, RetryAfter, or an
	// Outcome that follows from the status or from tt.CodeRateLimited, and it
	// should take the server's words from [Response.Words]: a text that it
	// cuts may end in half a secret. A failure whose body was cut off or too
	// large has none. nil: [ByStatus].
	Fail func(r *Response) *tt.Error
}

// Client makes calls to one server. It is safe for concurrent use.
type Client struct {
	adapter, system string
	base            *url.URL
	transport       http.RoundTripper
	jar             http.CookieJar
	own             *http.Transport // transport, when New made it
	log             *slog.Logger
	timeout         time.Duration
	retry           tt.Retry
	authorize       func(h http.Header)
	secrets         secrets
	maxReply        int64
	before          func(ctx context.Context) (after func(), err error)
	fail            func(r *Response) *tt.Error
	bucket          bucket
	clock           clock
}

// New checks cfg and makes a client. It sends nothing. Errors are tt.ErrInvalid.
func New(cfg Config) (*Client, error) {
	c := &Client{
		adapter: cfg.Adapter, system: cfg.System,
		log:       cfg.Logger,
		timeout:   cfg.Timeout,
		retry:     cfg.Retry,
		authorize: cfg.Authorize,
		maxReply:  cfg.MaxReply,
		before:    cfg.Before,
		fail:      cfg.Fail,
	}
	c.secrets.keep(cfg.Secrets)
	if err := c.setBase(cfg.BaseURL); err != nil {
		return nil, err
	}
	if err := c.setRetry(); err != nil {
		return nil, err
	}
	if err := c.setHTTP(cfg.HTTPClient, cfg.CAFile); err != nil {
		return nil, err
	}
	if c.timeout <= 0 {
		c.timeout = defaultTimeout
	}
	if cfg.HTTPClient != nil && cfg.HTTPClient.Timeout > 0 {
		c.timeout = min(c.timeout, cfg.HTTPClient.Timeout)
	}
	if c.maxReply <= 0 {
		c.maxReply = defaultMaxReply
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.fail == nil {
		c.fail = ByStatus
	}
	c.bucket.init()
	return c, nil
}

func (c *Client) setBase(base *url.URL) error {
	if base == nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return c.invalid("base_url: want an http or https address with a host, such as https://tickets.example.net")
	}
	c.base = &url.URL{Scheme: base.Scheme, Host: base.Host, Path: strings.TrimRight(base.Path, "/")}
	if base.RawPath != "" {
		c.base.RawPath = strings.TrimRight(base.RawPath, "/")
	}
	return nil
}

func (c *Client) setRetry() error {
	r := &c.retry
	r.MaxAttempts = cmp.Or(r.MaxAttempts, defaultMaxAttempts)
	r.WaitMin = cmp.Or(r.WaitMin, min(defaultWaitMin, cmp.Or(r.WaitMax, defaultWaitMin)))
	r.WaitMax = cmp.Or(r.WaitMax, max(defaultWaitMax, r.WaitMin))
	switch {
	case r.MaxAttempts < 1:
		return c.invalid("retry.max_attempts: want 1 (no repeats) or more")
	case r.WaitMin < 0:
		return c.invalid("retry.wait_min: want a positive duration")
	case r.WaitMax < r.WaitMin:
		return c.invalid("retry.wait_max: want at least retry.wait_min (%s)", r.WaitMin)
	}
	return nil
}

func (c *Client) setHTTP(given *http.Client, caFile string) error {
	if given != nil && caFile != "" {
		return c.invalid("ca_file: cannot be set together with an HTTP client; let the client's transport trust the authorities")
	}
	if given != nil {
		c.transport, c.jar = given.Transport, given.Jar
		if c.transport == nil {
			c.transport = http.DefaultTransport
		}
		return nil
	}
	own, err := ownTransport(caFile)
	if err != nil {
		return c.invalid("ca_file: %w", err)
	}
	c.own, c.transport = own, own
	return nil
}

// ownTransport is net/http's default with room for the connections of a busy
// pipeline, all to one host, and with the authorities of caFile, if any.
func ownTransport(caFile string) (*http.Transport, error) {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, IdleConnTimeout: 90 * time.Second}
	if std, ok := http.DefaultTransport.(*http.Transport); ok {
		t = std.Clone()
	}
	t.MaxIdleConnsPerHost = 16
	if caFile == "" {
		return t, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no PEM certificate", caFile)
	}
	if t.TLSClientConfig == nil {
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	t.TLSClientConfig.RootCAs = pool
	return t, nil
}

// Close closes the idle connections of a transport that New made; a given
// HTTPClient is left alone. The client can still be used.
func (c *Client) Close() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// Format writes the adapter, the system and the address, whatever the verb.
func (c *Client) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "rest.Client{%s %q %s}", c.adapter, c.system, c.base)
}

func (c *Client) invalid(format string, args ...any) *tt.Error {
	e := tt.Errorf(tt.CodeInvalid, tt.NotDone, format, args...)
	e.Adapter, e.System = c.adapter, c.system
	return e
}
