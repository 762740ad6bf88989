package poll_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
)

// The log says once for each step that label sets collapse, and again after a reload
// that changes their limits. A counter that a reload resets is no reason.
func TestCollapsedLabelSetsAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		configure := func(sets int, by ...readings.Dimension) func(*poll.Options) {
			return func(o *poll.Options) {
				o.Readings = readings.Config{MaxSets: sets, Dimensions: append([]readings.Dimension{}, by...)}
			}
		}
		begin := func(before *testbed.Bed, disk *disk, with func(*poll.Options)) *testbed.Bed {
			return testbed.New(t, testbed.Options{Sim: fixed(6, 6), Before: before, Poll: func(o *poll.Options) {
				o.ReadingsStore = &process{disk: disk}
				with(o)
			}})
		}
		disk := &disk{records: make(map[string][]byte)}
		bed := begin(nil, disk, configure(1000, readings.Site, readings.NetworkType))
		expect := func(when string, want ...string) {
			t.Helper()
			scrapes(bed, time.Minute, 5*time.Minute, nil)
			var got []string
			for _, line := range bed.Log.TakeAll() {
				if strings.Contains(line.Message, "label sets") {
					dimensions, _, _ := strings.Cut(line.Message[strings.LastIndex(line.Message, `"other" `)+8:], ";")
					got = append(got, fmt.Sprint(dimensions, " of ", line.ContextMap()["max_label_sets"]))
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s: logged %q, want %q", when, got, want)
			}
		}
		expect("there is room")
		// Other dimensions, as label sets that exist already keep their place.
		reload(bed, configure(60, readings.Site, readings.NetworkType, readings.DataCenter))
		expect("network types collapse", "in network_type of 60")
		few := configure(5, readings.Site, readings.NetworkType)
		reload(bed, few)
		expect("sites collapse", "in all dimensions of 5", "in network_type of 5")
		bed.Close()
		bed = begin(bed, disk, few)
		reload(bed, configure(1000))
		expect("the counters begin again")
	})
}
