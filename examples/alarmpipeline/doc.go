// Alarmpipeline turns the alerts of a Prometheus Alertmanager into tickets:
// one ticket for each firing episode of a group of alerts.
//
//	alarmpipeline --config systems.yaml --listen 127.0.0.1:9095
//
// It serves Alertmanager's webhook at POST /alertmanager and works over any
// tt.System, the fake in its own tests. The README beside this file is its
// manual: what becomes of an alert, what to set in Alertmanager, and what the
// program does not do.
package main
