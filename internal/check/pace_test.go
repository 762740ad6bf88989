package check

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/accounts"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/plan"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
)

// never is the interval that the planner expects if no requests are left.
const never = 24 * time.Hour

// paceOf is the pace at these intervals.
func paceOf(today, day time.Duration) pace {
	return pace{today: plan.Sizing{Interval: today}, day: plan.Sizing{Interval: day}}
}

// guess marks the plan for a whole day as a guess.
func guess(p pace) pace {
	p.day.Guessed = 1
	return p
}

func TestPaceText(t *testing.T) {
	for _, tt := range []struct {
		pace      pace
		line, age string
	}{
		{paceOf(time.Minute, time.Minute), "about every 1 min for the rest of the day", ""},
		{paceOf(61*time.Second, 89*time.Second), "about every 1 min for the rest of the day; about every 1 min 30 s over a whole day", ""},
		{guess(paceOf(time.Minute, time.Minute)), "about every 1 min for the rest of the day", ""},
		{
			guess(paceOf(time.Minute, 12*time.Minute+10*time.Second)),
			"about every 1 min for the rest of the day; about every 12 min over a whole day (a guess until the exporter has seen a day)",
			"from 00:00 UTC on, as a first guess, up to about 12 minutes old",
		},
		{
			guess(paceOf(5*time.Minute, 25*time.Minute)),
			"about every 5 min for the rest of the day; about every 25 min over a whole day (a guess until the exporter has seen a day)",
			"up to about 5 minutes old until 00:00 UTC, and then, as a first guess, up to about 25 minutes old",
		},
		{paceOf(12*time.Minute, 13*time.Minute), "about every 12 min for the rest of the day; about every 13 min over a whole day", "up to about 13 minutes old"},
		{paceOf(20*time.Minute, 12*time.Minute), "about every 20 min for the rest of the day; about every 12 min over a whole day", "up to about 20 minutes old until 00:00 UTC, and then up to about 12 minutes old"},
		{paceOf(20*time.Minute, time.Minute), "about every 20 min for the rest of the day; about every 1 min over a whole day", "up to about 20 minutes old until 00:00 UTC"},
		{paceOf(85*time.Second, 95*time.Second), "about every 1 min 30 s for the rest of the day; about every 1 min 40 s over a whole day", "up to about 2 minutes old"},
		{paceOf(never, time.Minute), "not again today, as the day's requests are used up; about every 1 min over a whole day", "missing until 00:00 UTC"},
		{paceOf(never, 3*time.Hour), "not again today, as the day's requests are used up; about every 3 h over a whole day", "missing until 00:00 UTC, and then up to about 3 hours old"},
		{paceOf(never, never), "not again today, as the day's requests are used up; a whole day's requests are too few as well", "almost never refreshed"},
	} {
		if got := tt.pace.String(); got != tt.line {
			t.Errorf("%+v: %q, want %q", tt.pace, got, tt.line)
		}
		if got := tt.pace.age(); got != tt.age {
			t.Errorf("%+v: %q, want %q", tt.pace, got, tt.age)
		}
	}
	if got := (*pace)(nil).age(); got != "" {
		t.Errorf("of an unknown pace: %q", got)
	}
}

