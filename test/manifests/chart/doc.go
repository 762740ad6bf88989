// Package chart holds the tests of the Helm chart: it is linted and rendered by
// Helm's own packages, and what comes out is decoded into the types of
// Kubernetes and of the Prometheus operator.
package chart
