package qos

import (
	"slices"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// Entry is one minute of a row of a QoS answer, before conversion.
type Entry struct {
	At   zoomtime.Time
	wire *zoomapi.Minute
}

// Entries returns the minutes of a row of an answer received at now, in ascending
// order and one for each minute: of two entries of one minute the later counts,
// of two at the same time the one that Zoom sent later. Entries whose time cannot
// be read are added to unread.
func Entries(row *zoomapi.QoSRow, now zoomtime.Time, unread *[]Unread) []Entry {
	entries := make([]Entry, 0, len(row.Minutes))
	for i := range row.Minutes {
		if at, ok := takenAt(&row.Minutes[i], now, unread); ok {
			entries = append(entries, Entry{at, &row.Minutes[i]})
		}
	}
	slices.SortStableFunc(entries, func(a, b Entry) int { return a.At.Compare(b.At) })
	kept := entries[:0]
	for i, e := range entries {
		if i+1 == len(entries) || !sameMinute(e.At, entries[i+1].At) {
			kept = append(kept, e)
		}
	}
	return kept
}

func sameMinute(a, b zoomtime.Time) bool {
	return a.Truncate(time.Minute).Equal(b.Truncate(time.Minute))
}
