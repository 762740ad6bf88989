package live

import (
	"slices"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

func TestFullMinutes(t *testing.T) {
	at := func(s string) zoomtime.Time {
		t.Helper()
		parsed, err := time.Parse(time.TimeOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return zoomtime.Of(parsed)
	}
	for _, tt := range []struct {
		from, to string
		want     float64
	}{
		{"09:00:00", "09:10:00", 11}, {"09:00:01", "09:10:59", 10}, {"09:00:10", "09:00:50", 0},
		{"09:00:10", "09:01:00", 1}, {"09:10:00", "09:00:00", 0},
	} {
		if got := fullMinutes(at(tt.from), at(tt.to)); got != tt.want {
			t.Errorf("from %s to %s are %v full minutes, want %v", tt.from, tt.to, got, tt.want)
		}
	}
}

// A meeting that began before the start counts from the start, and an implausible
// date does not make years of it.
func TestCountsFrom(t *testing.T) {
	listed := zoomtime.Of(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	for name, tt := range map[string]struct{ start, from, want zoomtime.Time }{
		"known":            {listed.Add(-time.Hour), zoomtime.Time{}, listed.Add(-time.Hour)},
		"before the start": {listed.Add(-time.Hour), listed.Add(-time.Minute), listed.Add(-time.Minute)},
		"unknown":          {zoomtime.Time{}, zoomtime.Time{}, listed},
		"to come":          {listed.Add(time.Hour), zoomtime.Time{}, listed},
		"implausible":      {zoomtime.Unix(0), zoomtime.Time{}, listed},
	} {
		s := &State{countedFrom: tt.from}
		m := &meeting{info: &qos.Meeting{Start: tt.start}}
		if got := s.countsFrom(m, listed); !got.Equal(tt.want) {
			t.Errorf("%s: counts from %v, want %v", name, got, tt.want)
		}
	}
}

// Where the allowance is short the backfills that bring most for a request come
// first, else those that have waited longest.
func TestBackfillsInOrder(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	s := &State{backfills: make(map[string]*Backfill)}
	for uuid, tt := range map[string]struct {
		waited  time.Duration
		rows    int
		minutes float64
	}{
		"long": {20 * time.Minute, 4, 90}, "brief": {30 * time.Minute, 10, 5}, "full": {10 * time.Minute, 20, 60},
		"unknown": {40 * time.Minute, 0, 0}, "too new": {time.Minute, 10, 1000},
	} {
		b := newBackfill(uuid, "", now.Add(-tt.waited), tt.rows)
		b.minutes = tt.minutes
		s.backfills[uuid] = b
	}
	for _, tt := range []struct {
		short    bool
		requests float64
		want     []string
	}{
		{false, 0, []string{"unknown", "brief", "long", "full"}},
		{true, 3, []string{"full", "long"}},
		{true, 0.5, nil},
	} {
		var got []string
		for _, b := range s.DueBackfills(Now{Time: now}, tt.requests, tt.short, func(zoomapi.Kind) bool { return false }) {
			got = append(got, b.UUID)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("with %+v: %v", tt, got)
		}
		for uuid, b := range s.backfills {
			if back := !slices.Contains(tt.want, uuid) && uuid != "too new"; back && !b.unpaid {
				t.Errorf("with %+v: %s was held back as the allowance was spent and does not say so", tt, uuid)
			}
		}
	}
}
