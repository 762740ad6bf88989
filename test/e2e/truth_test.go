package e2e

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomsim"
)

// samples are values by series.
type samples map[string]float64

// series is a name and labels in one order.
func series(name string, labels map[string]string) string {
	return fmt.Sprintf("%s%v", name, labels) // maps print sorted by key
}

// add enters a value, unless it is blank.
func (s samples) add(t *testing.T, name string, value float64, labels map[string]string, more ...string) {
	t.Helper()
	if math.IsNaN(value) {
		return
	}
	labels = maps.Clone(labels)
	for i := 0; i < len(more); i += 2 {
		labels[more[i]] = more[i+1]
	}
	key := series(name, labels)
	if _, ok := s[key]; ok {
		t.Fatalf("%s is there twice", key)
	}
	s[key] = value
}

// streams are media and direction of the streams of Zoom's own clients.
var streams = map[zoomapi.StreamName][2]string{
	zoomapi.AudioInput:  {"audio", "sent"},
	zoomapi.AudioOutput: {"audio", "received"},
	zoomapi.VideoInput:  {"video", "sent"},
	zoomapi.VideoOutput: {"video", "received"},
	zoomapi.ShareInput:  {"share", "sent"},
	zoomapi.ShareOutput: {"share", "received"},
}

// truth is every figure that the simulated Zoom holds of what is live, as the
// exporter's metrics name it.
func truth(t *testing.T, sim *zoomsim.Sim) samples {
	t.Helper()
	s := make(samples)
	for _, kind := range []zoomapi.Kind{zoomapi.Meeting, zoomapi.Webinar} {
		account := map[string]string{"account": "default"}
		live := sim.Live(kind)
		people := 0
		for _, m := range live {
			labels := map[string]string{"account": "default", "meeting": m.UUID}
			s.add(t, "zoom_meeting_participants", float64(len(m.Participants)), labels)
			s.add(t, "zoom_meeting_start_timestamp_seconds", float64(m.Start.Truncate(time.Second).Unix()), labels)
			people += len(m.Participants)
			for _, p := range m.Participants {
				minute, err := sim.Present(m.UUID, p.UserID)
				if err != nil {
					t.Fatal(err)
				}
				labels["participant"] = p.UserID
				s.minute(t, minute, labels)
				delete(labels, "participant")
			}
		}
		s.add(t, "zoom_live_meetings", float64(len(live)), account, "kind", string(kind))
		s.add(t, "zoom_live_participants", float64(people), account, "kind", string(kind))
	}
	return s
}

// minute enters a participant's newest minute.
func (s samples) minute(t *testing.T, minute zoomsim.Minute, labels map[string]string) {
	t.Helper()
	s.add(t, "zoom_qos_sample_timestamp_seconds", float64(minute.Time.Unix()), labels)
	for i, name := range []string{"client_cpu_min", "client_cpu_avg", "client_cpu_max", "system_cpu_max"} {
		if minute.CPU != nil {
			s.add(t, "zoom_qos_"+name+"_ratio", minute.CPU[i], labels)
		}
	}
	for i, name := range []string{"min", "avg", "max"} {
		if minute.RSSI != nil {
			s.add(t, "zoom_qos_wifi_rssi_"+name+"_dbm", minute.RSSI[i], labels)
		}
	}
	for name, v := range minute.Values {
		stream, ok := streams[name]
		if !ok {
			t.Fatalf("stream %s of a plain population", name)
		}
		for metric, value := range map[string]float64{
			"latency_seconds":          v.Latency,
			"jitter_seconds":           v.Jitter,
			"packet_loss_ratio":        v.AvgLoss,
			"packet_loss_max_ratio":    v.MaxLoss,
			"bitrate_bytes_per_second": v.Bitrate,
			"frames_per_second":        v.FrameRate,
			"resolution_width_pixels":  v.Width,
			"resolution_height_pixels": v.Height,
		} {
			s.add(t, "zoom_qos_"+metric, value, labels, "media", stream[0], "direction", stream[1], "via", "client")
		}
		if stream[0] == "audio" {
			s.add(t, "zoom_qos_audio_mos_estimate", qos.AudioMOS(v.Latency, v.Jitter, v.AvgLoss), labels,
				"media", stream[0], "direction", stream[1], "via", "client")
		}
	}
}

// equal tells how got differs, the first differences by name.
func (s samples) equal(got samples) error {
	const shown = 10
	var differences []string
	for key, want := range s {
		if value, ok := got[key]; !ok {
			differences = append(differences, "there is no "+key)
		} else if value != want {
			differences = append(differences, fmt.Sprintf("%s is %v, want %v", key, value, want))
		}
	}
	for key := range got {
		if _, ok := s[key]; !ok {
			differences = append(differences, "there is "+key)
		}
	}
	if len(differences) == 0 {
		return nil
	}
	slices.Sort(differences)
	return fmt.Errorf("%d differences, such as\n%s", len(differences), strings.Join(differences[:min(shown, len(differences))], "\n"))
}
