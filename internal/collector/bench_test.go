package collector_test

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/collector"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// still is an account whose snapshot never changes.
type still struct{ snapshot poll.Snapshot }

func (s *still) Name() string              { return s.snapshot.Account }
func (s *still) Poll(context.Context) bool { return true }
func (s *still) Snapshot() poll.Snapshot   { return s.snapshot }

func (s *still) Probe(context.Context, poll.Target) poll.Probe { return poll.Probe{} }

// crowd is a snapshot of meetings of ten at one site, each with audio and video both
// ways and a received share, and one of them the host.
func crowd(participants int) poll.Snapshot {
	// Nothing was counted: what that costs is a matter of label sets.
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	s := poll.Snapshot{Account: "bench", At: at, Readings: new(readings.View), Up: true, Interval: time.Minute, Coverage: 1,
		View: live.View{Kinds: map[zoomapi.Kind]live.Totals{zoomapi.Meeting: {Meetings: participants / 10, Participants: participants}}}}
	ten := live.Groups{{Site: "berlin", NetworkType: "Wifi"}: {People: 10}}
	figures := qos.Figures{Latency: 0.042, Jitter: 0.003, Loss: 0.001, LossMax: 0.02, Bitrate: 3393.75,
		FrameRate: qos.Absent(), Width: qos.Absent(), Height: qos.Absent()}
	moving := figures
	moving.FrameRate, moving.Width, moving.Height = 24, 1280, 720
	minute := &qos.Minute{
		At: zoomtime.Of(at), CPU: qos.CPU{ClientMin: 0.01, ClientAvg: 0.02, ClientMax: 0.05, SystemMax: 0.4}, WiFi: qos.WiFi{Min: -70, Avg: -60, Max: -50},
		Readings: []qos.Reading{
			{Stream: qos.Stream{Media: qos.Audio, Direction: qos.Sent}, Figures: figures},
			{Stream: qos.Stream{Media: qos.Audio, Direction: qos.Received}, Figures: figures},
			{Stream: qos.Stream{Media: qos.Video, Direction: qos.Sent}, Figures: moving},
			{Stream: qos.Stream{Media: qos.Video, Direction: qos.Received}, Figures: moving},
			{Stream: qos.Stream{Media: qos.Share, Direction: qos.Received}, Figures: moving},
		},
	}
	for i := range participants / 10 {
		block := new(live.Block)
		m := &live.Meeting{Blocks: []*live.Block{block}, Meeting: &qos.Meeting{Kind: zoomapi.Meeting, UUID: fmt.Sprintf("gm8s9L+PTEC+%08dCw==", i), Start: zoomtime.Of(at)}, People: 10, PolledAt: at,
			Looked: true, Seen: live.Media[bool]{true, true, true}, Groups: ten, Speakers: live.Speakers{live.Host: {1}}}
		for j := range 10 {
			block.Participants = append(block.Participants, live.Participant{Minute: minute, Participant: &qos.Participant{
				ID: fmt.Sprint(16778240 + 1024*j), AnsweredAt: zoomtime.Of(at), Newest: minute,
				Facts: qos.Facts{User: "7ac214eae42da603", Site: "berlin", NetworkType: "Wifi", Device: "Windows", ClientVersion: "6.5.1"},
			}})
		}
		s.Meetings = append(s.Meetings, m)
	}
	return s
}

// BenchmarkScrape gathers and renders what is known; an operation is a scrape.
func BenchmarkScrape(b *testing.B) {
	for _, participants := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprintf("participants=%d", participants), benchmarkScrape(participants, qos.AllParticipants))
		b.Run(fmt.Sprintf("participants=%d/aggregate-only", participants), benchmarkScrape(participants, qos.NoParticipants))
	}
}

func benchmarkScrape(participants int, mode qos.ParticipantsMode) func(*testing.B) {
	return func(b *testing.B) {
		c := collector.New(&still{crowd(participants)})
		c.ShowParticipants(mode)
		r := prometheus.NewRegistry()
		r.MustRegister(c)
		series := 0
		b.ReportAllocs()
		for b.Loop() {
			families, err := r.Gather()
			if err != nil {
				b.Fatal(err)
			}
			series = 0
			encoder := expfmt.NewEncoder(io.Discard, expfmt.NewFormat(expfmt.TypeTextPlain))
			for _, family := range families {
				series += len(family.Metric)
				if err := encoder.Encode(family); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(series), "series")
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(series), "ns/series")
	}
}
