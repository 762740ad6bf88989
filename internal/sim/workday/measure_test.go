package workday

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// The ages are those that sampling every tenth of a second finds.
func TestAgesAreThoseOfEveryMoment(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 9))
	days := make([]ages, 2)
	var sum, weight [2]float64
	for range 30 {
		m := &attended{Meeting: Meeting{Participants: 1 + random.IntN(30)}}
		m.start = float64(random.IntN(daySeconds*10)) / 10
		m.end = m.start + float64(1+random.IntN(40_000*10))/10
		var answers []float64
		for at := m.start; ; {
			at += float64(random.IntN(30_000)) / 10
			if at >= m.end {
				break
			}
			answers = append(answers, at)
		}
		enter(days, m, answers)
		base, next := m.start, 0
		for tenth := math.Round(m.start * 10); tenth < math.Round(m.end*10); tenth++ {
			at := tenth/10 + 0.05
			for next < len(answers) && answers[next] <= at {
				base = answers[next]
				next++
			}
			if day := int(at / daySeconds); day < 2 {
				sum[day] += float64(m.Participants) * (at - base)
				weight[day] += float64(m.Participants)
			}
		}
	}
	for day := range days {
		near(t, "a day's mean age", days[day].mean(), sum[day]/weight[day], 0.01)
		near(t, "a day's participant time", days[day].weight, weight[day]/10, 1)
		all := 0.0
		for _, n := range days[day].at {
			all += n
		}
		near(t, "the distribution's weight", all, days[day].weight, 1e-3)
	}
}

func TestQuantile(t *testing.T) {
	var a ages
	a.add(10, 0, 100)
	near(t, "95 % of an even spread", a.quantile(0.95), 95, 1)
	near(t, "nobody's age", new(ages).quantile(0.95), 0, 0)
	near(t, "nobody's mean age", new(ages).mean(), 0, 0)
}

// No other choice of intervals of the same cost is better than the reference.
func TestReferenceIsTheOptimum(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 9))
	for range 200 {
		var all []share
		for range 3 {
			people := float64(1 + random.IntN(60))
			all = append(all, share{people, math.Ceil(people / 10), float64(600 + random.IntN(7200))})
		}
		requests := 5 + 200*random.Float64()
		want := bruteForce(all, requests)
		got := reference(all, requests)
		if got > want*1.0001 || got < want*0.97 {
			t.Fatalf("reference %v, the best found by trying is %v, of %v for %v", got, want, all, requests)
		}
	}
	near(t, "an empty day's reference", reference(nil, 100), 0, 0)
	near(t, "the reference with requests for everything", reference([]share{{10, 1, 3600}}, 1e9), 30, 1e-6)
	near(t, "the reference without requests", reference([]share{{10, 1, 3600}}, 0), 1800, 1e-6)
}

// bruteForce tries intervals of two meetings on a grid and gives the third the
// requests that are left.
func bruteForce(all []share, requests float64) float64 {
	best := math.Inf(1)
	for a := 60.0; a < 1e6; a *= 1.02 {
		for b := 60.0; b < 1e6; b *= 1.02 {
			left := requests - all[0].pages*all[0].seconds/a - all[1].pages*all[1].seconds/b
			if left <= 0 {
				continue
			}
			c := max(60, all[2].pages*all[2].seconds/left)
			area, weight := 0.0, 0.0
			for i, interval := range []float64{a, b, c} {
				area += all[i].people * all[i].seconds * interval / 2
				weight += all[i].people * all[i].seconds
			}
			best = min(best, area/weight)
		}
	}
	return best
}

func TestClock(t *testing.T) {
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	c := NewClock(start)
	early, stop := c.WithDeadline(context.Background(), start.Add(time.Minute))
	defer stop()
	inner, stopInner := c.WithDeadline(early, start.Add(time.Hour))
	defer stopInner()
	if at, ok := inner.Deadline(); !ok || !at.Equal(start.Add(time.Minute)) {
		t.Errorf("the inner deadline is %v", at)
	}
	if err := c.Sleep(early, 30*time.Second); err != nil || c.Now() != start.Add(30*time.Second) {
		t.Errorf("slept to %v, %v", c.Now(), err)
	}
	if err := c.Sleep(early, time.Hour); !errors.Is(err, context.DeadlineExceeded) || c.Now() != start.Add(time.Minute) {
		t.Errorf("slept over the deadline to %v, %v", c.Now(), err)
	}
	<-inner.Done()
	if !errors.Is(inner.Err(), context.DeadlineExceeded) {
		t.Errorf("the inner context ended by %v", inner.Err())
	}
	c.Advance(start)
	if c.Now() != start.Add(time.Minute) {
		t.Error("the clock went back")
	}
	late, stopLate := c.WithDeadline(context.Background(), start)
	defer stopLate()
	if late.Err() == nil {
		t.Error("a deadline in the past has not come")
	}
	given, up := c.WithDeadline(context.Background(), start.Add(time.Hour))
	up()
	if err := c.Sleep(given, time.Second); !errors.Is(err, context.Canceled) {
		t.Errorf("slept under a context that was given up: %v", err)
	}
}
