// Package zoomtime is time by Zoom's clock, as a type of its own: the machine's
// clock may be wrong by minutes or days, and an instant of the one is no instant
// of the other. Zoom's instants come from what Zoom wrote, in headers, rows and
// what was kept of them; the present one from the budget, which follows Zoom's
// Date headers. Durations are the same on both.
package zoomtime

import "time"

// Time is an instant by Zoom's clock, in UTC. The zero value is none.
type Time struct{ t time.Time }

// Of returns an instant that Zoom wrote.
func Of(t time.Time) Time {
	if t.IsZero() {
		return Time{}
	}
	return Time{t.Round(0).UTC()}
}

// Unix returns the instant so many seconds after 1970.
func Unix(seconds int64) Time { return Of(time.Unix(seconds, 0)) }

// UTC returns the instant to be shown or written down, or as a date of the
// calendar. It must not be compared with the machine's clock.
func (t Time) UTC() time.Time { return t.t }

// Unix returns the seconds since 1970.
func (t Time) Unix() int64 { return t.t.Unix() }

// IsZero reports whether there is no instant.
func (t Time) IsZero() bool { return t.t.IsZero() }

// Add returns the instant d later.
func (t Time) Add(d time.Duration) Time { return Time{t.t.Add(d)} }

// Sub returns how much later t is than u.
func (t Time) Sub(u Time) time.Duration { return t.t.Sub(u.t) }

// Truncate returns t rounded down to a multiple of d.
func (t Time) Truncate(d time.Duration) Time { return Time{t.t.Truncate(d)} }

// Before reports whether t is earlier than u.
func (t Time) Before(u Time) bool { return t.t.Before(u.t) }

// After reports whether t is later than u.
func (t Time) After(u Time) bool { return t.t.After(u.t) }

// Equal reports whether t and u are the same instant.
func (t Time) Equal(u Time) bool { return t.t.Equal(u.t) }

// Compare returns -1, 0 or 1 as t is earlier than u, the same, or later.
func (t Time) Compare(u Time) int { return t.t.Compare(u.t) }

// String returns the instant as RFC 3339 writes it.
func (t Time) String() string { return t.t.Format(time.RFC3339) }
