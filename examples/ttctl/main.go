// Command ttctl drives one trouble-ticket system from a shell.
package main

import (
	_ "github.com/alecthomas/kong"
	_ "golang.org/x/term"
)

func main() {}
