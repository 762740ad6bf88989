// Package dashboards tests deploy/grafana/dashboards as they are: that every
// query parses and asks for metrics and labels that docs/metrics.md has, with
// the rules of Grafana's dashboard linter and a few of our own, and that links
// from one dashboard to another say what the other understands.
package dashboards
