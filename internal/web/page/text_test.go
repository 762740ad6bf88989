package page

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour: "0 s", 0: "0 s", 400 * time.Millisecond: "0 s", 1499 * time.Millisecond: "1 s", 89 * time.Second: "89 s",
		90 * time.Second: "2 min", 89 * time.Minute: "89 min", 90 * time.Minute: "1 h 30 min", 2 * time.Hour: "2 h",
		119*time.Minute + 59*time.Second: "2 h", 47*time.Hour + 59*time.Minute: "47 h 59 min", 48 * time.Hour: "2 days", 1000 * time.Hour: "41 days",
	} {
		if got := span(d); got != want {
			t.Errorf("span(%v) is %q, want %q", d, got, want)
		}
	}
}

func TestUntil(t *testing.T) {
	for d, want := range map[time.Duration]string{time.Minute: "in 60 s", 0: "0 s ago", -time.Minute: "60 s ago"} {
		if got := until(noon, noon.Add(d)); got != want {
			t.Errorf("until %v is %q, want %q", d, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 60_000: "60,000", 1_234_567: "1,234,567", -123: "-123", -1234: "-1,234"} {
		if got := count(n); got != want {
			t.Errorf("count(%d) is %q, want %q", n, got, want)
		}
	}
	if got := people(1) + ", " + people(1200); got != "1 person, 1,200 people" {
		t.Error(got)
	}
}

func TestFigures(t *testing.T) {
	absent := qos.Absent()
	for _, test := range []struct{ got, want string }{
		{milliseconds(0.126), "126_ms"}, {milliseconds(0), "0_ms"}, {milliseconds(1.26), "1260_ms"}, {milliseconds(absent), ""},
		{percent(0.003), "0.3_%"}, {percent(0.283), "28.3_%"}, {percent(1), "100_%"}, {percent(0), "0_%"}, {percent(absent), ""},
		{decibels(-71), "−71_dBm"}, {decibels(absent), ""},
		{bitRate(3393.75), "27_kbit/s"}, {bitRate(125_000), "1_Mbit/s"}, {bitRate(287_500), "2.3_Mbit/s"}, {bitRate(0), "0_kbit/s"}, {bitRate(absent), ""},
		{picture(&qos.Figures{Width: 1280, Height: 720, FrameRate: 12}), "1280×720, 12_fps"},
		{picture(&qos.Figures{Width: 0, Height: 0, FrameRate: absent}), "0×0"},
		{picture(&qos.Figures{Width: absent, Height: 720, FrameRate: 7.5}), "7.5_fps"},
		{picture(&qos.Figures{Width: absent, Height: absent, FrameRate: absent}), ""},
	} {
		if got := strings.ReplaceAll(test.got, "\u00a0", "_"); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func TestClip(t *testing.T) {
	for _, text := range []string{"", "short", strings.Repeat("x", maxText), strings.Repeat("🦄", maxText)} {
		if got := clip(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	if got := clip(strings.Repeat("🦄", maxText+1)); utf8.RuneCountInString(got) != maxText || !strings.HasSuffix(got, "🦄…") {
		t.Errorf("clipped to %q", got)
	}
}
