package plan

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

var monday = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// level is the number of a company's live meetings at an instant.
type level func(time.Time) float64

// working is a bell curve around noon on working days, and almost nothing otherwise.
func working(at time.Time) float64 {
	if day := at.Weekday(); day == time.Saturday || day == time.Sunday {
		return 5
	}
	away := float64(at.Hour()) + float64(at.Minute())/60 - 12
	return 5 + 300*math.Exp(-away*away/18)
}

// observe has a profile observe every minute from one instant to another.
func observe(p *Profile, from, to time.Time, company level) {
	for at := from; !at.After(to); at = at.Add(time.Minute) {
		p.Observe(at, meetings(company(at)))
	}
}

func meetings(n float64) Demand {
	d := Demand{Lists: 1}
	d.Add(1, 8, 1)
	d = d.Times(n)
	d.Lists = 1 + math.Floor(n/300)
	return d
}

// actual is a company's demand in pages × seconds.
func actual(from, to time.Time, company level) (sum float64) {
	for at := from; at.Before(to); at = at.Add(time.Minute) {
		d := meetings(company(at))
		sum += 60 * d.Pages()
	}
	return sum
}

func forecastPages(p *Profile, from, to time.Time) float64 {
	return p.forecast(from, to).PageSeconds()
}

func day(n int) time.Time { return monday.AddDate(0, 0, n) }

func TestForecastLearnedWeek(t *testing.T) {
	p := NewProfile(nil)
	observe(p, monday, day(8), working)
	for n := 8; n < 15; n++ {
		observe(p, day(n), day(n).Add(time.Minute), working)
		for hour := 0; hour < 22; hour += 3 {
			now := day(n).Add(time.Duration(hour) * time.Hour)
			got, want := forecastPages(p, now, day(n+1)), actual(now, day(n+1), working)
			if math.Abs(got-want) > 0.03*want {
				t.Errorf("day %d, %d:00: %.0f page-seconds forecast, want %.0f", n, hour, got, want)
			}
			observe(p, now, now.Add(3*time.Hour), working)
		}
		observe(p, day(n).Add(21*time.Hour), day(n+1), working)
	}
}

func TestForecastUnlearnedHours(t *testing.T) {
	p := NewProfile(nil)
	observe(p, monday, day(1), working)
	got, want := forecastPages(p, day(1), day(2)), actual(day(1), day(2), working)
	if math.Abs(got-want) > 0.03*want {
		t.Errorf("Tuesday after one Monday: %.0f, want %.0f", got, want)
	}
	observe(p, day(1), day(5), working)
	if friday, saturday := forecastPages(p, day(4), day(5)), forecastPages(p, day(5), day(6)); saturday > 0.5*friday {
		t.Errorf("an unlearned Saturday is %.0f, a working day %.0f", saturday, friday)
	}
	observe(p, day(5), day(6), working)
	got, want = forecastPages(p, day(6), day(7)), actual(day(6), day(7), working)
	if math.Abs(got-want) > 0.1*want {
		t.Errorf("Sunday after one Saturday: %.0f, want %.0f", got, want)
	}
}

// A Saturday on which people work is recognised during its morning.
func TestForecastWorkingSaturday(t *testing.T) {
	always := func(at time.Time) float64 { return working(monday.Add(at.Sub(monday) % (24 * time.Hour))) }
	p := NewProfile(nil)
	now := day(5).Add(10 * time.Hour)
	observe(p, monday, now, always)
	got, want := forecastPages(p, now, day(6)), actual(now, day(6), always)
	if math.Abs(got-want) > 0.3*want {
		t.Errorf("%.0f forecast at ten, want %.0f", got, want)
	}
}

func TestForecastQuietDay(t *testing.T) {
	half := func(at time.Time) float64 { return working(at) / 2 }
	p := NewProfile(nil)
	observe(p, monday, day(7), working)
	now := day(7).Add(12 * time.Hour)
	observe(p, day(7), now, half)
	got, want := forecastPages(p, now, day(8)), actual(now, day(8), half)
	if got < 0.8*want || got > 1.35*want {
		t.Errorf("at noon of a quiet day %.0f forecast, want %.0f", got, want)
	}
}

