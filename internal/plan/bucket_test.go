package plan

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestBucketFill(t *testing.T) {
	var b Bucket
	at := time.Unix(1_700_000_000, 0)
	steps := []struct {
		after time.Duration
		burst float64
		take  int
		want  float64
	}{
		{0, 100, 0, 0},                   // the first call adds nothing
		{time.Minute, 100, 0, 30},        // the next one does by the clock,
		{0, 100, 0, 30},                  // not by the call
		{30 * time.Second, 100, 20, 25},  // taken after it was filled
		{-time.Hour, 100, 0, 25},         // a clock set back adds nothing,
		{time.Second, 100, 0, 25.5},      // and goes on from there
		{24 * time.Hour, 100, 0, 100},    // no more than the burst
		{time.Second, 40, 0, 40},         // nor than a smaller one
		{time.Second, 100, 40, 0.5},      // what is short of a token stays
		{499 * time.Second, 100, 0, 100}, // and the bucket fills again
		{time.Second, -1, 0, 0},          // a burst below 0 is 0
	}
	for i, s := range steps {
		at = at.Add(s.after)
		b.Fill(at, 0.5, s.burst)
		for range s.take {
			b.Take()
		}
		if math.Abs(b.Tokens()-s.want) > 1e-9 {
			t.Fatalf("step %d: %v tokens, want %v", i, b.Tokens(), s.want)
		}
	}
}

func TestBucketTake(t *testing.T) {
	for _, tt := range []struct {
		name      string
		tokens    float64
		unlimited bool
		taken     bool
		left      float64
		returned  float64
	}{
		{"empty", 0, false, false, 0, 0},
		{"less than one token", 0.9, false, false, 0.9, 0},
		{"one token", 1, false, true, 0, 1},
		{"full", 10, false, true, 9, 10},
		{"empty, unlimited", 0, true, true, 0, 0},
		{"less than one token, unlimited", 0.9, true, true, 0, 0},
		{"one token, unlimited", 1, true, true, 0, 0},
	} {
		b := Bucket{Unlimited: tt.unlimited}
		b.Fill(time.Unix(0, 0), 0, 10)
		b.SetTokens(tt.tokens)
		can := b.CanTake()
		if taken := b.Take(); taken != tt.taken || can != tt.taken || b.Tokens() != tt.left {
			t.Errorf("%s: taken %t, expected %t, %v tokens left", tt.name, taken, can, b.Tokens())
		}
		if want := map[bool]int{true: 1}[tt.taken]; b.Spent != want {
			t.Errorf("%s: spent %d, want %d", tt.name, b.Spent, want)
		}
		if !tt.taken {
			continue
		}
		if b.Return(); b.Tokens() != tt.returned || b.Spent != 0 {
			t.Errorf("%s: after the return %v tokens and %d spent", tt.name, b.Tokens(), b.Spent)
		}
	}
}

// However a bucket is used, no more is taken of it than its rate added while the
// clock went forward; a token that was returned can be taken again; and the tokens
// keep their bounds.
func TestBucketProperties(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 7))
		var b Bucket
		now := time.Unix(1_700_000_000, 0)
		b.Fill(now, 1000, 1000)
		added, burst := 0.0, 1000.0
		for step := range 500 {
			switch random.IntN(4) {
			case 0:
				elapsed := time.Duration(random.IntN(20_000)-5000) * time.Millisecond
				rate := 3 * random.Float64()
				added += rate * max(0, elapsed.Seconds())
				now, burst = now.Add(elapsed), 20*random.Float64()
				b.Fill(now, rate, burst)
			case 1:
				if b.Spent == 0 {
					continue
				}
				if b.Return(); burst >= 1 && !b.CanTake() {
					t.Fatalf("seed %d, step %d: a returned token cannot be taken", seed, step)
				}
			default:
				can, before := b.CanTake(), b.Spent
				if taken := b.Take(); taken != can || taken != (b.Spent == before+1) {
					t.Fatalf("seed %d, step %d: taken %t, expected %t, spent %d after %d", seed, step, taken, can, b.Spent, before)
				}
			}
			if b.Tokens() < 0 || b.Tokens() > burst {
				t.Fatalf("seed %d, step %d: %v tokens at a burst of %v", seed, step, b.Tokens(), burst)
			}
			if float64(b.Spent) > added+1e-6 {
				t.Fatalf("seed %d, step %d: %d spent, but only %v added", seed, step, b.Spent, added)
			}
		}
	}
}
