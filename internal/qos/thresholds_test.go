package qos

import (
	"math"
	"testing"
)

func TestQuality(t *testing.T) {
	absent := Absent()
	for _, tt := range []struct {
		name                  string
		latency, jitter, loss float64
		want                  Quality
	}{
		{"nothing", absent, absent, absent, QualityUnknown},
		{"mad figures", -1, math.Inf(1), absent, QualityUnknown},
		{"a mad figure beside another", math.Inf(1), 0.05, -1, Fair},
		{"zeros", 0, 0, 0, Good},
		{"good to the edge", 0.150, 0.040, 0.02, Good},
		{"only loss", absent, absent, 0.02, Good},
		{"latency fair", 0.151, 0, 0, Fair},
		{"jitter fair", 0, 0.041, 0, Fair},
		{"loss fair", 0, 0, 0.0201, Fair},
		{"fair to the edge", 0.300, 0.060, 0.05, Fair},
		{"latency poor", 0.301, absent, absent, Poor},
		{"jitter poor", absent, 0.061, absent, Poor},
		{"loss poor", absent, absent, 0.051, Poor},
		{"poor to the edge", 0.500, 0.100, 0.10, Poor},
		{"latency bad", 0.501, 0, 0, Bad},
		{"jitter bad", 0, 0.1001, 0, Bad},
		{"loss bad", absent, absent, 1, Bad},
		{"the worst counts", 0.100, 0.050, 0.5, Bad},
	} {
		thresholds := DefaultThresholds()
		if got := thresholds.Quality(tt.latency, tt.jitter, tt.loss); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Every bound of every figure counts, and for that figure alone.
func TestEachBound(t *testing.T) {
	thresholds := Thresholds{
		Latency: Bounds{Good: 1, Fair: 2, Poor: 3},
		Jitter:  Bounds{Good: 10, Fair: 20, Poor: 30},
		Loss:    Bounds{Good: 100, Fair: 200, Poor: 300},
	}
	for i, want := range []Quality{Good, Fair, Poor, Bad} {
		v, absent := float64(i+1), Absent()
		for name, got := range map[string]Quality{
			"latency": thresholds.Quality(v, absent, absent),
			"jitter":  thresholds.Quality(absent, 10*v, absent),
			"loss":    thresholds.Quality(absent, absent, 100*v),
		} {
			if got != want {
				t.Errorf("%s %v: %q, want %q", name, v, got, want)
			}
		}
	}
}
