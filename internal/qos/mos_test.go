package qos

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The table of G.107 Annex B (Table B.1, as in G.109), of R and its score; it
// rounds the 4.024 of R 80 up.
func TestScoreOfRating(t *testing.T) {
	for _, tt := range []struct{ rating, want float64 }{
		{90, 4.34}, {80, 4.03}, {70, 3.60}, {60, 3.10}, {50, 2.58},
		// The default rating's own score, in G.107's table of defaults.
		{93.2, 4.41},
		// The ends of the scale.
		{100, 4.5}, {120, 4.5}, {0, 1}, {-40, 1}, {6.5, 1},
	} {
		if got := scoreOf(tt.rating); math.Abs(got-tt.want) > 0.007 {
			t.Errorf("R %v scores %.3f, want %.2f", tt.rating, got, tt.want)
		}
	}
}

// Cole and Rosenbluth's formula by hand, on either side of its bend at 177.3 ms
// and on it.
func TestDelayImpairment(t *testing.T) {
	for _, tt := range []struct{ delay, want float64 }{
		{0, 0}, {50, 1.2}, {100, 2.4}, {150, 3.6}, {177.3, 4.2552}, {200, 7.297}, {300, 20.697}, {400, 34.097},
	} {
		if got := delayImpairment(tt.delay); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("Id of %v ms is %v, want %v", tt.delay, got, tt.want)
		}
	}
}

// Ie of G.711 with packet-loss concealment under random loss, which G.113
// Appendix I also gave as a table before it gave Bpl, rounded to fives above
// 3 %; and Cole and Rosenbluth's curve through it, 30·ln(1 + 15·e).
func TestLossImpairment(t *testing.T) {
	for _, tt := range []struct{ percent, table float64 }{
		{0, 0}, {1, 5}, {2, 7}, {3, 10}, {5, 15}, {7, 20}, {10, 25}, {15, 35}, {20, 45},
	} {
		got := lossImpairment(tt.percent)
		if math.Abs(got-tt.table) > 3 {
			t.Errorf("Ie,eff at %v %% is %.1f, want about %v", tt.percent, got, tt.table)
		}
		if curve := 30 * math.Log(1+15*tt.percent/100); math.Abs(got-curve) > 2 {
			t.Errorf("Ie,eff at %v %% is %.1f, want about %.1f", tt.percent, got, curve)
		}
	}
}

func TestAudioMOS(t *testing.T) {
	for _, tt := range []struct {
		name                  string
		latency, jitter, loss float64
		want                  float64
	}{
		// R is 93.2 − 0.024·10 = 92.96.
		{"nothing wrong", 0, 0, 0, 4.404},
		// d = 100 + 2·20 + 10 = 150, R = 93.2 − 3.6 = 89.6.
		{"delay", 0.1, 0.02, 0, 4.329},
		// d = 280 + 2·5 + 10 = 300, R = 93.2 − 20.697 = 72.503.
		{"long delay", 0.28, 0.005, 0, 3.712},
		// d = 50, Ie,eff = 95·5/30.1 = 15.781, R = 93.2 − 1.2 − 15.781 = 76.219.
		{"loss", 0.04, 0, 0.05, 3.874},
		// d = 110, Ie,eff = 95·100/125.1 = 75.94, R = 93.2 − 2.64 − 75.94 = 14.62.
		{"all lost", 0.1, 0, 1, 1.115},
		{"hopeless", 3600, 3600, 1, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := AudioMOS(tt.latency, tt.jitter, tt.loss); math.Abs(got-tt.want) > 0.001 {
				t.Errorf("the score is %.4f, want %.3f", got, tt.want)
			}
		})
	}
}

func TestAudioMOSIsAbsentWhereAnInputIs(t *testing.T) {
	inputs := [3]float64{0.1, 0.01, 0.02}
	for i := range inputs {
		some := inputs
		some[i] = Absent()
		if got := AudioMOS(some[0], some[1], some[2]); Present(got) {
			t.Errorf("without input %d the score is %v", i, got)
		}
	}
	for _, media := range []Media{Audio, Video, Share} {
		for _, via := range []Via{Client, CRC, RWG} {
			r := Reading{Stream{media, Received, via}, Figures{Latency: 0.1, Jitter: 0.01, Loss: 0.02}}
			if got := r.AudioMOS(); Present(got) != (media == Audio) {
				t.Errorf("%v %v has the score %v", media, via, got)
			}
		}
	}
}

// Within its bounds, and never better for more of anything bad.
func TestAudioMOSFallsWithEachInput(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	draw := func() [3]float64 {
		return [3]float64{rng.ExpFloat64() * 0.2, rng.ExpFloat64() * 0.05, min(1, rng.ExpFloat64()*0.1)}
	}
	for range 20_000 {
		in := draw()
		was := AudioMOS(in[0], in[1], in[2])
		if was < 1 || was > 4.405 {
			t.Fatalf("%v scores %v", in, was)
		}
		worse := in
		i := rng.IntN(3)
		worse[i] += draw()[i]
		if worse[2] > 1 {
			worse[2] = 1
		}
		if got := AudioMOS(worse[0], worse[1], worse[2]); got > was {
			t.Fatalf("%v scores %v, the worse %v %v", in, was, worse, got)
		}
	}
}
