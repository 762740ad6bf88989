// Package compose checks deploy/compose.yaml with Compose's own loader. It is a
// module of its own, so that the exporter's needs no such thing.
package compose
