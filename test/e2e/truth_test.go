package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// samples are values by series.
type samples map[string]float64

// add enters a value.
func (s samples) add(t *testing.T, name string, value float64, labels map[string]string, more ...string) {
	t.Helper()
	labels = maps.Clone(labels)
	for i := 0; i < len(more); i += 2 {
		labels[more[i]] = more[i+1]
	}
	key := testbed.Series(name, labels)
	if _, ok := s[key]; ok {
		t.Fatalf("%s is there twice", key)
	}
	s[key] = value
}

// truth is every figure that the simulated Zoom holds of what is live, as the
// exporter's metrics name it.
func truth(t *testing.T, sim *zoomsim.Sim) samples {
	t.Helper()
	s := samples(testbed.Figures(t, sim, "default"))
	for _, kind := range []zoomapi.Kind{zoomapi.Meeting, zoomapi.Webinar} {
		account := map[string]string{"account": "default"}
		live := sim.Live(kind)
		people := 0
		for _, m := range live {
			labels := map[string]string{"account": "default", "meeting": m.UUID}
			s.add(t, "zoom_meeting_participants", float64(len(m.Participants)), labels)
			s.add(t, "zoom_meeting_start_timestamp_seconds", float64(m.Start.Truncate(time.Second).Unix()), labels)
			people += len(m.Participants)
		}
		s.add(t, "zoom_live_meetings", float64(len(live)), account, "kind", string(kind))
		s.add(t, "zoom_live_participants", float64(people), account, "kind", string(kind))
	}
	return s
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
