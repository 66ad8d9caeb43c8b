package zstack_test

import (
	"fmt"
	"io"
	"os"
	"testing"
)

// roles are what the test binary is when a variable of the environment says
// so: another process.
var roles = map[string]func(value string, in io.Reader, out io.Writer) error{
	creator:  createAlone,
	replayer: replay,
}

func TestMain(m *testing.M) {
	for name, role := range roles {
		if value := os.Getenv(name); value != "" {
			if err := role(value, os.Stdin, os.Stdout); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		}
	}
	os.Exit(m.Run())
}
