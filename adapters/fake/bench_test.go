package fake_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
)

const perObject = 10 // open tickets of each object

// filled returns a System with so many open tickets, perObject on each object.
func filled(b *testing.B, tickets int, options ...fake.Option) *fake.System {
	sys := fake.New(append(options, fake.WithHistory(1000))...)
	for i := range tickets {
		_, err := sys.CreateTT(context.Background(), tt.CreateRequest{
			Object: object(i / perObject), Subject: "link down", Key: "episode " + strconv.Itoa(i),
		})
		require.NoError(b, err)
	}
	return sys
}

func object(i int) string { return "sw" + strconv.Itoa(i) }

// BenchmarkGetObjectTTs_ratio lists objects that have ten open tickets each,
// spread over the whole backend, among 1,000 and among 1,000,000 tickets. The
// metric "ratio" is what the second costs, compared with the first.
func BenchmarkGetObjectTTs_ratio(b *testing.B) {
	const few, many, batch = 1_000, 1_000_000, 100
	small, large := filled(b, few), filled(b, many)
	names := map[*fake.System][]string{small: nil, large: nil}
	for i := range batch {
		names[small] = append(names[small], object(i*few/perObject/batch))
		names[large] = append(names[large], object(i*many/perObject/batch))
	}
	spent := map[*fake.System]time.Duration{}
	b.ReportAllocs()
	for b.Loop() {
		for _, sys := range []*fake.System{small, large} {
			start := time.Now()
			for _, name := range names[sys] {
				ids, err := sys.GetObjectTTs(context.Background(), name)
				if err != nil || len(ids) != perObject {
					b.Fatal(ids, err)
				}
			}
			spent[sys] += time.Since(start)
		}
	}
	b.ReportMetric(float64(spent[large])/float64(spent[small]), "ratio")
}

// BenchmarkSystem measures every method over 10,000 open tickets.
func BenchmarkSystem(b *testing.B) {
	const tickets = 10_000
	ctx := context.Background()
	until := time.Now()
	operations := []struct {
		name string
		call func(sys *fake.System, n int, id string) error
	}{
		{"CreateTT", func(sys *fake.System, n int, _ string) error {
			_, err := sys.CreateTT(ctx, tt.CreateRequest{Object: "new", Subject: "link down", Key: "new " + strconv.Itoa(n)})
			return err
		}},
		{"CreateTT_existing", func(sys *fake.System, n int, _ string) error {
			n %= tickets
			_, err := sys.CreateTT(ctx, tt.CreateRequest{
				Object: object(n / perObject), Subject: "link down", Key: "episode " + strconv.Itoa(n),
			})
			return err
		}},
		{"GetTT", func(sys *fake.System, _ int, id string) error {
			_, err := sys.GetTT(ctx, id)
			return err
		}},
		{"GetObjectTTs", func(sys *fake.System, n int, _ string) error {
			_, err := sys.GetObjectTTs(ctx, object(n%(tickets/perObject)))
			return err
		}},
		{"FindTT", func(sys *fake.System, n int, _ string) error {
			_, err := sys.FindTT(ctx, "episode "+strconv.Itoa(n%tickets))
			return err
		}},
		{"ListTTs", func(sys *fake.System, _ int, id string) error {
			_, err := sys.ListTTs(ctx, tt.ListRequest{After: id})
			return err
		}},
		{"AddComment", func(sys *fake.System, _ int, id string) error {
			return sys.AddComment(ctx, tt.CommentRequest{ID: id, Body: "still down"})
		}},
		{"RenewTT", func(sys *fake.System, n int, id string) error {
			return sys.RenewTT(ctx, id, until.Add(time.Hour+time.Duration(n)))
		}},
		{"CreateGroupTT", func(sys *fake.System, _ int, id string) error {
			_, err := sys.CreateGroupTT(ctx, id, time.Time{})
			return err
		}},
		{"AddToGroupTT", func(sys *fake.System, n int, _ string) error {
			_, err := sys.AddToGroupTT(ctx, "1", fmt.Sprint("member ", n))
			return err
		}},
		{"CloseTT", func(sys *fake.System, _ int, id string) error {
			_, err := sys.CloseTT(ctx, tt.CloseRequest{ID: id, Body: "alarm cleared"})
			return err
		}},
		{"GetUpdates", func(sys *fake.System, _ int, _ string) error {
			_, err := sys.GetUpdates(ctx, tt.UpdatesRequest{All: true, After: "9900"})
			return err
		}},
		{"Check", func(sys *fake.System, _ int, _ string) error {
			_, err := sys.Check(ctx)
			return err
		}},
	}
	for _, op := range operations {
		b.Run(op.name, func(b *testing.B) {
			sys := filled(b, tickets, fake.WithLease(time.Hour))
			_, err := sys.CreateGroupTT(ctx, "1", time.Time{})
			require.NoError(b, err)
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				if err := op.call(sys, n, strconv.Itoa(n%tickets+1)); err != nil {
					b.Fatal(err)
				}
				n++
			}
		})
	}
}
