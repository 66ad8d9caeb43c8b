package main

// The adapters that a configuration file can name.
import (
	_ "github.com/ttkit/ttkit/adapters/fake"
	_ "github.com/ttkit/ttkit/adapters/guance"
	_ "github.com/ttkit/ttkit/adapters/rsm"
	_ "github.com/ttkit/ttkit/adapters/zstack"
)
