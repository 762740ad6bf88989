package readings

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

func TestVerdict(t *testing.T) {
	absent := qos.Absent()
	for _, tt := range []struct {
		name                  string
		latency, jitter, loss float64
		want                  Verdict
		ok                    bool
	}{
		{"nothing", absent, absent, absent, Good, false},
		{"mad figures", -1, math.Inf(1), absent, Good, false},
		{"zeros", 0, 0, 0, Good, true},
		{"good to the edge", 0.150, 0.040, 0.02, Good, true},
		{"only loss", absent, absent, 0.02, Good, true},
		{"latency fair", 0.151, 0, 0, Fair, true},
		{"jitter fair", 0, 0.041, 0, Fair, true},
		{"loss fair", 0, 0, 0.0201, Fair, true},
		{"fair to the edge", 0.300, 0.060, 0.05, Fair, true},
		{"latency poor", 0.301, absent, absent, Poor, true},
		{"poor to the edge", 0.500, 0.100, 0.10, Poor, true},
		{"latency bad", 0.501, 0, 0, Bad, true},
		{"jitter bad", 0, 0.1001, 0, Bad, true},
		{"loss bad", absent, absent, 1, Bad, true},
		{"the worst counts", 0.100, 0.050, 0.5, Bad, true},
	} {
		if got, ok := DefaultThresholds().Verdict(tt.latency, tt.jitter, tt.loss); got != tt.want || ok != tt.ok {
			t.Errorf("%s: %v, %v, want %v, %v", tt.name, got, ok, tt.want, tt.ok)
		}
	}
}

func TestThresholdsValidate(t *testing.T) {
	if err := DefaultThresholds().Validate(); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*Thresholds){
		"zero":      func(t *Thresholds) { t.Good.Loss = 0 },
		"shrinking": func(t *Thresholds) { t.Fair.Jitter = t.Poor.Jitter * 2 },
		"NaN":       func(t *Thresholds) { t.Poor.Latency = math.NaN() },
		"infinite":  func(t *Thresholds) { t.Poor.Latency = math.Inf(1) },
	} {
		th := DefaultThresholds()
		spoil(&th)
		if err := th.Validate(); !errors.Is(err, ErrThresholds) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBoundsIncludeTheThresholds(t *testing.T) {
	d := DefaultThresholds()
	for _, l := range []Threshold{d.Good, d.Fair, d.Poor} {
		if !slices.Contains(latencyBounds, l.Latency) || !slices.Contains(jitterBounds, l.Jitter) || !slices.Contains(lossBounds, l.Loss) {
			t.Errorf("%+v is not among the bounds", l)
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

func TestRoadsOfOneStream(t *testing.T) {
	stream := func(v qos.Via) qos.Stream { return qos.Stream{Media: qos.Video, Direction: qos.Received, Via: v} }
	client, crc, rwg := reading(stream(qos.Client), 1, 1, 1), reading(stream(qos.CRC), 2, 2, 2), reading(stream(qos.RWG), 3, 3, 3)
	blind := reading(stream(qos.Client), 1, 1, 1)
	blind.Figures = blank()
	blind.Bitrate = 1000
	other := reading(qos.Stream{Media: qos.Audio, Direction: qos.Received, Via: qos.RWG}, 4, 4, 4)
	mad := reading(qos.Stream{Media: 9, Direction: 3}, 1, 1, 1)
	for _, tt := range []struct {
		name string
		all  []qos.Reading
		want []float64 // latencies of what counts, by stream
	}{
		{"the client alone", []qos.Reading{rwg, crc, client}, []float64{0.001}},
		{"no client", []qos.Reading{rwg, crc}, []float64{0.002}},
		{"the gateway alone", []qos.Reading{rwg}, []float64{0.003}},
		{"a client that says nothing", []qos.Reading{blind, crc}, []float64{0.002}},
		{"another media", []qos.Reading{client, other}, []float64{0.004, 0.001}},
		{"nothing", []qos.Reading{blind, mad}, nil},
	} {
		var got []float64
		for _, r := range choose(tt.all) {
			if r != nil {
				got = append(got, r.Latency)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
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

func TestCut(t *testing.T) {
	for _, tt := range []struct {
		version string
		depth   int
		want    string
	}{
		{"6.5.1.4321", 2, "6.5"}, {"6.5.1.4321", 1, "6"}, {"6.5", 3, "6.5"}, {"", 2, ""},
		{" 6.5.1 (4321) ", 3, "6.5.1"}, {"6.5.1 (4321.7)", 4, "6.5.1"}, {"....", 2, "."},
	} {
		if got := cut(tt.version, tt.depth); got != tt.want {
			t.Errorf("%q to %d parts: %q, want %q", tt.version, tt.depth, got, tt.want)
		}
	}
}