func TestForecastFirstDay(t *testing.T) {
	at := func(centre, width float64) level {
		return func(t time.Time) float64 {
			away := apart(float64(t.Hour())+float64(t.Minute())/60, centre)
			return 400 * math.Exp(-away*away/(2*width*width))
		}
	}
	for _, tt := range []struct {
		name    string
		company level
		hour    int
		off     float64
	}{
		{"working hours, in the morning", at(12.5, 4), 9, 1.5},
		{"working hours, at noon", at(12.5, 4), 12, 1.3},
		{"short hours, at noon", at(12, 2.5), 12, 1.4},
		{"eight hours to the west, in its morning", at(20.5, 3), 19, 1.5},
		{"the same all day", func(time.Time) float64 { return 100 }, 12, 1.4},
	} {
		p := NewProfile(nil)
		now := monday.Add(time.Duration(tt.hour) * time.Hour)
		observe(p, monday, now, tt.company)
		got, want := forecastPages(p, now, day(1)), actual(now, day(1), tt.company)
		if got > want*tt.off || got < want/tt.off {
			t.Errorf("%s: %.0f forecast, want %.0f within a factor of %v", tt.name, got, want, tt.off)
		}
	}
}

func TestForecastFirstDayInZone(t *testing.T) {
	zone := time.FixedZone("Asia/Kolkata", 5*3600+1800)
	company := func(at time.Time) float64 {
		return working(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Add(at.Add(5*time.Hour + 30*time.Minute).Sub(monday)))
	}
	p := NewProfile(zone)
	now := monday.Add(5 * time.Hour) // half past ten there
	observe(p, monday, now, company)
	got, want := forecastPages(p, now, day(1)), actual(now, day(1), company)
	if got > 1.5*want || got < want/1.5 {
		t.Errorf("%.0f forecast, want %.0f", got, want)
	}
}

// Time without scrapes is unknown demand, not absent demand.
func TestObserveIgnoresGaps(t *testing.T) {
	p := NewProfile(nil)
	flat := func(time.Time) float64 { return 100 }
	for at := monday; at.Before(day(1)); at = at.Add(30 * time.Minute) {
		observe(p, at, at.Add(10*time.Minute), flat) // a third of each hour
	}
	got := forecastPages(p, day(1), day(2))
	if want := actual(day(1), day(2), flat); math.Abs(got-want) > 0.02*want {
		t.Errorf("%.0f, want %.0f", got, want)
	}
	sparse := NewProfile(nil)
	for at := monday; at.Before(day(1)); at = at.Add(10 * time.Minute) {
		sparse.Observe(at, meetings(100))
	}
	if known := 1 - sparse.forecast(day(1), day(2)).Guessed(); known != 0 {
		t.Errorf("%v of a day is learned from observations far apart", known)
	}
	sparse.Observe(day(1).Add(-time.Hour), meetings(1)) // the clock went back
	sparse.Observe(day(1), meetings(1))
}

func TestForecastSlots(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	p := NewProfile(zone)
	// The clocks there change on 10 March 2024 at 7:00 UTC.
	for now := time.Date(2024, 3, 10, 0, 0, 7, 0, time.UTC); now.Day() == 10; now = now.Add(37 * time.Minute) {
		p.Observe(now, meetings(10))
		until := time.Date(2024, 3, 11, 0, 0, 0, 0, time.UTC)
		seconds := 0.0
		for _, slot := range p.forecast(now, until) {
			if slot.Seconds <= 0 || slot.Seconds > 3600 {
				t.Fatalf("a slot of %v s", slot.Seconds)
			}
			seconds += slot.Seconds
		}
		if want := until.Sub(now).Seconds(); math.Abs(seconds-want) > 1e-6 {
			t.Fatalf("%v s forecast at %v, want %v", seconds, now, want)
		}
	}
	if f := p.forecast(day(1), day(0)); len(f) != 0 {
		t.Error("a forecast of the past")
	}
}

// Spent at the forecast's price, minute by minute, a day's requests are neither
// overdrawn nor left over, whatever the day is like.
func TestRequestsLastTheDay(t *testing.T) {
	days := map[string]level{
		"as learned":    working,
		"twice as busy": func(at time.Time) float64 { return 2 * working(at) },
		"a holiday":     func(at time.Time) float64 { return working(at) / 10 },
		"a late start":  func(at time.Time) float64 { return working(at.Add(-4 * time.Hour)) },
	}
	for name, company := range days {
		for _, learned := range []int{0, 7} {
			p := NewProfile(nil)
			observe(p, monday, day(learned), working)
			left, everything := 20_000.0, 0.0
			for now := day(7); now.Before(day(8)); now = now.Add(time.Minute) {
				demand := meetings(company(now))
				p.Observe(now, demand)
				price := priceFor(p.forecast(now, day(8)), spendable(left))
				left -= 60 * demand.Rate(price)
				everything += demand.Pages()
			}
			if left < 0 {
				t.Errorf("%s, %d days learned: overdrawn by %v", name, learned, -left)
			}
			// It takes a morning to recognise a holiday.
			if want := max(20_000-everything, 0) + 3000; learned > 0 && left > want {
				t.Errorf("%s, %d days learned: %v left over, want %v at most", name, learned, left, want)
			}
		}
	}
}

