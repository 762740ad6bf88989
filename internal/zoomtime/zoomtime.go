// Package zoomtime is a type for instants by Zoom's clock. The machine's clock may be
// wrong by minutes or days, so the two must not be mixed; with different types that
// does not compile. Zoom's instants come from headers and rows, and from records of
// them; the current one comes from the budget, which follows Zoom's Date headers.
// Durations are the same on both clocks.
package zoomtime

import "time"

// Time is an instant by Zoom's clock, in UTC. The zero value is none.
type Time struct{ t time.Time }

// Of returns the instant t, which is by Zoom's clock.
func Of(t time.Time) Time {
	if t.IsZero() {
		return Time{}
	}
	return Time{t.Round(0).UTC()}
}

// Unix returns the instant with the given Unix time.
func Unix(seconds int64) Time { return Of(time.Unix(seconds, 0)) }

// UTC returns the instant as a time.Time, to format, store or find its date. It must
// not be compared with the machine's clock.
func (t Time) UTC() time.Time { return t.t }

// Unix returns the Unix time.
func (t Time) Unix() int64 { return t.t.Unix() }

// IsZero reports whether there is no instant.
func (t Time) IsZero() bool { return t.t.IsZero() }

// Add returns t+d.
func (t Time) Add(d time.Duration) Time { return Time{t.t.Add(d)} }

// Sub returns t-u.
func (t Time) Sub(u Time) time.Duration { return t.t.Sub(u.t) }

// Truncate returns t rounded down to a multiple of d.
func (t Time) Truncate(d time.Duration) Time { return Time{t.t.Truncate(d)} }

// Before reports whether t is before u.
func (t Time) Before(u Time) bool { return t.t.Before(u.t) }

// After reports whether t is after u.
func (t Time) After(u Time) bool { return t.t.After(u.t) }

// Equal reports whether t and u are the same instant.
func (t Time) Equal(u Time) bool { return t.t.Equal(u.t) }

// Compare returns -1 if t is before u, +1 if it is after u, and 0 if they are equal.
func (t Time) Compare(u Time) int { return t.t.Compare(u.t) }

// String returns the instant in the format of RFC 3339.
func (t Time) String() string { return t.t.Format(time.RFC3339) }
