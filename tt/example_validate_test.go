package tt_test

import (
	"fmt"

	"github.com/ttkit/ttkit/tt"
)

// An id becomes a part of a URL; NOC stores it behind the system's name and a
// colon.
func ExampleValidateID() {
	fmt.Println(tt.ValidateID("731"))
	fmt.Println(tt.ValidateID("../731"))
	// Output:
	// <nil>
	// tt: invalid: "../731" is no ticket id: give the id that create printed
}

func ExampleValidateKey() {
	fmt.Println(tt.ValidateKey(tt.Key("LinkDown", "узел 7", "2026-03-01")))
	fmt.Println(tt.ValidateKey(""))
	// Output:
	// <nil>
	// tt: invalid: key is empty
}

func ExampleValidateObject() {
	fmt.Println(tt.ValidateObject("узел 7, порт 3"))
	fmt.Println(tt.ValidateObject(" sw1"))
	// Output:
	// <nil>
	// tt: invalid: object " sw1" begins or ends with white space
}
