package tt_test

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"time"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
)

// full is a System for one test: its queue is full.
type full struct{ tt.Unimplemented }

func (full) CreateTT(context.Context, tt.CreateRequest) (tt.Created, error) {
	return tt.Created{}, tt.Errorf(tt.CodeRateLimited, tt.NotDone, "the queue is full")
}

// A stand-in for a test, where a mock cannot be generated.
func ExampleUnimplemented() {
	var sys tt.System = full{}

	_, err := sys.CreateTT(context.Background(), tt.CreateRequest{Object: "sw1", Subject: "link down"})
	fmt.Println(err)
	_, err = sys.GetTT(context.Background(), "1")
	fmt.Println(err)
	// Output:
	// tt: rate_limited: the queue is full
	// tt: GetTT: unsupported: this system does not support it
}

// tagging is a System that changes one method of another.
type tagging struct{ tt.System }

func (s tagging) CreateTT(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
	req.Subject = "[lab] " + req.Subject
	return s.System.CreateTT(ctx, req)
}

// A decorator that changes requests embeds the System that it decorates.
func ExampleSystem() {
	var sys tt.System = tagging{fake.New()}
	created, err := sys.CreateTT(context.Background(), tt.CreateRequest{Object: "sw1", Subject: "link down"})
	if err != nil {
		fmt.Println(err)
		return
	}
	ticket, err := sys.GetTT(context.Background(), created.ID)
	fmt.Println(ticket.Subject, err)
	// Output: [lab] link down <nil>
}

// notebook is the smallest adapter: it creates and reads.
type notebook struct {
	tt.Unimplemented
	name  string
	mu    sync.Mutex
	pages []tt.Ticket
}

func (n *notebook) CreateTT(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
	if err := req.Validate(); err != nil {
		return tt.Created{}, tt.Annotate(err, "notebook", n.name, "CreateTT", "")
	}
	if err := ctx.Err(); err != nil {
		return tt.Created{}, tt.Annotate(tt.Errorf(tt.CodeCanceled, tt.NotDone, "%w", err), "notebook", n.name, "CreateTT", "")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, page := range n.pages {
		switch {
		case req.Key == "" || page.Key != req.Key:
		case page.Object != req.Object:
			return tt.Created{ID: page.ID}, tt.Annotate(tt.Errorf(tt.CodeConflict, tt.NotDone, "the key belongs to another object"),
				"notebook", n.name, "CreateTT", page.ID)
		default:
			return tt.Created{ID: page.ID, Existed: true}, nil
		}
	}
	page := tt.Ticket{
		ID: strconv.Itoa(len(n.pages) + 1), Key: req.Key, Object: req.Object, Objects: []string{req.Object},
		State: tt.StateOpen, OpenedAt: req.Timestamp.UTC(), Subject: tt.CleanText(req.Subject),
	}
	if req.Timestamp.IsZero() {
		page.OpenedAt = time.Now().UTC()
	}
	n.pages = append(n.pages, page)
	return tt.Created{ID: page.ID}, nil
}

func (n *notebook) GetTT(_ context.Context, id string) (*tt.Ticket, error) {
	if err := tt.ValidateID(id); err != nil {
		return nil, tt.Annotate(err, "notebook", n.name, "GetTT", id)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, page := range n.pages {
		if page.ID == id {
			return page.Clone(), nil
		}
	}
	return nil, tt.Annotate(tt.Errorf(tt.CodeNotFound, tt.NotDone, "there is no such page"), "notebook", n.name, "GetTT", id)
}

func (n *notebook) Capabilities() tt.Capabilities {
	return tt.Capabilities{KeyGuarantee: tt.KeyEnforced}
}

func openNotebook(_ context.Context, cfg tt.Config) (tt.System, error) {
	for setting := range maps.Keys(cfg.Settings) {
		return nil, tt.Errorf(tt.CodeInvalid, tt.NotDone, "there is no setting %q", setting)
	}
	return &notebook{name: cfg.Name}, nil
}

func init() { tt.Register("notebook", openNotebook, nil) }

// An adapter of one's own is registered in its package's init; then every
// program that imports the package opens it by URL or from its configuration.
func ExampleRegister() {
	sys, err := tt.Open(context.Background(), "desk", "notebook:")
	if err != nil {
		fmt.Println(err)
		return
	}
	request := tt.CreateRequest{Object: "sw1", Subject: "link down", Key: "LinkDown/17"}
	fmt.Println(sys.CreateTT(context.Background(), request))
	fmt.Println(sys.CreateTT(context.Background(), request))
	_, err = sys.GetTT(context.Background(), "2")
	fmt.Println(err)
	// Output:
	// {1 false false false 0001-01-01 00:00:00 +0000 UTC } <nil>
	// {1 true false false 0001-01-01 00:00:00 +0000 UTC } <nil>
	// notebook "desk": GetTT 2: not_found: there is no such page
}
