package budget

import (
	"context"
	"time"
)

type untilKey struct{}

// Until returns a context that refuses an attempt whose turn would come after at.
// Unlike a deadline it does not end what has been admitted: a request that Zoom has
// counted is worth waiting for.
func Until(ctx context.Context, at time.Time) context.Context {
	return context.WithValue(ctx, untilKey{}, at)
}

// lastTurn returns the last instant at which ctx's attempt may have its turn.
func lastTurn(ctx context.Context) (time.Time, bool) {
	deadline, bounded := ctx.Deadline()
	if at, ok := ctx.Value(untilKey{}).(time.Time); ok && (!bounded || at.Before(deadline)) {
		return at, true
	}
	return deadline, bounded
}
