package live

import (
	"fmt"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

func TestPoor(t *testing.T) {
	figures := func(latency, jitter, loss float64) *qos.Participant {
		f := qos.Figures{Latency: latency, Jitter: jitter, Loss: loss}
		return &qos.Participant{Newest: &qos.Minute{Readings: []qos.Reading{{Figures: f}}}}
	}
	absent := qos.Absent()
	thresholds := qos.DefaultThresholds()
	fine, silent := figures(0.1, 0.01, 0), &qos.Participant{}
	for _, tt := range []struct {
		name   string
		people []*qos.Participant
		want   bool
	}{
		{"nobody", nil, false},
		{"nobody has figures", []*qos.Participant{silent, silent}, false},
		{"all are fine", []*qos.Participant{fine, fine}, false},
		{"blanks are not poor", []*qos.Participant{figures(absent, absent, absent)}, false},
		{"fair", []*qos.Participant{figures(0.30, 0.06, 0.05)}, false},
		{"latency", []*qos.Participant{figures(0.31, absent, absent)}, true},
		{"jitter", []*qos.Participant{figures(absent, 0.07, absent)}, true},
		{"loss", []*qos.Participant{figures(absent, absent, 0.06)}, true},
		{"one of four", []*qos.Participant{figures(1, 0, 0), fine, fine, fine}, true},
		{"one of five", []*qos.Participant{figures(1, 0, 0), fine, fine, fine, fine}, false},
		{"those without figures do not count", []*qos.Participant{figures(1, 0, 0), fine, silent, silent, silent}, true},
	} {
		people := newRoster()
		for i, p := range tt.people {
			one := *p
			one.ID = fmt.Sprint(i)
			people.put(&one)
		}
		if got := poor(&people, &thresholds); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
