package plan

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// office is the demand of that many meetings of 8 people and one of 1,000.
func office(meetings int) Demand {
	var d Demand
	for range meetings {
		d.Add(1, 8, 1)
	}
	d.Add(1, 1000, 100)
	d.Lists = 1
	return d
}

func randomForecast(random *rand.Rand) Forecast {
	var f Forecast
	for range 1 + random.IntN(24) {
		var d Demand
		for range random.IntN(40) {
			people := 1 + random.IntN(200)
			d.Add(1+9*random.Float64(), people, (people+9)/10+random.IntN(5))
		}
		d.Lists = float64(random.IntN(5))
		f = append(f, Slot{Seconds: 3600 * random.Float64(), Demand: d})
	}
	return f
}

// The price costs no more than the requests, a lower one would cost more, and no
// refresh interval is shorter than MinInterval.
func TestPriceFor(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		f := randomForecast(random)
		requests := math.Exp(12*random.Float64()) - 1
		price := priceFor(f, requests)
		if cost := f.Cost(price); cost > requests {
			t.Fatalf("price %v costs %v of %v requests", price, cost, requests)
		}
		if price > 0 && !math.IsInf(float64(price), 1) && f.Cost(price*0.999) < requests {
			t.Fatalf("price %v is higher than necessary for %v requests", price, requests)
		}
		for i := range f {
			interval := price.Interval(&f[i].Demand, time.Hour)
			if interval < MinInterval || interval > 24*time.Hour {
				t.Fatalf("an interval of %v", interval)
			}
		}
	}
	var empty Forecast
	if price := priceFor(empty, 0); price != 0 {
		t.Errorf("an empty day has the price %v", price)
	}
	if price := priceFor(Forecast{{Seconds: 60, Demand: office(1)}}, 0); !math.IsInf(float64(price), 1) {
		t.Errorf("without requests the price is %v", price)
	}
}

func TestPriceInterval(t *testing.T) {
	d := office(100)
	nothing := Demand{}
	for _, tt := range []struct {
		name  string
		price Price
		d     *Demand
		want  time.Duration
	}{
		{"requests for everything", 0, &d, time.Minute},
		{"nothing is live", 500, &nothing, time.Minute},
		{"no requests: until the reset", Price(math.Inf(1)), &d, 3 * time.Hour},
		{"hardly any requests", 1e9, &d, 24 * time.Hour},
	} {
		if got := tt.price.Interval(tt.d, 3*time.Hour); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	// 100 pages of 8 people each and the 100 of a meeting of 1,000: at a price of
	// 900 s their intervals are 900 ÷ √8 and 900 ÷ √10 seconds.
	rate := 100*math.Sqrt(8)/900 + 100*math.Sqrt(10)/900
	want := time.Duration(200 / rate * float64(time.Second))
	if got := Price(900).Interval(&d, 3*time.Hour); (got - want).Abs() > time.Millisecond {
		t.Errorf("%v, want %v", got, want)
	}
}

// The guess of an enormous day leaves live meetings their share.
func TestHedged(t *testing.T) {
	live := office(100)
	const requests = 40_000
	price := Price(1e6)
	hedged := price.hedged(1, &live, requests, 24*time.Hour)
	if got, want := live.Rate(hedged), hedge*requests/86_400; math.Abs(got-want) > want/100 {
		t.Errorf("%v requests a second, want %v", got, want)
	}
	if got := price.hedged(0, &live, requests, 24*time.Hour); got != price {
		t.Errorf("a price that does not rest on a guess became %v", got)
	}
	if got := Price(1).hedged(1, &live, requests, 24*time.Hour); got != 1 {
		t.Errorf("a low price was raised to %v", got)
	}
}

func TestSpendable(t *testing.T) {
	last := 0.0
	for _, left := range []float64{-1, 0, 0.5, 1, 10, 100, 42_000} {
		got := spendable(left)
		if got < last || got > max(0, left) {
			t.Errorf("%v of %v", got, left)
		}
		last = got
	}
	if last < 0.98*42_000 {
		t.Errorf("only %v of a day's requests", last)
	}
}

func TestListInterval(t *testing.T) {
	for _, tt := range []struct {
		name            string
		pages, requests int
		reset, want     time.Duration
	}{
		{"plenty", 2, 42_000, 24 * time.Hour, time.Minute},
		{"no limit", 2, math.MaxInt, 24 * time.Hour, time.Minute},
		{"a quarter of the requests at most", 1, 960, 24 * time.Hour, 6 * time.Minute},
		{"no requests", 1, 0, 24 * time.Hour, time.Hour},
		{"hardly any", 9, 10, 24 * time.Hour, time.Hour},
		{"no requests, reset soon", 9, 0, 5 * time.Minute, 5 * time.Minute},
		{"hardly any, reset soon", 9, 1, 5 * time.Minute, 5 * time.Minute},
	} {
		if got := ListInterval(tt.pages, tt.requests, tt.reset); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestWeights(t *testing.T) {
	w := Weights{Bad: 2, Watched: 4}
	for _, tt := range []struct {
		w            Weights
		bad, watched bool
		want         float64
	}{
		{w, false, false, 1}, {w, true, false, 2}, {w, false, true, 4}, {w, true, true, 4},
		{Weights{}, true, true, 1}, {Weights{Bad: 0.1}, true, false, 1}, {Weights{Watched: 99}, false, true, MaxWeight},
	} {
		if got := tt.w.Of(tt.bad, tt.watched); got != tt.want {
			t.Errorf("%v of bad %v, watched %v: %v, want %v", tt.w, tt.bad, tt.watched, got, tt.want)
		}
	}
}