func TestProfileIsDeterministic(t *testing.T) {
	make := func() *Profile {
		p := NewProfile(nil)
		observe(p, monday, day(3).Add(10*time.Hour), working)
		return p
	}
	if a, b := make(), make(); !reflect.DeepEqual(a, b) || forecastPages(a, day(3), day(4)) != forecastPages(b, day(3), day(4)) {
		t.Error("the same days give different profiles")
	}
}

func TestProfileRoundTrip(t *testing.T) {
	p := NewProfile(nil)
	now := day(8).Add(11*time.Hour + 30*time.Minute)
	observe(p, monday, now, working)
	data, err := p.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > 100_000 {
		t.Errorf("%d bytes", len(data))
	}
	again := NewProfile(nil)
	if err := again.UnmarshalBinary(data); err != nil {
		t.Fatal(err)
	}
	again.Observe(now, meetings(working(now)))
	if got, want := forecastPages(again, now, day(9)), forecastPages(p, now, day(9)); math.Abs(got-want) > 1e-6*want {
		t.Errorf("%v forecast after a restart, want %v", got, want)
	}
}

// Profiles saved by earlier versions, with these names, can be read.
func TestUnmarshalSavedFormat(t *testing.T) {
	hour := `{"weeks":3,"demand":{"speeds":[{"pages":1,"force":1},{},{},{"pages":20,"force":60},{},{}],"lists":2}}`
	data := `{"version":1,"time_zone":"UTC","opened":1704067200,"endings":{"page_seconds":3600,"requests":7},` +
		`"recent":[{"start":1704063600,"seconds":3600,"expected":61,"demand":{"speeds":[{"pages":21,"force":61},{},{},{},{},{}],"lists":2}}],` +
		`"hours":[` + strings.Repeat(hour+",", hoursOfWeek-1) + hour + `]}`
	p := NewProfile(nil)
	if err := p.UnmarshalBinary([]byte(data)); err != nil {
		t.Fatal(err)
	}
	f := p.forecast(monday, day(1))
	if got, want := f.PageSeconds(), 21*86_400.0; math.Abs(got-want) > 1 {
		t.Errorf("%v page-seconds forecast, want %v", got, want)
	}
	if got, want := f.Cost(1000), 61*86.4; math.Abs(got-want) > 0.1 {
		t.Errorf("the forecast costs %v, want %v", got, want)
	}
	if !p.LastFullRefresh().Equal(monday) || p.ends.Cost != 7 || p.ends.Seconds != 3600 {
		t.Errorf("the last full refresh is %v, endings are %+v", p.LastFullRefresh(), p.ends)
	}
}

func TestUnmarshalDamagedProfile(t *testing.T) {
	p := NewProfile(nil)
	observe(p, monday, day(2), working)
	whole, err := p.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{
		"empty": "", "no JSON": "\x00\x01", "cut": string(whole[:len(whole)/2]),
		"another version": `{"version":2,"time_zone":"UTC"}`,
		"too few hours":   `{"version":1,"time_zone":"UTC","hours":[{"weeks":1}]}`,
		"another zone":    `{"version":1,"time_zone":"Europe/Berlin"}`,
	} {
		was := forecastPages(p, day(2), day(3))
		if err := p.UnmarshalBinary([]byte(data)); !errors.Is(err, ErrProfile) {
			t.Errorf("%s: %v", name, err)
		}
		if forecastPages(p, day(2), day(3)) != was {
			t.Errorf("%s: it changed the profile", name)
		}
	}
	if err := NewProfile(berlin).UnmarshalBinary(whole); !errors.Is(err, ErrProfile) {
		t.Errorf("hours of another zone: %v", err)
	}
}

// No saved profile panics, whether it is decoded or refused. The store keeps damaged
// ones away.
func FuzzProfile(f *testing.F) {
	p := NewProfile(nil)
	observe(p, monday, monday.Add(5*time.Hour), working)
	data, err := p.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"version":1,"time_zone":"UTC","hours":[],"recent":[{"start":-1,"seconds":1e300}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p := NewProfile(nil)
		if err := p.UnmarshalBinary(data); err != nil {
			if !errors.Is(err, ErrProfile) {
				t.Fatal(err)
			}
			return
		}
		for range 3 {
			p.Observe(day(1), meetings(10))
			p.Observe(day(1).Add(time.Minute), meetings(10))
		}
		forecastPages(p, day(1), day(2))
	})
}
