// Package zstack carries trouble tickets on ZStack Cloud tickets.
//
// # Opening
//
//	| setting |
package zstack
