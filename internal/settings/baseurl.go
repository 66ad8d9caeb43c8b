package settings

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/ttkit/ttkit/tt"
)

// BaseURL reads base_url: http or https, a host, perhaps a port and a path;
// the result's path has no slash at its end. Plain http is refused unless the
// host is loopback (localhost, 127.0.0.0/8, ::1) or allow_http is set. The
// error is tt.ErrInvalid and never shows the URL: a password may be in it.
func BaseURL(c tt.Common) (*url.URL, error) {
	u, err := url.Parse(c.BaseURL)
	switch {
	case c.BaseURL == "":
		return nil, badURL("missing: want https://HOST")
	case err != nil:
		return nil, badURL("is no URL: want https://HOST")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, badURL("begins with neither https:// nor http://")
	case !validHost(u):
		return nil, badURL("has no valid host: want https://HOST")
	case u.User != nil:
		return nil, badURL("holds a user name or a password: give credentials by their own settings")
	case strings.ContainsAny(c.BaseURL, "?#"):
		return nil, badURL("holds a ? or a #: want the server's root alone")
	case hasDots(u.Path):
		return nil, badURL("has . or .. in its path")
	case u.Scheme == "http" && !c.AllowHTTP && !isLoopback(u.Hostname()):
		return nil, badURL("is plain http to a host that is not loopback, which shows the credentials to the network: use https, or set allow_http: true")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	return u, nil
}

func badURL(why string) error {
	return tt.Errorf(tt.CodeInvalid, tt.NotDone, "settings: base_url: %s", why)
}

func validHost(u *url.URL) bool {
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return false
		}
	} else if strings.HasSuffix(u.Host, ":") {
		return false
	}
	return u.Hostname() != "" && strings.IndexFunc(u.Host, func(r rune) bool { return r <= ' ' || r == 0x7f }) < 0
}

func hasDots(path string) bool {
	for part := range strings.SplitSeq(path, "/") {
		if part == "." || part == ".." {
			return true
		}
	}
	return false
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
