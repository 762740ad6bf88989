package readings

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// Verdicts have the names and the order of the qualities.
func TestVerdict(t *testing.T) {
	e := New(Config{Thresholds: qos.Thresholds{Latency: qos.Bounds{Good: 1, Fair: 2, Poor: 3}}})
	for i, want := range Verdicts() {
		got, ok := e.verdict(float64(i+1), qos.Absent(), qos.Absent())
		if !ok || got != want || got.String() != (qos.Good+qos.Quality(i)).String() {
			t.Errorf("latency %d: %v, %v, want %v", i+1, got, ok, want)
		}
	}
	if _, ok := e.verdict(qos.Absent(), math.Inf(1), -1); ok {
		t.Error("there is a verdict without a figure")
	}
}

func TestBoundsIncludeTheThresholds(t *testing.T) {
	d := qos.DefaultThresholds()
	for _, tt := range []struct {
		thresholds qos.Bounds
		bounds     []float64
	}{{d.Latency, latencyBounds}, {d.Jitter, jitterBounds}, {d.Loss, lossBounds}} {
		for _, v := range []float64{tt.thresholds.Good, tt.thresholds.Fair, tt.thresholds.Poor} {
			if !slices.Contains(tt.bounds, v) {
				t.Errorf("%v is not among the bounds %v", v, tt.bounds)
			}
		}
	}
	for _, list := range [][]float64{latencyBounds, jitterBounds, lossBounds, lengthBounds} {
		if len(list) != bounds || !slices.IsSorted(list) {
			t.Errorf("%v", list)
		}
	}
}

func TestHistogram(t *testing.T) {
	var h histogram
	for _, v := range []float64{0, 0.025, 0.0251, 0.15, 2, 2.1} {
		h.observe(latencyBounds, v)
	}
	v := h.view(latencyBounds)
	want := [bounds]uint64{2, 3, 3, 4, 4, 4, 4, 4, 4, 4, 5}
	if v.Buckets != want || v.Count != 6 || v.Sum != 4.3001 {
		t.Errorf("%+v", v)
	}
}

func TestBitmapIsASet(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		var b bitmap
		set := map[minute]bool{}
		start := minute(r.Int64N(30_000_000))
		for range 200 {
			m := start + minute(r.Int64N(int64(window)))
			b.set(m)
			set[m] = true
			from := start - 70 + minute(r.Int64N(int64(window)))
			to := from + minute(r.Int64N(200)) - 20
			want := int64(0)
			for m := from; m <= to; m++ {
				if set[m] != b.has(m) {
					t.Fatalf("minute %d: %v", m, b.has(m))
				}
				if set[m] {
					want++
				}
			}
			if got := b.count(from, to); got != want {
				t.Fatalf("from %d to %d: %d, want %d", from, to, got, want)
			}
		}
		all := slices.Collect(func(yield func(minute) bool) {
			for m := range set {
				if !yield(m) {
					return
				}
			}
		})
		if b.first() != slices.Min(all) || b.last() != slices.Max(all) || len(b.words) > int(window)/64+2 {
			t.Fatalf("from %d to %d in %d words", b.first(), b.last(), len(b.words))
		}
		cut := start + minute(r.Int64N(int64(window)))
		b.drop(cut)
		for m := cut; m < start+window; m++ {
			if set[m] != b.has(m) {
				t.Fatalf("after a drop: minute %d: %v", m, b.has(m))
			}
		}
	}
}

func TestMinutes(t *testing.T) {
	for _, tt := range []struct {
		t           zoomtime.Time
		floor, from minute
	}{
		{zoomtime.Unix(0), 0, 0},
		{zoomtime.Unix(0).Add(1), 0, 1},
		{zoomtime.Unix(59), 0, 1},
		{zoomtime.Unix(60), 1, 1},
		{zoomtime.Unix(-1), -1, 0},
		{zoomtime.Unix(-60), -1, -1},
	} {
		if minuteOf(tt.t) != tt.floor || minuteFrom(tt.t) != tt.from {
			t.Errorf("%v: %d and %d, want %d and %d", tt.t, minuteOf(tt.t), minuteFrom(tt.t), tt.floor, tt.from)
		}
	}
}

func TestTruncateVersion(t *testing.T) {
	for _, tt := range []struct {
		version string
		depth   int
		want    string
	}{
		{"6.5.1.4321", 2, "6.5"}, {"6.5.1.4321", 1, "6"}, {"6.5", 3, "6.5"}, {"", 2, ""},
		{" 6.5.1 (4321) ", 3, "6.5.1"}, {"6.5.1 (4321.7)", 4, "6.5.1"}, {"....", 2, "."},
	} {
		if got := truncateVersion(tt.version, tt.depth); got != tt.want {
			t.Errorf("%q to %d parts: %q, want %q", tt.version, tt.depth, got, tt.want)
		}
	}
}
