package budget

import (
	"math"
	"time"
)

// window is a sliding-window log: a limit on the attempts in any span of one length.
// Times are elapsed times.
type window struct {
	pool       Pool
	span       time.Duration
	most       float64         // the share of the limit that is used at most
	configured int             // limit; 0 is none
	reported   int             // limit in Zoom's last header; 0 before
	sent       []time.Duration // the latest attempts, oldest first: as many as the limit and sometimes more
	carried    int             // how many of sent an earlier process sent
	hold       time.Duration   // no turn comes before: others have used the window up
	cooldown   time.Duration   // no attempt is admitted before: Zoom answered 429
	pace       pace
	backoff    backoff
	throttled  uint64
}

func (w *window) limit() int { return lowest(w.configured, w.reported) }

// setLimits replaces the limits. Without a limit only the last attempt is kept, so a
// span has to pass after it before the count is right.
func (w *window) setLimits(configured, reported int) {
	uncounted := w.limit() == 0 && len(w.sent) > 0
	w.configured, w.reported = configured, reported
	if uncounted && w.limit() > 0 {
		w.hold = max(w.hold, w.sent[len(w.sent)-1]+w.span)
	}
}

// share returns how many attempts may be sent in any span of length per: 0 if none may
// ever leave, math.MaxInt without a limit. slowdown is the part, up to 1, that earlier
// 429s have left of the rate.
func (w *window) share(reserve, slowdown float64) (n int, per time.Duration) {
	limit := float64(w.limit())
	if limit == 0 {
		return math.MaxInt, w.span
	}
	usable := limit * min(1-reserve, w.most) * slowdown
	switch {
	case usable <= 0:
		return 0, w.span
	case usable < 1-epsilon:
		return 1, time.Duration(math.Ceil(min(float64(w.span)/usable, float64(maxSpan))))
	}
	return int(usable + epsilon), w.span
}

const (
	// epsilon takes 7 for 10 × (1 − 0.3), which in binary is a little less.
	epsilon = 1e-9
	// maxSpan keeps a tiny share from overflowing a Duration.
	maxSpan = 10 * 365 * 24 * time.Hour
)

// turn returns when the attempt at a place in the queue (0 is next) may leave, and
// false if that is never. Every n places on, the schedule repeats a span later.
func (w *window) turn(now time.Duration, reserve float64, place int) (time.Duration, bool) {
	n, per := w.share(reserve, w.pace.at(now))
	if n == 0 {
		return 0, false
	}
	at := max(now, w.hold, w.cooldown)
	// The n-th last attempt has to be out of the span, counting those ahead in the
	// queue as sent.
	if i := len(w.sent) - n + place%n; i >= 0 && i < len(w.sent) {
		at = max(at, w.sent[i]+per)
	}
	return at + time.Duration(place/n)*per, true
}

// enter records an attempt that leaves now.
func (w *window) enter(now time.Duration) {
	keep := w.limit()
	if keep == 0 {
		w.sent, w.carried = append(w.sent[:0], now), 0
		return
	}
	if drop := len(w.sent) - keep; drop >= keep {
		w.sent = w.sent[:copy(w.sent, w.sent[drop:])]
		w.carried = max(0, w.carried-drop)
	}
	w.sent = append(w.sent, now)
}

// remaining returns how many attempts may leave at this moment.
func (w *window) remaining(now time.Duration, reserve float64) int {
	if now < w.cooldown || now < w.hold {
		return 0
	}
	n, per := w.share(reserve, w.pace.at(now))
	if n == math.MaxInt {
		return n
	}
	for i := len(w.sent) - 1; i >= 0 && n > 0 && w.sent[i]+per > now; i-- {
		n--
	}
	return n
}

// reset returns when the window is empty if nothing more is sent.
func (w *window) reset(now time.Duration, reserve float64) time.Duration {
	at := max(now, w.hold, w.cooldown)
	if _, per := w.share(reserve, w.pace.at(now)); len(w.sent) > 0 {
		at = max(at, w.sent[len(w.sent)-1]+per)
	}
	return at
}

// pace is the part of the full rate that 429s have left: multiplicative decrease,
// additive increase. Its zero value is the full rate.
type pace struct {
	slow    bool
	part    float64
	halved  time.Duration // when it was last halved
	changed time.Duration // when the last 429 came; recovery counts from here
}

const (
	paceEvery    = 30 * time.Second
	paceRecovers = 0.1
	paceLeast    = 1.0 / 32
)

func (p *pace) at(now time.Duration) float64 {
	if !p.slow {
		return 1
	}
	steps := math.Floor(float64(now-p.changed) / float64(paceEvery))
	return min(1, p.part+steps*paceRecovers)
}

// slowDown halves the rate, at most once in paceEvery, and restarts recovery.
func (p *pace) slowDown(now time.Duration) {
	p.part = p.at(now)
	if !p.slow || now-p.halved >= paceEvery {
		p.part = max(p.part/2, paceLeast)
		p.halved = now
	}
	p.slow, p.changed = true, now
}

// backoff doubles cooldowns while attempts that were sent after one meet another 429.
// Attempts under way when it began do not count.
type backoff struct {
	streak int           // 429s in a row
	since  time.Duration // when the last of them began a cooldown
}

func (b *backoff) next(now, sent, base time.Duration) time.Duration {
	if b.streak == 0 || sent > b.since {
		b.streak++
		b.since = now
	}
	d := base
	for i := 1; i < b.streak && d < longestCooldown; i++ {
		d *= 2
	}
	return min(d, longestCooldown)
}

func (b *backoff) succeeded(sent time.Duration) {
	if sent > b.since {
		b.streak = 0
	}
}
