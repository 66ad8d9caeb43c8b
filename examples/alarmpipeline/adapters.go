package main

// The ticket systems that a configuration file can name. Of one's own adapter,
// import the package here.
import (
	_ "github.com/ttkit/ttkit/adapters/fake"
	_ "github.com/ttkit/ttkit/adapters/guance"
	_ "github.com/ttkit/ttkit/adapters/rsm"
	_ "github.com/ttkit/ttkit/adapters/zstack"
)
