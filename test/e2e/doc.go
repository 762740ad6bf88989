// Package e2e holds the tests that run whole programs: the exporter as a
// process of its own, a real Prometheus and Alertmanager, their tools, and the
// file system of the container image. The machine that they need is what `make test` sees to.
package e2e
