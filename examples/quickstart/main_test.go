package main

func Example() {
	main()
	// Output:
	// fake: alarm raised: ticket 1; raised again: ticket 1, existed: true
	// fake: object 8 joins: ok
	// fake: object 9 joins: ok
	// fake: alarm cleared: closed: true
	// fake: ticket 1 on 7, 8, 9 is closed: "uplink down"
	//     olga: on my way
	//     olga: port 3 replaced
	//
	// rsm: alarm raised: ticket 1001; raised again: ticket 1001, existed: true
	// rsm: object 8 joins: ok
	// rsm: object 9 joins: ok
	// rsm: alarm cleared: closed: true
	// rsm: ticket 1001 on 7, 8, 9 is closed: "uplink down"
	//     olga: on my way
	//     olga: port 3 replaced
}
