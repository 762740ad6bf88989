package plan

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/quick"
	"time"
)

func TestInterval(t *testing.T) {
	for _, tt := range []struct {
		name  string
		pages int
		money Money
		want  time.Duration
	}{
		{"nothing is live", 0, Money{100, time.Hour, 1}, time.Minute},
		{"no limit", 5000, Money{math.MaxInt, time.Hour, 1}, time.Minute},
		{"plenty", 10, Money{10_000, time.Hour, 2}, time.Minute},
		{"exactly a minute", 10, Money{60*10 + 60*2, time.Hour, 2}, time.Minute},
		{"half of that", 10, Money{60*5 + 60*2, time.Hour, 2}, 2 * time.Minute},
		{"a business account at midnight", 200, Money{42_000, 24 * time.Hour, 2}, 24 * time.Hour * 200 / (42_000 - 2880)},
		{"the lists take it all", 10, Money{100, time.Hour, 2}, time.Hour},
		{"no money", 10, Money{0, time.Hour, 0}, time.Hour},
		{"no money, and the day is over", 10, Money{0, 0, 0}, time.Minute},
		{"less than a pass", 1000, Money{10, time.Hour, 0}, time.Hour},
	} {
		if got := Interval(tt.pages, tt.money); got.Round(time.Millisecond) != tt.want.Round(time.Millisecond) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// Spending at the interval never costs more than there is.
func TestIntervalIsPaidFor(t *testing.T) {
	paid := func(pages, requests uint16, minutes, lists uint8) bool {
		money := Money{int(requests), time.Duration(minutes) * time.Minute, int(lists)}
		interval := Interval(int(pages), money)
		if interval < Fastest || interval > max(Fastest, money.Reset) {
			return false
		}
		if interval == Fastest || interval == money.Reset {
			return true
		}
		passes := money.Reset.Seconds() / interval.Seconds()
		return passes*float64(pages)+float64(lists)*money.Reset.Minutes() <= float64(requests)*(1+1e-6)+1e-6
	}
	if err := quick.Check(paid, &quick.Config{MaxCount: 20_000}); err != nil {
		t.Error(err)
	}
}

func keys(candidates []Candidate) (keys []string) {
	for _, c := range candidates {
		keys = append(keys, c.Key)
	}
	return keys
}

func TestDue(t *testing.T) {
	const never = -1
	for _, tt := range []struct {
		name       string
		candidates []Candidate
		interval   time.Duration
		want       []string
	}{
		{"none", nil, time.Minute, nil},
		{"who was asked lately waits", []Candidate{
			{Key: "a", Asked: 54 * time.Second}, {Key: "b", Asked: 55 * time.Second}, {Key: "c", Asked: never},
		}, time.Minute, []string{"b", "c"}},
		{"the interval is kept", []Candidate{
			{Key: "a", Asked: 294 * time.Second}, {Key: "b", Asked: 295 * time.Second},
		}, 5 * time.Minute, []string{"b"}},
		{"age counts twice", []Candidate{
			{Key: "young and large", Participants: 30, Pages: 3, Age: time.Minute, Asked: never},
			{Key: "old and small", Participants: 10, Pages: 1, Age: 2 * time.Minute, Asked: never},
		}, time.Minute, []string{"old and small", "young and large"}},
		{"people for a page", []Candidate{
			{Key: "two", Participants: 2, Pages: 1, Age: time.Minute, Asked: never},
			{Key: "ten", Participants: 10, Pages: 1, Age: time.Minute, Asked: never},
			{Key: "eleven", Participants: 11, Pages: 2, Age: time.Minute, Asked: never},
		}, time.Minute, []string{"ten", "eleven", "two"}},
		{"what was begun is finished", []Candidate{
			{Key: "old", Participants: 100, Pages: 10, Age: time.Hour, Asked: never},
			{Key: "begun", Participants: 1, Pages: 1, Age: time.Second, Asked: time.Second, Underway: true},
		}, time.Minute, []string{"begun", "old"}},
		{"ties go by key", []Candidate{
			{Key: "b", Asked: never}, {Key: "a", Asked: never}, {Key: "c", Asked: never},
		}, time.Minute, []string{"a", "b", "c"}},
	} {
		if got := keys(Due(tt.candidates, tt.interval)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// The order depends on the candidates, not on how they are given.
func TestDueIsDeterministic(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var candidates []Candidate
	for i := range 200 {
		candidates = append(candidates, Candidate{
			Key: string(rune('a' + i)), Participants: random.IntN(5), Pages: 1 + random.IntN(3),
			Age: time.Duration(random.IntN(3)) * time.Minute, Asked: -1, Underway: random.IntN(10) == 0,
		})
	}
	want := keys(Due(candidates, time.Minute))
	for range 20 {
		random.Shuffle(len(candidates), func(i, j int) { candidates[i], candidates[j] = candidates[j], candidates[i] })
		if got := keys(Due(candidates, time.Minute)); !slices.Equal(got, want) {
			t.Fatal("another order of the same candidates is due otherwise")
		}
	}
}
