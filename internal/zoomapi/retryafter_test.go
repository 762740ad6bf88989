package zoomapi

import (
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

func TestParseRetryAfter(t *testing.T) {
	midnight := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		value string
		want  time.Time // zero: junk
	}{
		{"2026-03-03T00:00:00Z", midnight},
		{" 2026-03-03T00:00:00Z ", midnight},
		{"2026-03-03T00:00:00.250Z", midnight.Add(250 * time.Millisecond)},
		{"2026-03-03T02:00:00+02:00", midnight},
		{"2026-03-03T02:00:00.5+0200", midnight.Add(500 * time.Millisecond)},
		{"2026-03-03T00:00:00", midnight},
		{"2026-03-03T00:00:00.75", midnight.Add(750 * time.Millisecond)},
		{"2026-03-03 00:00:00", midnight},
		{"2026-03-03 00:00:00Z", midnight},
		{"Tue, 03 Mar 2026 00:00:00 GMT", midnight},
		{"Tuesday, 03-Mar-26 00:00:00 GMT", midnight},
		{"Tue Mar  3 00:00:00 2026", midnight},
		{"2020-05-31T00:00:00Z", time.Date(2020, 5, 31, 0, 0, 0, 0, time.UTC)},
		{"0", testNow},
		{"120", testNow.Add(2 * time.Minute)},
		{"2678400", testNow.Add(31 * 24 * time.Hour)},
		{"2678401", time.Time{}},
		{"18446744073709551616", time.Time{}},
		{"2026-04-03T00:00:00Z", time.Time{}},
		{"9999-12-31T23:59:59Z", time.Time{}},
		{"", time.Time{}},
		{"-1", time.Time{}},
		{"1.5", time.Time{}},
		{"soon", time.Time{}},
		{"2026-03-03", time.Time{}},
		{"2026-13-03T00:00:00Z", time.Time{}},
		{"2026-03-03T00:00:00Z, 5", time.Time{}},
	}
	for _, test := range tests {
		wait, ok := ParseRetryAfter(test.value).Wait(zoomtime.Of(testNow))
		if got := testNow.Add(wait); ok == test.want.IsZero() || ok && !got.Equal(test.want) {
			t.Errorf("%q: got %v, %v, want %v", test.value, got, ok, test.want)
		}
	}
}

func FuzzParseRetryAfter(f *testing.F) {
	for _, value := range []string{
		"", "0", "120", "-1", "2026-03-03T00:00:00Z", "2026-03-03T00:00:00.250+02:00",
		"Tue, 03 Mar 2026 00:00:00 GMT", "99999999999999999999", "2026-03-03T00:00:00", "\xff",
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		wait, ok := ParseRetryAfter(value).Wait(zoomtime.Of(testNow))
		switch {
		case !ok && wait != 0:
			t.Fatalf("%q: junk, yet %v", value, wait)
		case ok && wait > maxRetryAfter:
			t.Fatalf("%q: %v", value, wait)
		}
	})
}
