package main

func Example() {
	main()
	// Output:
	// fake "memory"
	//   raised   ticket 1, existed: false
	//   raised   ticket 1, existed: true
	//   joined   object 8: ok
	//   joined   object 9: ok
	//   cleared  closed: true
	//   holds    ticket 1, closed, "uplink down" on 7, 8, 9
	//            olga: on my way
	//            olga: port 3 replaced
	// rsm "msk"
	//   raised   ticket 1001, existed: false
	//   raised   ticket 1001, existed: true
	//   joined   object 8: ok
	//   joined   object 9: ok
	//   cleared  closed: true
	//   holds    ticket 1001, closed, "uplink down" on 7, 8, 9
	//            olga: on my way
	//            olga: port 3 replaced
}
