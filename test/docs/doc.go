// Package docs holds the tests of what is written for people.
package docs
