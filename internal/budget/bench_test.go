package budget

import (
	"context"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func BenchmarkAcquire(b *testing.B) {
	c := &fakeClock{wall: at(0, 2, 0).UTC()}
	budget := New(Options{Limits: Limits{HeavyPerSecond: 1 << 10, PerDay: 1 << 40}, Clock: c})
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		c.elapsed += 2 * time.Millisecond
		if err := budget.Acquire(ctx, zoomapi.Heavy); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkObserve(b *testing.B) {
	f := newFixture(at(0, 2, 0), business, 0.3)
	answer := f.daily(60_000, 59_000)
	b.ReportAllocs()
	for b.Loop() {
		f.Observe(zoomapi.Heavy, answer)
	}
}

func BenchmarkStatus(b *testing.B) {
	f := newFixture(at(0, 2, 0), business, 0.3)
	b.ReportAllocs()
	for b.Loop() {
		if len(f.Status()) != 3 {
			b.Fatal("pools are missing")
		}
	}
}
