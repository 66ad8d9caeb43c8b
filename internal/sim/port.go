package sim

import (
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Port serves a simulator on a loopback port for other processes, counts what
// arrives, and can be restarted: connections are cut and, for a while, refused,
// which the simulator by itself cannot do ([tttest.Refuse] over a port).
type Port struct {
	handler http.Handler
	addr    string
	count   atomic.Int64

	mu     sync.Mutex // held while it is restarted
	server *http.Server
	served chan struct{} // closed when server serves no more
}

// NewPort serves handler on a free loopback port. Close it.
func NewPort(handler http.Handler) (*Port, error) {
	p := &Port{handler: handler}
	if err := p.listen("127.0.0.1:0"); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Port) listen(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("sim: %w", err)
	}
	p.addr = l.Addr().String()
	p.server = &http.Server{Handler: http.HandlerFunc(p.serve), ReadHeaderTimeout: time.Minute}
	p.served = make(chan struct{})
	go func(server *http.Server, served chan struct{}) {
		_ = server.Serve(l)
		close(served)
	}(p.server, p.served)
	return nil
}

func (p *Port) serve(w http.ResponseWriter, r *http.Request) {
	p.count.Add(1)
	p.handler.ServeHTTP(w, r)
}

// URL is the base URL. It stays the same.
func (p *Port) URL() string { return "http://" + p.addr }

// Requests counts the requests that have arrived, those that a fault kept from
// the simulator included.
func (p *Port) Requests() int { return int(p.count.Load()) }

// Restart cuts every connection, refuses new ones for the time given, and
// serves again. What has arrived acts all the same, and its reply is lost.
func (p *Port) Restart(down time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stop()
	time.Sleep(down)
	var err error
	for range 100 { // the port may be taken for a moment by an outgoing connection
		if err = p.listen(p.addr); err == nil {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

// Close cuts every connection.
func (p *Port) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stop()
}

func (p *Port) stop() {
	_ = p.server.Close()
	<-p.served
}
