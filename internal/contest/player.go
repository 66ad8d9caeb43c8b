package contest

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// recording is what an operation asked and was told.
type recording struct {
	Before   []Exchange // by the library alone, once
	Steps    []Exchange // again and again
	Together bool       // steps come in any order
}

// The two clients of a recording.
const (
	library = "library"
	bare    = "bare"
)

// player answers the requests below /NAME/CLIENT with the recording NAME, over
// and over. Each client has its own place in it. A request that is not the
// next one recorded is answered with status 400, and a text that says so.
type player struct {
	recordings map[string]recording
	mu         sync.Mutex
	left       map[string][]Exchange // what is still to come, by NAME/CLIENT
}

func newPlayer(recordings map[string]recording) *player {
	return &player{recordings: recordings, left: map[string][]Exchange{}}
}

func (p *player) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	parts := strings.SplitN(r.URL.Path, "/", 4) // "", NAME, CLIENT, the path
	if len(parts) < 4 {
		http.Error(w, "contest: nothing is recorded at "+r.URL.Path, http.StatusBadRequest)
		return
	}
	x, err := p.answer(parts[1], parts[2], r.Method, "/"+parts[3])
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	h := w.Header()
	for name, values := range x.Reply {
		if name != "Date" && name != "Content-Length" {
			h[name] = values
		}
	}
	w.WriteHeader(x.Status)
	_, _ = io.WriteString(w, x.Body)
}

// answer takes what was recorded for a request.
func (p *player) answer(name, client, method, path string) (Exchange, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, ok := p.recordings[name]
	if !ok {
		return Exchange{}, fmt.Errorf("contest: there is no recording %q", name)
	}
	place := name + "/" + client
	left, begun := p.left[place]
	if !begun && client == library {
		left = slices.Clone(r.Before)
	}
	if len(left) == 0 {
		left = slices.Clone(r.Steps)
	}
	i := slices.IndexFunc(left, func(x Exchange) bool { return x.Method == method && x.Path == path })
	if i < 0 || i > 0 && !r.Together {
		return Exchange{}, fmt.Errorf("contest: %s asks %s %s, which is not what was recorded: %s", client, method, path, next(left))
	}
	x := left[i]
	p.left[place] = slices.Delete(left, i, i+1)
	return x, nil
}

func next(left []Exchange) string {
	if len(left) == 0 {
		return "nothing was"
	}
	return fmt.Sprintf("%s %s is next, of %d to come", left[0].Method, left[0].Path, len(left))
}
