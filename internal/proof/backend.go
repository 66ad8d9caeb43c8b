package proof

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

// Backend is a simulator under proof. Inject, ClearFaults, Records and Foreign
// are those of the conformance kit; nil functions of tttest.Backend that are
// not named here are not used.
type Backend struct {
	tttest.Backend

	// Name is the system's, as the table shows it.
	Name string

	// Handler is the simulator, to be served on a loopback port for worker
	// processes that open it by URL and Path. nil: the simulator lives in
	// this process, and so do the workers; Open and Requests of the
	// conformance kit are used instead.
	Handler http.Handler
	Path    string

	// OpenURL opens the adapter over the simulator; for a Handler.
	OpenURL func(url string, times Times) (tt.System, error)

	// Enforced says that the vendor itself keeps a key to one ticket, and that
	// comments and members are records of their own.
	Enforced bool

	// Lives are the tickets with their times, in any order: what Records
	// returns, and when each ticket began and ended to be open.
	Lives func() ([]Life, error)

	// Settle lets requests that are still on their way arrive.
	Settle func()

	// Person changes a ticket of the library, if there is one, as a person
	// would in the vendor's console: with what they read up to hold ago. It
	// returns the ticket's id, "" when there was none. nil: nobody does.
	Person func(r *rand.Rand, hold time.Duration) (id string)

	// Restart is what a restart does to the server besides cutting its
	// connections, which takes down. nil: nothing.
	Restart func(down time.Duration)

	// Expire ends the credentials, until renew is called. nil: the backend
	// has none.
	Expire func() (renew func())
}

// Life is a ticket as the simulator holds it, and when it was open.
type Life struct {
	tttest.Record
	From time.Time // when it appeared
	To   time.Time // when it ended; zero: it is open
}

// open opens the adapter; url is "" in this process.
func (b *Backend) open(ctx context.Context, url string, times Times) (tt.System, error) {
	if b.Handler == nil {
		return b.Open(ctx)
	}
	return b.OpenURL(url, times)
}
