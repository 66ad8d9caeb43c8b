package rsmtest

import (
	"slices"
	"strings"
	"time"
)

// DefaultToken is the one token of a server whose options name none. It has
// all rights.
const DefaultToken = "rsmtest-token"

// Token is a personal token and its rights.
type Token struct {
	Value string

	// Read and Write are the CIs that it may read and change. Nil means all,
	// an empty slice none.
	Read, Write []int64

	// Expires is when it stops working, by the server's clock; zero: never.
	Expires time.Time

	revoked time.Time
}

func (t Token) clone() Token {
	t.Read, t.Write = slices.Clone(t.Read), slices.Clone(t.Write)
	return t
}

func (t Token) canRead(ci int64) bool  { return t.Read == nil || slices.Contains(t.Read, ci) }
func (t Token) canWrite(ci int64) bool { return t.Write == nil || slices.Contains(t.Write, ci) }

func (t Token) readsNothing() bool  { return t.Read != nil && len(t.Read) == 0 }
func (t Token) writesNothing() bool { return t.Write != nil && len(t.Write) == 0 }

// authenticate finds the token of the request.
func (c *call) authenticate() *problem {
	scheme, value, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	t, ok := c.server.tokens[strings.TrimSpace(value)]
	switch {
	case !ok || !strings.EqualFold(scheme, "Bearer"),
		!t.Expires.IsZero() && !c.now.Before(t.Expires),
		!t.revoked.IsZero() && !c.now.Before(t.revoked.Add(c.knobs.TokenLag)):
		return &problem{status: 401, text: textUnauthorized}
	}
	c.token = t
	return nil
}

// canSee reports whether the token may read any CI of the mode.
func (c *call) canSee(m *Mode) bool {
	return slices.ContainsFunc(m.Items, func(it Item) bool { return c.token.canRead(it.CI) })
}

// canEdit reports whether the token may change any CI of the mode.
func (c *call) canEdit(m *Mode) bool {
	return slices.ContainsFunc(m.Items, func(it Item) bool { return c.token.canWrite(it.CI) })
}
