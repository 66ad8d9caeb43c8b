// Package guance carries trouble tickets on incident schedules of Guance and
// TrueWatch.
package guance
