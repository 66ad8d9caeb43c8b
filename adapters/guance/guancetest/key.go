package guancetest

// DefaultKey is the one API key of a server whose options name none, and
// DefaultWorkspace the workspace that it opens.
const (
	DefaultKey       = "guancetest-key"
	DefaultWorkspace = "wksp_guancetest"
)

// Key is an API key. It decides which workspace its calls see.
type Key struct {
	Value     string
	Workspace string // "" is DefaultWorkspace
}

// account is the name under which the key's writes are recorded.
func (k Key) account() string { return "wsak_" + hash("key", k.Value) }

// SetKey adds a key, or replaces the one with its value.
func (s *Server) SetKey(k Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k.Workspace == "" {
		k.Workspace = DefaultWorkspace
	}
	s.keys[k.Value] = k
}

// Revoke ends a key.
func (s *Server) Revoke(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys, key)
}

// authenticate finds the key of the request.
func (c *call) authenticate() *problem {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	k, ok := c.server.keys[c.r.Header.Get(keyHeader)]
	if !ok {
		return &problem{kind: badKey}
	}
	c.key = k
	return nil
}
