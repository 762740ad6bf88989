package plan

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func keys(candidates []Candidate) (keys []string) {
	for _, c := range candidates {
		keys = append(keys, c.Key)
	}
	return keys
}

func TestChoose(t *testing.T) {
	const never = -1
	all := math.Inf(1)
	for _, tt := range []struct {
		name       string
		candidates []Candidate
		allowance  float64
		want       []string
	}{
		{"none", nil, all, nil},
		{"asked within the last minute", []Candidate{
			{Key: "a", SinceAsked: 54 * time.Second}, {Key: "b", SinceAsked: 55 * time.Second}, {Key: "c", SinceAsked: never},
		}, all, []string{"b", "c"}},
		{"age is squared", []Candidate{
			{Key: "young and large", People: 30, Pages: 3, Age: time.Minute, SinceAsked: never},
			{Key: "old and small", People: 10, Pages: 1, Age: 2 * time.Minute, SinceAsked: never},
		}, all, []string{"old and small", "young and large"}},
		{"people ÷ pages", []Candidate{
			{Key: "two", People: 2, Pages: 1, Age: time.Minute, SinceAsked: never},
			{Key: "ten", People: 10, Pages: 1, Age: time.Minute, SinceAsked: never},
			{Key: "eleven", People: 11, Pages: 2, Age: time.Minute, SinceAsked: never},
		}, all, []string{"ten", "eleven", "two"}},
		{"a weight counts as people", []Candidate{
			{Key: "plain", People: 3, Pages: 1, Age: time.Minute, SinceAsked: never, Weight: 1},
			{Key: "watched", People: 1, Pages: 1, Age: time.Minute, SinceAsked: never, Weight: 4},
		}, all, []string{"watched", "plain"}},
		{"unseen counts as older, but not as twice as old", []Candidate{
			{Key: "seen", People: 1, Pages: 1, Age: 130 * time.Second, SinceAsked: time.Minute},
			{Key: "unseen", People: 1, Pages: 1, Age: 90 * time.Second, SinceAsked: never, Unseen: true},
			{Key: "older", People: 1, Pages: 1, Age: 180 * time.Second, SinceAsked: time.Minute},
		}, all, []string{"older", "unseen", "seen"}},
		{"a walk under way comes first", []Candidate{
			{Key: "old", People: 100, Pages: 10, Age: time.Hour, SinceAsked: never},
			{Key: "begun", People: 1, Pages: 1, Age: time.Second, SinceAsked: time.Second, Underway: true},
		}, all, []string{"begun", "old"}},
		{"overdue goes before worth more", []Candidate{
			{Key: "overdue", People: 1, Pages: 10, Age: 30 * time.Minute, SinceAsked: time.Minute},
			{Key: "worth more", People: 1000, Pages: 10, Age: 29 * time.Minute, SinceAsked: time.Minute},
		}, all, []string{"overdue", "worth more"}},
		{"ties are broken by key", []Candidate{
			{Key: "b", SinceAsked: never}, {Key: "a", SinceAsked: never}, {Key: "c", SinceAsked: never},
		}, all, []string{"a", "b", "c"}},
		{"no more than the allowance", []Candidate{
			{Key: "a", People: 30, Pages: 3, Age: 3 * time.Minute, SinceAsked: never},
			{Key: "b", People: 20, Pages: 2, Age: 2 * time.Minute, SinceAsked: never},
			{Key: "c", People: 10, Pages: 1, Age: time.Minute, SinceAsked: never},
		}, 5.5, []string{"a", "b"}},
		{"requests are saved up for what does not fit", []Candidate{
			{Key: "town hall", People: 1000, Pages: 100, Age: 3 * time.Minute, SinceAsked: never},
			{Key: "small", People: 10, Pages: 1, Age: time.Minute, SinceAsked: never},
		}, 99, nil},
		{"a walk under way goes on as far as the allowance lasts", []Candidate{
			{Key: "town hall", People: 1000, Pages: 100, Age: 3 * time.Minute, SinceAsked: time.Second, Underway: true},
			{Key: "small", People: 10, Pages: 1, Age: time.Minute, SinceAsked: never},
		}, 99, []string{"town hall"}},
		{"but not without a request", []Candidate{
			{Key: "town hall", People: 1000, Pages: 100, Age: 3 * time.Minute, SinceAsked: time.Second, Underway: true},
		}, 0.9, nil},
	} {
		if got := keys(Choose(tt.candidates, tt.allowance, 10*time.Minute)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func crowd(random *rand.Rand, n int) []Candidate {
	var candidates []Candidate
	for i := range n {
		candidates = append(candidates, Candidate{
			Key: string(rune('a' + i)), People: random.IntN(50), Pages: 1 + random.IntN(6), Weight: 1 + float64(random.IntN(3)),
			Age: time.Duration(random.IntN(5)) * time.Minute, SinceAsked: time.Duration(random.IntN(200)-10) * time.Second,
			Unseen: random.IntN(5) == 0,
		})
	}
	return candidates
}

// The choice does not depend on the order of the candidates and never costs more
// than the allowance.
func TestChooseIsDeterministicAndWithinAllowance(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		candidates := crowd(random, random.IntN(60))
		allowance := 100 * random.Float64()
		want := Choose(candidates, allowance, time.Minute)
		cost := 0
		for _, c := range want {
			cost += c.Pages
		}
		if float64(cost) > allowance {
			t.Fatalf("%d pages chosen of an allowance of %v", cost, allowance)
		}
		random.Shuffle(len(candidates), func(i, j int) { candidates[i], candidates[j] = candidates[j], candidates[i] })
		if got := Choose(candidates, allowance, time.Minute); !slices.Equal(keys(got), keys(want)) {
			t.Fatal("another order of the same candidates gives another choice")
		}
	}
}

// Whatever the sizes, no meeting starves while the bucket fills at the rate of the
// interval.
func TestChooseDoesNotStarve(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		sizes := []int{1000, 1}
		for range 5 + random.IntN(50) {
			sizes = append(sizes, 1+random.IntN(40))
		}
		var demand Demand
		for _, n := range sizes {
			demand.Add(1, n, (n+9)/10)
		}
		price := Price(200 + 1000*random.Float64())
		interval := price.Interval(&demand, 24*time.Hour)
		var bucket Bucket
		now := time.Unix(0, 0)
		asked := make([]time.Time, len(sizes))
		for i := range asked {
			asked[i] = now
		}
		for range 6 * 60 {
			now = now.Add(time.Minute)
			bucket.Fill(now, demand.Rate(price), demand.Pages())
			var candidates []Candidate
			for i, n := range sizes {
				age := now.Sub(asked[i])
				candidates = append(candidates, Candidate{Key: string(rune('a' + i)), People: n, Pages: (n + 9) / 10, Age: age, SinceAsked: age})
				if age > 4*interval+2*time.Minute {
					t.Fatalf("a meeting of %d people is %v old at an interval of %v", n, age, interval)
				}
			}
			for _, c := range Choose(candidates, bucket.Tokens(), interval) {
				asked[[]rune(c.Key)[0]-'a'] = now
				bucket.SetTokens(bucket.Tokens() - float64(c.Pages))
			}
		}
	}
}
