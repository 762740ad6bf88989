package budget

import (
	"errors"
	"fmt"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// Reasons why an attempt was refused; an Error wraps one of them.
var (
	// ErrExhausted says that the exporter's share of a day's limit is spent, or that
	// there is none.
	ErrExhausted = errors.New("the exporter's share of the limit is spent")
	// ErrCooldown says that Zoom answered 429 and the pool pauses.
	ErrCooldown = errors.New("pausing after Zoom answered 429")
	// ErrTooLate says that the turn would come after the caller's deadline.
	ErrTooLate = errors.New("the turn would come after the caller's deadline")
)

// Error is a refused attempt. Nothing was entered.
type Error struct {
	// Pool is the pool without room.
	Pool Pool
	// Until is the earliest instant at which another attempt may succeed; zero if
	// none can under the present configuration.
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
	case ErrCooldown:
		text += ": requests resume by themselves; if this recurs, see what the account's other apps send, or raise the reserve"
	}
	return text
}

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.reason }
