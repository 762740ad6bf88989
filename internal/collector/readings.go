package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
)

// dimensionLabels are the labels of all dimensions there are; those that are
// not configured are empty, as descriptions can't change with a reload.
var dimensionLabels = func() []string {
	labels := make([]string, 0, len(readings.Dimensions()))
	for _, d := range readings.Dimensions() {
		labels = append(labels, d.String())
	}
	return labels
}()

// What a stream can be, whichever way it takes.
var (
	medias     = [...]qos.Media{qos.Audio, qos.Video, qos.Share}
	directions = [...]qos.Direction{qos.Sent, qos.Received}
)

// The values of the label table: which label sets were full.
const (
	tableReadings   = "readings" // sessions too
	tableHistograms = "histograms"
)

// The values of the label collapsed: which dimensions were counted as "other".
const (
	collapsedNetworkType = "network_type"
	collapsedAll         = "all"
)

// labelled are the values of dimensions, for dimensionLabels.
func labelled(dimensions []readings.Dimension, values []string) []string {
	all := make([]string, len(dimensionLabels))
	for i, d := range dimensions {
		all[d] = values[i]
	}
	return all
}

func (e *emitter) readings(s *poll.Snapshot) {
	v := s.Readings
	e.emit(participantCounted, 60*float64(v.Minutes))
	for _, reason := range readings.Reasons() {
		e.emit(participantLost, 60*float64(v.Lost[reason]), reason.String())
	}
	e.overflow(v.Overflow, tableReadings)
	e.overflow(v.HistogramOverflow, tableHistograms)
	e.emit(backfillsWaiting, float64(s.Backfills))
	for i := range v.Readings {
		set := &v.Readings[i]
		dimensions := labelled(v.Dimensions, set.Values)
		for _, verdict := range readings.Verdicts() {
			labels := append([]string{set.Kind, set.Media.String(), set.Direction.String(), verdict.String()}, dimensions...)
			e.emit(readingsTotal, float64(set.Readings[verdict]), labels...)
			e.emit(sessionsTotal, float64(set.Sessions[verdict]), labels...)
		}
	}
	for i := range v.Histograms {
		set := &v.Histograms[i]
		labels := append([]string{set.Kind, set.Media.String(), set.Direction.String()}, labelled(v.HistogramDimensions, set.Values)...)
		e.histogram(readingLatency, &set.Latency, labels)
		e.histogram(readingJitter, &set.Jitter, labels)
		e.histogram(readingLoss, &set.Loss, labels)
	}
	for i := range v.Lengths {
		set := &v.Lengths[i]
		e.histogram(sessionDuration, &set.Length, append([]string{set.Kind}, labelled(v.HistogramDimensions, set.Values)...))
	}
}

func (e *emitter) overflow(o readings.Overflow, table string) {
	e.emit(readingsOverflowed, float64(o.NetworkType), table, collapsedNetworkType)
	e.emit(readingsOverflowed, float64(o.All), table, collapsedAll)
}

func (e *emitter) histogram(m *metric, h *readings.Histogram, labels []string) {
	buckets := make(map[float64]uint64, len(h.Bounds))
	for i, bound := range h.Bounds {
		buckets[bound] = h.Buckets[i]
	}
	values := append([]string{e.account}, labels...)
	e.ch <- prometheus.MustNewConstHistogram(m.desc, h.Count, h.Sum, buckets, values...)
}
