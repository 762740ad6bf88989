package page

import (
	"strings"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

func TestGrades(t *testing.T) {
	thresholds := qos.Thresholds{
		Latency: qos.Bounds{Good: 0.01, Fair: 0.02, Poor: 0.04},
		Jitter:  qos.Bounds{Good: 0.1, Fair: 0.2, Poor: 0.4},
		Loss:    qos.Bounds{Good: 0.001, Fair: 0.002, Poor: 0.004},
	}
	for _, test := range []struct {
		measure int
		value   float64
		want    verdict
	}{
		{latency, 0, verdict{qos.Good, 0}}, {latency, 0.01, verdict{qos.Good, 0.25}}, {latency, 0.02, verdict{qos.Fair, 0.5}},
		{latency, 0.04, verdict{qos.Poor, 1}}, {latency, 0.08, verdict{qos.Bad, 2}}, {latency, qos.Absent(), verdict{}},
		{jitter, 0.1, verdict{qos.Good, 0.25}}, {jitter, 0.2, verdict{qos.Fair, 0.5}}, {jitter, 0.4, verdict{qos.Poor, 1}},
		{jitter, 0.8, verdict{qos.Bad, 2}}, {jitter, qos.Absent(), verdict{}},
		{loss, 0.001, verdict{qos.Good, 0.25}}, {loss, 0.002, verdict{qos.Fair, 0.5}}, {loss, 0.004, verdict{qos.Poor, 1}},
		{loss, 0.008, verdict{qos.Bad, 2}}, {loss, qos.Absent(), verdict{}},
	} {
		m := &measures[test.measure]
		if got := m.judge(test.value, &thresholds); got != test.want {
			t.Errorf("%s %v is %v, want %v", m.name, test.value, got, test.want)
		}
	}
}

// Grades, their order and the legend follow each account's thresholds.
func TestThresholdsOfTheSnapshot(t *testing.T) {
	strict := healthy("strict", meetingOf("short",
		person("1", reading(audioSent, 0.025, 0, 0)), person("2", reading(audioSent, 0.010, 0, 0)), person("3", reading(audioSent, 0.035, 0, 0))))
	strict.Thresholds.Latency = qos.Bounds{Good: 0.020, Fair: 0.0255, Poor: 0.030}
	strict.Thresholds.Loss.Good = 0.0025
	page := get(t, strict)
	words := texts(page)
	for _, want := range []string{
		"Good is up to latency 20 ms, jitter 40 ms, packet loss 0.25 %; fair up to latency 25.5 ms, jitter 60 ms, packet loss 5 %;" +
			" poor up to latency 30 ms, jitter 100 ms, packet loss 10 %; anything above is bad.",
		"3 people · 1 bad · 1 fair · 1 good", "worst: audio sent: 35 ms latency, bad", "Audio sent 1 of 3",
	} {
		if !strings.Contains(words, want) {
			t.Errorf("the page does not say %q: %s", want, words)
		}
	}
	for _, want := range []string{"<b class=\"bad\">35\u00a0ms bad</b>", "<b class=\"fair\">25\u00a0ms fair</b>", "<td>10\u00a0ms</td>"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s on the page", want)
		}
	}
}

func TestWorstFigureJudges(t *testing.T) {
	thresholds := qos.DefaultThresholds()
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
		if got := judgeMinute(&qos.Minute{Readings: test.readings}, &thresholds).grade; got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	if got := judgeMinute(nil, &thresholds); got != (verdict{}) {
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
