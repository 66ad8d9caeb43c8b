// Package middleware decorates ticket systems. A decorator is a plain
// function from [tt.System] to [tt.System]; decorators stack like this:
//
//	sys = middleware.Logging(sys, logger)
//
// Every decorator is made with [Intercept], the only place that lists the
// methods of tt.System. To write one, give Intercept a function that sees
// every call and decides whether, when and how often it goes on:
//
//	func ReadOnly(sys tt.System) tt.System {
//		return middleware.Intercept(sys, func(ctx context.Context, call middleware.Call, next func(context.Context) error) error {
//			if !call.ReadOnly && call.Op != "Shutdown" {
//				return tt.Errorf(tt.CodePermissionDenied, tt.NotDone, "this program only reads")
//			}
//			return next(ctx)
//		})
//	}
//
// Whether a decorator keeps every rule of the contract is a test of one line,
// with faketest.Harness beside the fake.
//
// A decorator that changes requests or results, rather than watching and
// gating calls, embeds tt.System in a struct and overrides the methods that
// it is about; the others, and those of later versions, pass untouched. Such a
// struct has the methods of tt.System and no others: what is optional, as
// tt.Prober is, ends there unless the struct has a method for it, which calls
// tt.Probe on the System inside. Intercept's Systems have all of them.
//
// Printing a decorated system prints the system inside, so that what an
// adapter hides stays hidden.
package middleware
