package rest

import (
	"context"
	"sync/atomic"
)

// operation is what one operation of the adapter may still repeat, over all
// its requests.
type operation struct{ left atomic.Int64 }

// operationKey finds a client's operation in a context. Two systems called
// under one context have a budget each.
type operationKey struct{ client *Client }

// Operation starts an operation: every request made under the context that it
// returns draws its repeats from one budget of Retry.MaxAttempts-1. A context
// that has an operation of this client is returned as it is.
func (c *Client) Operation(ctx context.Context) context.Context {
	if c.operation(ctx) != nil {
		return ctx
	}
	op := new(operation)
	op.left.Store(int64(c.retry.MaxAttempts - 1))
	return context.WithValue(ctx, operationKey{c}, op)
}

func (c *Client) operation(ctx context.Context) *operation {
	op, _ := ctx.Value(operationKey{c}).(*operation)
	return op
}

// Spend takes one repeat from the operation's budget and from the client's
// bucket, for a repeat that the adapter makes itself. It is false, and takes
// nothing, when either is empty. Outside an operation only the bucket counts.
func (c *Client) Spend(ctx context.Context) bool {
	return c.spend(c.operation(ctx))
}

func (c *Client) spend(op *operation) bool {
	if op != nil && !take(&op.left, 1) {
		return false
	}
	if c.bucket.spend() {
		return true
	}
	if op != nil {
		op.left.Add(1)
	}
	return false
}

// bucket bounds the repeats of a client to a tenth of its successful calls,
// after the first ten. It counts in tenths of a repeat.
type bucket struct{ tenths atomic.Int64 }

const (
	oneRepeat  = 10
	bucketSize = 10 * oneRepeat
)

func (b *bucket) init()       { b.tenths.Store(bucketSize) }
func (b *bucket) spend() bool { return take(&b.tenths, oneRepeat) }

// refill adds the tenth of a repeat that a successful call earns.
func (b *bucket) refill() {
	for {
		now := b.tenths.Load()
		if now >= bucketSize || b.tenths.CompareAndSwap(now, now+1) {
			return
		}
	}
}

// take lowers n by some, unless that would make it negative.
func take(n *atomic.Int64, some int64) bool {
	for {
		now := n.Load()
		if now < some {
			return false
		}
		if n.CompareAndSwap(now, now-some) {
			return true
		}
	}
}
