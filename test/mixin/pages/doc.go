// Package pages holds the tests of the queries and metrics that documentation
// tells people of.
package pages
