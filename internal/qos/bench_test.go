package qos

import (
	"fmt"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// pageOf is a page of ten people with that many minutes each, oldest first, of
// audio and video both ways, ending at now.
func pageOf(minutes int) []zoomapi.QoSRow {
	rows := make([]zoomapi.QoSRow, 10)
	for p := range rows {
		rows[p] = zoomapi.QoSRow{
			ID: "u-Ada0example0user0id0", UserID: zoomapi.Text(fmt.Sprint(16778240 + p*1024)),
			UserName: "Ada Example", Email: "ada@example.com", IPAddress: "192.0.2.10", InternalIPAddresses: []zoomapi.Text{"10.1.2.3"},
			JoinTime: "2026-03-02T08:05:00Z", Device: "Mac", NetworkType: "Wifi", DataCenter: "Example (XX)",
		}
		for m := range minutes {
			at := now.Truncate(time.Minute).Add(time.Duration(m+1-minutes) * time.Minute)
			figures := zoomapi.Figures{Bitrate: "27.15 kbps", Latency: zoomapi.Text(fmt.Sprint(20+m%90, " ms")),
				Jitter: "4 ms", AvgLoss: "0.3%", MaxLoss: "0.7%"}
			video := figures
			video.Resolution, video.FrameRate = "1280*720", "25 fps"
			rows[p].Minutes = append(rows[p].Minutes, zoomapi.Minute{
				DateTime: zoomapi.Text(at.UTC().Format(time.RFC3339)),
				Streams: []zoomapi.Stream{
					{Name: zoomapi.AudioInput, Figures: figures}, {Name: zoomapi.AudioOutput, Figures: figures},
					{Name: zoomapi.VideoInput, Figures: video}, {Name: zoomapi.VideoOutput, Figures: video},
				},
				CPU: &zoomapi.CPU{ZoomMin: "1%", ZoomAvg: "3%", ZoomMax: "9%", SystemMax: "41%"},
			})
		}
	}
	return rows
}

// BenchmarkConvert converts a page of ten people who have sixty minutes each.
func BenchmarkConvert(b *testing.B) {
	rows, c := pageOf(60), everything()
	for name, want := range map[string]func(zoomtime.Time) bool{
		"history":          nil,
		"newest":           func(zoomtime.Time) bool { return false },
		"history of a new": func(at zoomtime.Time) bool { return now.Sub(at) < time.Minute },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for i := range rows {
					if p, _, ok := c.all(&rows[i], now, want, Failures{}); !ok || p.Newest == nil {
						b.Fatal("no minute")
					}
				}
			}
		})
	}
}
