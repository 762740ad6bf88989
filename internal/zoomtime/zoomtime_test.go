package zoomtime_test

import (
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// Equal instants are equal values, so that they can be keys of maps.
func TestOf(t *testing.T) {
	now := time.Now()
	want := zoomtime.Of(now)
	for name, same := range map[string]time.Time{
		"without its monotonic reading": now.Round(0),
		"in UTC":                        now.UTC(),
		"in another zone":               now.In(time.FixedZone("", 7200)),
	} {
		if zoomtime.Of(same) != want {
			t.Errorf("%s it is %v, want %v", name, zoomtime.Of(same), want)
		}
	}
	if !want.UTC().Equal(now) || want.Unix() != now.Unix() || zoomtime.Unix(now.Unix()) != want.Truncate(time.Second) {
		t.Errorf("%v is not %v", want, now)
	}
	if zero := zoomtime.Of(time.Time{}); !zero.IsZero() || zero != (zoomtime.Time{}) || !zero.UTC().IsZero() || want.IsZero() {
		t.Errorf("no instant is %v", zero)
	}
}

func TestArithmetic(t *testing.T) {
	at := zoomtime.Unix(1_772_445_600)
	later := at.Add(90 * time.Second)
	if later.Sub(at) != 90*time.Second || !later.After(at) || !at.Before(later) || at.Equal(later) ||
		at.Compare(later) != -1 || later.Compare(at) != 1 || at.Compare(at) != 0 {
		t.Errorf("%v and %v are not 90 s apart", at, later)
	}
	if got := later.String(); got != "2026-03-02T10:01:30Z" {
		t.Errorf("it reads %s", got)
	}
}
