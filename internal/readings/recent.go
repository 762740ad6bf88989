package readings

import (
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// recentMinutes is how many minutes of a meeting's data are recent.
const recentMinutes = 10

// recent counts the readings of a meeting's newest minutes of data, in a ring
// buffer.
type recent struct {
	newest minute
	cells  [recentMinutes][qos.Streams][verdicts]uint32 // by minute modulo
}

func (r *recent) add(m minute, stream int, v Verdict) {
	if m <= r.newest-recentMinutes {
		return
	}
	for r.newest < m {
		r.newest = max(r.newest, m-recentMinutes) + 1
		r.cells[r.newest%recentMinutes] = [qos.Streams][verdicts]uint32{}
	}
	r.cells[m%recentMinutes][stream][v]++
}

func (r *recent) view() *Recent {
	v := &Recent{Newest: r.newest.time()}
	for _, cells := range r.cells {
		for stream, byVerdict := range cells {
			media, direction := qos.MediaOf(stream)
			for verdict, n := range byVerdict {
				v.Readings[media][direction][verdict] += uint64(n)
			}
		}
	}
	return v
}

// Recent has the readings of the last ten minutes of a meeting's data, up to the
// newest minute of any of them.
type Recent struct {
	Newest zoomtime.Time
	// Readings are counts by media, direction and verdict. A stream without
	// any is best left out.
	Readings [3][2][verdicts]uint64
}

// Of returns the readings of one media and direction by verdict, and whether
// there are any.
func (r *Recent) Of(m qos.Media, d qos.Direction) (byVerdict [verdicts]uint64, any bool) {
	byVerdict = r.Readings[m][d]
	return byVerdict, byVerdict != [verdicts]uint64{}
}