func TestConclusions(t *testing.T) {
	account := func(name string, bad int, p *pace) *accountCheck {
		return &accountCheck{report: &report{bad: bad}, survey: &survey{account: &config.Account{Name: name}}, pace: p}
	}
	fresh, old, throttled := paceOf(time.Minute, time.Minute), paceOf(12*time.Minute, 12*time.Minute), paceOf(3*time.Minute, 3*time.Minute)
	throttled.bySecond = true
	fine, broken := &startupCheck{report: new(report)}, &startupCheck{report: &report{bad: 1}}
	for _, tt := range []struct {
		start    *startupCheck
		accounts []*accountCheck
		want     string
		ready    bool
	}{
		{fine, []*accountCheck{account("a", 0, &fresh)}, "READY: everything that is needed works.", true},
		{
			fine, []*accountCheck{account("a", 0, &old)},
			"READY, but figures will be up to about 12 minutes old: the day's requests do not suffice to refresh every meeting once a minute. See \"faster\" above.", true,
		},
		{
			fine, []*accountCheck{account("emea", 0, &old), account("apac", 0, &fresh), account("amer", 0, &throttled)},
			"READY, but figures of 2 of 3 accounts will be old: emea, up to about 12 minutes old, as the day's requests do not suffice to refresh every meeting once a minute; " +
				"amer, up to about 3 minutes old, as the limit per second is too low to refresh every meeting once a minute. See \"faster\" above.", true,
		},
		{
			&startupCheck{report: new(report), lost: []string{"the key of hashed labels"}}, []*accountCheck{account("a", 0, &old)},
			"READY, but the key of hashed labels will be lost at each restart, see the notes above. Also, figures will be up to about 12 minutes old: " +
				"the day's requests do not suffice to refresh every meeting once a minute. See \"faster\" above.", true,
		},
		{fine, []*accountCheck{account("a", 1, &old)}, "NOT READY: see MISSING and FAILED above.", false},
		{broken, []*accountCheck{account("a", 0, &fresh)}, "NOT READY: the exporter would not start: see MISSING and FAILED above.", false},
		{
			broken, []*accountCheck{account("emea", 0, &fresh), account("apac", 2, nil)},
			"NOT READY: the exporter would not start, and 1 of 2 accounts failed (apac): see MISSING and FAILED above.", false,
		},
	} {
		var out output
		c := &checker{out: &errWriter{w: &out}}
		ready := c.conclude(t.Context(), tt.start, tt.accounts)
		if got := strings.Join(strings.Fields(out.String()), " "); got != tt.want || ready != tt.ready {
			t.Errorf("ready: %v, want %v: %s\nwant %s", ready, tt.ready, got, tt.want)
		}
		for line := range strings.Lines(out.String()) {
			if len(line) > reportWidth+1 {
				t.Errorf("a line of %d characters: %s", len(line), line)
			}
		}
	}
}

// Demand that the exporter has learned counts even if nothing is live now.
func TestPlansWithLearnedDemand(t *testing.T) {
	r := newRig(t, zoomsim.Options{Headers: zoomsim.HeadersNever})
	r.options.StoragePath = t.TempDir()
	file := r.file("", "plan: business\ntime_zone: UTC\nlimits: {per_day: 6000}")
	o := r.run(t.Context(), file)
	if !strings.Contains(o.words(), "skipped refresh unknown, as nothing is live") {
		t.Errorf("before:\n%s", o.report)
	}

	cfg, _ := r.load(file)
	s, err := accounts.OpenStorage(r.options.StoragePath, r.clock, zap.NewNop(), 0)
	if err != nil {
		t.Fatal(err)
	}
	profile := plan.NewProfile(time.UTC)
	var busy plan.Demand
	for range 200 {
		busy.Add(1, 10, 1)
	}
	monday := r.clock.Now().Truncate(24*time.Hour).AddDate(0, 0, -7)
	for at := monday; at.Before(monday.AddDate(0, 0, 5)); at = at.Add(2 * time.Minute) {
		profile.Observe(at, busy)
	}
	record, err := profile.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Profile(&cfg.Accounts[0]).Save(record); err != nil {
		t.Fatal(err)
	}
	s.Close()

	o = r.run(t.Context(), file)
	for _, want := range []string{"note refresh 0 participants on 0 pages: about every", "note faster", "READY, but figures will be up to about"} {
		if !strings.Contains(o.words(), want) {
			t.Errorf("it does not say %q:\n%s", want, o.report)
		}
	}
	if strings.Contains(o.words(), "a guess") {
		t.Errorf("learned demand is called a guess:\n%s", o.report)
	}
}
