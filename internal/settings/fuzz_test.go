package settings_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/internal/settings"
	"github.com/ttkit/ttkit/tt"
)

// marker is in every text value that the fuzz targets give to settings.
const marker = "hunter2"

// FuzzDecode builds nested maps from bytes: never a panic, and whatever is
// wrong with them, no value in the error.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("\x10\x00\x01\x02\x03\x04\x05\x06\x07\x08"))
	f.Add([]byte("\x03\x01\x40\x02\x80\x03\xc0\xff\xfe\xfd\xfc"))
	f.Add([]byte(strings.Repeat("\x01\x07\x03\x0b\x0d", 40)))
	f.Fuzz(func(t *testing.T, b []byte) {
		g := generator{rest: b}
		in := g.settings()
		var out config
		err := settings.Decode(in, &out)
		if err == nil {
			again := out
			require.NoError(t, settings.Default(&again), "what was decoded passes every check")
			assert.Equal(t, out.Window, again.Window)
			assert.Equal(t, out.Requests, again.Requests)
			assert.Equal(t, out.Depth, again.Depth)
			return
		}
		require.ErrorIs(t, err, tt.ErrInvalid)
		assert.NotContains(t, err.Error(), marker)
		assert.NotContains(t, err.Error(), "\n")
		assert.True(t, out.Token.IsZero(), "a refused Decode changes nothing")
	})
}

// FuzzBaseURL reads any URL and never shows it.
func FuzzBaseURL(f *testing.F) {
	f.Add("https://user:", "@host/path?x#y", false)
	f.Add("http://", ".example.net:80/..", true)
	f.Add("https://host/%2", "\x00", false)
	f.Fuzz(func(t *testing.T, before, after string, allowHTTP bool) {
		c := tt.Common{BaseURL: before + marker + after, AllowHTTP: allowHTTP}
		u, err := settings.BaseURL(c)
		if err != nil {
			require.ErrorIs(t, err, tt.ErrInvalid)
			assert.NotContains(t, err.Error(), marker)
			return
		}
		assert.Contains(t, []string{"http", "https"}, u.Scheme)
		assert.NotEmpty(t, u.Hostname())
		assert.Nil(t, u.User)
		assert.Empty(t, u.RawQuery+u.Fragment)
		c.BaseURL = u.String()
		again, err := settings.BaseURL(c)
		require.NoError(t, err, "what was accepted is accepted again")
		assert.Equal(t, u.String(), again.String())
	})
}

// generator makes values of bytes; every byte decides one thing.
type generator struct {
	rest  []byte
	depth int
}

func (g *generator) next(n int) int {
	if len(g.rest) == 0 {
		return 0
	}
	b := g.rest[0]
	g.rest = g.rest[1:]
	return int(b) % n
}

// settings has known names, so that the fuzzer does not need to find them.
func (g *generator) settings() map[string]any {
	options := settings.Options(config{})
	in := map[string]any{}
	for n := g.next(8); n > 0; n-- {
		name := options[g.next(len(options))].Name
		value := g.value()
		switch group, key, nested := strings.Cut(name, "."); {
		case !nested:
			in[name] = value
		case g.next(2) == 0:
			in[group] = map[string]any{key: value}
		default:
			in[group] = map[any]any{key: value}
		}
	}
	if g.next(4) == 0 {
		in[g.text("")] = g.value()
	}
	return in
}

func (g *generator) value() any {
	if g.depth++; g.depth > 40 {
		return nil
	}
	defer func() { g.depth-- }()
	switch g.next(18) {
	case 0:
		return g.text(marker)
	case 1:
		return []string{"0", "1", "-1", "true", "false", "30s", "0s", "", "https://h", "Ci", "required"}[g.next(11)]
	case 2:
		return g.next(256) - 128
	case 3:
		return uint64(1) << g.next(64)
	case 4:
		return float64(g.next(256)-128) / 2
	case 5:
		return g.next(2) == 0
	case 6:
		return nil
	case 7:
		return time.Duration(g.next(256)-128) * time.Second
	case 8:
		return json.Number(g.text(marker))
	case 9:
		return tt.NewSecret(g.text(marker))
	case 10:
		return []byte(g.text(marker))
	case 11:
		return fmt.Errorf("an error: %s", marker)
	case 12:
		return time.Unix(int64(g.next(256)), 0)
	case 13:
		return []string{g.text(marker), marker}
	case 14:
		return map[string]string{g.text(""): marker}
	case 15:
		list := make([]any, g.next(4))
		for i := range list {
			list[i] = g.value()
		}
		return list
	case 16:
		m := map[string]any{}
		for n := g.next(4); n > 0; n-- {
			m[g.text("")] = g.value()
		}
		return m
	default:
		m := map[any]any{}
		for n := g.next(4); n > 0; n-- {
			switch g.next(4) {
			case 0:
				m[g.next(256)] = g.value()
			case 1:
				m[g.next(2) == 0] = g.value()
			case 2:
				m[float64(g.next(256))/3] = g.value()
			default:
				m[g.text("")] = g.value()
			}
		}
		return m
	}
}

// text has prefix and some bytes.
func (g *generator) text(prefix string) string {
	n := min(g.next(12), len(g.rest))
	s := prefix + string(g.rest[:n])
	g.rest = g.rest[n:]
	return s
}
