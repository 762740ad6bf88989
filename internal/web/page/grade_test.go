package page

import (
	"math"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

func TestGrades(t *testing.T) {
	for _, test := range []struct {
		measure int
		value   float64
		want    qos.Quality
	}{
		{latency, 0, qos.Good}, {latency, 0.150, qos.Good}, {latency, 0.151, qos.Fair}, {latency, 0.300, qos.Fair},
		{latency, 0.301, qos.Poor}, {latency, 0.500, qos.Poor}, {latency, 0.501, qos.Bad}, {latency, math.Inf(1), qos.Bad},
		{latency, qos.Absent(), qos.QualityUnknown},
		{jitter, 0.040, qos.Good}, {jitter, 0.041, qos.Fair}, {jitter, 0.060, qos.Fair}, {jitter, 0.061, qos.Poor},
		{jitter, 0.100, qos.Poor}, {jitter, 0.101, qos.Bad}, {jitter, qos.Absent(), qos.QualityUnknown},
		{loss, 0.02, qos.Good}, {loss, 0.021, qos.Fair}, {loss, 0.05, qos.Fair}, {loss, 0.051, qos.Poor},
		{loss, 0.10, qos.Poor}, {loss, 0.101, qos.Bad}, {loss, 1, qos.Bad}, {loss, qos.Absent(), qos.QualityUnknown},
	} {
		m := &measures[test.measure]
		if got := m.bounds.judge(test.value).grade; got != test.want {
			t.Errorf("%s %v is %q, want %q", m.name, test.value, got, test.want)
		}
	}
}

func TestWorstFigureJudges(t *testing.T) {
	for _, test := range []struct {
		name     string
		readings []qos.Reading
		want     qos.Quality
	}{
		{"no streams", nil, qos.QualityUnknown},
		{"an inactive stream", []qos.Reading{{Stream: audioSent, Figures: blank()}}, qos.QualityUnknown},
		{"all good", []qos.Reading{reading(audioSent, 0.1, 0.01, 0)}, qos.Good},
		{"one figure alone", []qos.Reading{reading(audioSent, qos.Absent(), 0.09, qos.Absent())}, qos.Poor},
		{"the worst of a stream", []qos.Reading{reading(audioSent, 0.1, 0.05, 0.2)}, qos.Bad},
		{"the worst of the streams", []qos.Reading{reading(audioSent, 0.1, 0.01, 0.06), reading(videoSent, 0.2, 0.01, 0)}, qos.Poor},
	} {
		if got := judgeMinute(&qos.Minute{Readings: test.readings}).grade; got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	if got := judgeMinute(nil); got != (verdict{}) {
		t.Errorf("no minute: %v", got)
	}
}

func TestBarsFitTheirWhole(t *testing.T) {
	for _, m := range []mix{
		{}, {Bad: 1}, {Bad: 1, Poor: 1, Fair: 1}, {Bad: 1, Poor: 2, Fair: 3, Good: 5, None: 7}, {Good: 9999, None: 1}, {Bad: 1, Good: 1_000_000},
	} {
		at := 0.0
		for _, s := range m.Bar() {
			if s.Width <= 0 || s.X < at-0.11 || s.X+s.Width > 100.05 {
				t.Errorf("%+v: segment %+v after %v", m, s, at)
			}
			at = s.X + s.Width
		}
		if m.People() > 0 && at < 99.7 {
			t.Errorf("%+v: the bar ends at %v", m, at)
		}
	}
}
