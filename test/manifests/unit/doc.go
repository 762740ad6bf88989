// Package unit holds the tests of the systemd unit.
package unit
