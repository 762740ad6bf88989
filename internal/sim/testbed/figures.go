package testbed

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// Series names a series as expositions do, its labels in order.
func Series(name string, labels map[string]string) string {
	pairs := make([]string, 0, len(labels))
	for _, label := range slices.Sorted(maps.Keys(labels)) {
		pairs = append(pairs, fmt.Sprintf("%s=%q", label, labels[label]))
	}
	return name + "{" + strings.Join(pairs, ",") + "}"
}

// Figures are the values of all series of figures of an account's participants,
// as the simulated Zoom knows them. They are worked out without the code that
// converts and shows figures. All participants must have Zoom's own client.
func Figures(t testing.TB, sim *zoomsim.Sim, account string) map[string]float64 {
	t.Helper()
	all := make(map[string]float64)
	for _, kind := range []zoomapi.Kind{zoomapi.Meeting, zoomapi.Webinar} {
		for _, m := range sim.Live(kind) {
			for _, p := range m.Participants {
				minute, err := sim.Present(m.UUID, p.UserID)
				if err != nil {
					t.Fatal(err)
				}
				person := map[string]string{"account": account, "meeting": m.UUID, "participant": p.UserID}
				put(all, person, ofDevice(&minute))
				for name, v := range minute.Values {
					stream := maps.Clone(person)
					stream["media"], stream["direction"], stream["via"] = clientStream(t, name)
					put(all, stream, ofStream(stream["media"], v))
				}
			}
		}
	}
	return all
}

// put enters the values that are there, by metric.
func put(all map[string]float64, labels map[string]string, values map[string]float64) {
	for name, value := range values {
		if !math.IsNaN(value) {
			all[Series("zoom_qos_"+name, labels)] = value
		}
	}
}

func ofDevice(m *zoomsim.Minute) map[string]float64 {
	values := map[string]float64{"sample_timestamp_seconds": float64(m.Time.Unix())}
	if m.CPU != nil {
		values["client_cpu_min_ratio"] = m.CPU[0]
		values["client_cpu_avg_ratio"] = m.CPU[1]
		values["client_cpu_max_ratio"] = m.CPU[2]
		values["system_cpu_max_ratio"] = m.CPU[3]
	}
	if m.RSSI != nil {
		values["wifi_rssi_min_dbm"] = m.RSSI[0]
		values["wifi_rssi_avg_dbm"] = m.RSSI[1]
		values["wifi_rssi_max_dbm"] = m.RSSI[2]
	}
	return values
}

func ofStream(media string, v zoomsim.Values) map[string]float64 {
	values := map[string]float64{
		"latency_seconds":          v.Latency,
		"jitter_seconds":           v.Jitter,
		"packet_loss_ratio":        v.AvgLoss,
		"packet_loss_max_ratio":    v.MaxLoss,
		"bitrate_bytes_per_second": v.Bitrate,
		"frames_per_second":        v.FrameRate,
		"resolution_width_pixels":  v.Width,
		"resolution_height_pixels": v.Height,
	}
	if media == "audio" {
		values["audio_mos_estimate"] = qos.AudioMOS(v.Latency, v.Jitter, v.AvgLoss)
	}
	return values
}

func clientStream(t testing.TB, name zoomapi.StreamName) (media, direction, via string) {
	t.Helper()
	switch name {
	case zoomapi.AudioInput:
		return "audio", "sent", "client"
	case zoomapi.AudioOutput:
		return "audio", "received", "client"
	case zoomapi.VideoInput:
		return "video", "sent", "client"
	case zoomapi.VideoOutput:
		return "video", "received", "client"
	case zoomapi.ShareInput:
		return "share", "sent", "client"
	case zoomapi.ShareOutput:
		return "share", "received", "client"
	}
	t.Fatalf("stream %s is not one of Zoom's own clients", name)
	return "", "", ""
}
