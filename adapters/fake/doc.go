// Package fake is a trouble-ticket system in memory, for unit tests.
package fake
