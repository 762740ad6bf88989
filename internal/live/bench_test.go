package live

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// A view of 10,000 people in 1,000 meetings, of which a tenth were answered since the
// one before.
func BenchmarkView(b *testing.B) {
	c := newTown(rand.New(rand.NewPCG(1, 1)))
	for i := range 1000 {
		uuid := fmt.Sprintf("meeting-%04d", i)
		for range 10 {
			c.join(uuid, c.somebody())
		}
	}
	c.list()
	c.pass(6 * time.Minute)
	for uuid := range c.meetings {
		c.visit(uuid, 1000)
	}
	c.list()
	v := c.viewAt(c.at(), time.Minute)
	if v.People != 10_000 || len(v.Meetings) != 1000 {
		b.Fatalf("%d people in %d meetings", v.People, len(v.Meetings))
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		for i := n % 10; i < 1000; i += 10 {
			m := c.meetings[fmt.Sprintf("meeting-%04d", i)]
			m.view = nil
			clear(m.people.blocks)
		}
		c.viewAt(c.at(), time.Minute)
	}
}
