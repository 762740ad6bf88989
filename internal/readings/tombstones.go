package readings

import "github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"

// retention is how many hours a tombstone is kept: as long as a session's
// window, as no older minute would count anyway.
const retention = int64(window / 60)

// tombstones remember the closed meetings, so that one that comes back counts
// only minutes after its Close. They are kept by the hour of the Close, each
// hour in a record of its own.
type tombstones map[int64]*hourOfTombstones

type hourOfTombstones struct {
	saved
	floors map[uint64]minute // by the hash of the UUID; minutes before do not count
}

// add remembers a meeting all of whose minutes up to now were counted.
func (t tombstones) add(uuid uint64, now zoomtime.Time) {
	hour := hourOf(now)
	if t[hour] == nil {
		t[hour] = &hourOfTombstones{floors: make(map[uint64]minute)}
	}
	t[hour].floors[uuid] = minuteOf(now) + 1
	t[hour].revision++
}

func (t tombstones) find(uuid uint64) (floor minute, found bool) {
	for _, hour := range t {
		if f, ok := hour.floors[uuid]; ok {
			floor, found = max(floor, f), true
		}
	}
	return floor, found
}

func hourOf(t zoomtime.Time) int64 { return t.Unix() / 3600 }
