package budget

import (
	"errors"
	"fmt"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// Why an attempt was refused; reachable through errors.Is.
var (
	// ErrExhausted: our share of a day's limit is spent, or there is none.
	ErrExhausted = errors.New("our share of the limit is spent")
	// ErrClosed: Zoom answered 429 and wants a pause.
	ErrClosed = errors.New("closed after Zoom answered 429")
	// ErrTooLate: the turn would come after the caller's deadline.
	ErrTooLate = errors.New("the turn would come after the caller's deadline")
)

// Error says which pool refused an attempt, and until when. Nothing was entered.
type Error struct {
	// Pool is the pool without room.
	Pool Pool
	// Until is the earliest instant at which asking again may succeed; zero
	// where that is never under the present configuration.
	Until zoomtime.Time

	reason error
}

// Error implements error.
func (e *Error) Error() string {
	if e.Until.IsZero() {
		return fmt.Sprintf("budget %s: the reserve leaves nothing to send: lower it", e.Pool)
	}
	text := fmt.Sprintf("budget %s: %v; next chance at %s", e.Pool, e.reason, e.Until)
	switch e.reason {
	case ErrExhausted:
		text += ": collect less, take a larger plan, or lower the reserve if no other app needs it"
	case ErrClosed:
		text += ": it opens by itself; if this recurs, see what the account's other apps send or raise the reserve"
	}
	return text
}

// Unwrap gives the sentinel.
func (e *Error) Unwrap() error { return e.reason }
