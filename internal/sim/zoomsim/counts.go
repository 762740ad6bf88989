package zoomsim

import (
	"maps"
	"sync"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// Counts are the requests that the simulated Zoom received.
type Counts struct {
	// Requests are by endpoint and HTTP status, 0 for those without an answer.
	Requests map[zoomapi.Endpoint]map[int]int `json:"requests"`
	// Tokens is the number of tokens issued.
	Tokens int `json:"tokens"`
	// Throttled is the number of answers with status 429.
	Throttled int `json:"throttled"`
	// Classes are the requests with a valid token by rate limit label.
	Classes map[zoomapi.Class]ClassCounts `json:"classes"`
}

// Of returns the number of requests to an endpoint, whatever the answer.
func (c Counts) Of(e zoomapi.Endpoint) int {
	n := 0
	for _, v := range c.Requests[e] {
		n += v
	}
	return n
}

// ClassCounts are the requests of a rate limit label, including refused ones: the
// total, and the most within any second, any minute of the clock, and any UTC day.
type ClassCounts struct {
	Total        int `json:"total"`
	MaxPerSecond int `json:"max_per_second"`
	MaxPerMinute int `json:"max_per_minute"`
	MaxPerDay    int `json:"max_per_day"`
}

type counter struct {
	mu        sync.Mutex
	requests  map[zoomapi.Endpoint]map[int]int
	throttled int
	classes   map[zoomapi.Class]*classCounter
}

type classCounter struct {
	ClassCounts
	second      window
	minute, day int64
	perMinute   int
	perDay      int
}

func newCounter() *counter {
	return &counter{requests: map[zoomapi.Endpoint]map[int]int{}, classes: map[zoomapi.Class]*classCounter{}}
}

func (c *counter) arrived(class zoomapi.Class, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.classes[class]
	if k == nil {
		k = &classCounter{second: window{span: time.Second}}
		c.classes[class] = k
	}
	k.Total++
	k.second.at = append(k.second.at, now)
	k.MaxPerSecond = max(k.MaxPerSecond, k.second.count(now))
	if minute := now.Unix() / 60; minute != k.minute {
		k.minute, k.perMinute = minute, 0
	}
	if day := now.Unix() / 86400; day != k.day {
		k.day, k.perDay = day, 0
	}
	k.perMinute++
	k.perDay++
	k.MaxPerMinute = max(k.MaxPerMinute, k.perMinute)
	k.MaxPerDay = max(k.MaxPerDay, k.perDay)
}

func (c *counter) answered(e zoomapi.Endpoint, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.requests[e] == nil {
		c.requests[e] = map[int]int{}
	}
	c.requests[e][status]++
	if status == 429 {
		c.throttled++
	}
}

func (c *counter) snapshot() Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts := Counts{
		Requests:  map[zoomapi.Endpoint]map[int]int{},
		Tokens:    c.requests[zoomapi.OAuthToken][200],
		Throttled: c.throttled,
		Classes:   map[zoomapi.Class]ClassCounts{},
	}
	for e, statuses := range c.requests {
		counts.Requests[e] = maps.Clone(statuses)
	}
	for class, k := range c.classes {
		counts.Classes[class] = k.ClassCounts
	}
	return counts
}
