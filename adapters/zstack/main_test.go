package zstack_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/ttkit/ttkit/internal/contest"
)

// The test binary is another process when the environment says so.
func TestMain(m *testing.M) {
	contest.ReplayIfAsked()
	value := os.Getenv(creator)
	if value == "" {
		os.Exit(m.Run())
	}
	if err := createAlone(value, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
