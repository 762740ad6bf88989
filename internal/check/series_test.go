package check

import (
	"fmt"
	"strings"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/collector"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
)

func TestWorstCase(t *testing.T) {
	const sites = `sites:
  - {name: berlin, public: [198.51.100.0/24]}
  - {name: berlin, public: [203.0.113.0/24]}
  - {name: lisbon, public: [192.0.2.0/24]}
`
	each := collector.SeriesOfParticipant()
	for _, x := range []struct {
		name        string
		rest        string
		accounts    []string
		want, lacks []string
	}{
		{
			name: "defaults", accounts: []string{""},
			want: []string{
				"ok counted by site, network_type; histograms by site",
				// 2 kinds × 6 streams × 6 network types × 4 verdicts
				"at most 288 for readings, 288 for sessions and 532 for histograms, assuming 1 value of site, 6 values of network_type",
				fmt.Sprintf("about %d series each, so up to %s for 20,000 (limits.participants_per_account)", each, grouped(20_000*each)),
			},
			lacks: []string{"label sets"},
		},
		{
			name: "sites, meetings only and two accounts", rest: sites + "limits: {participants_per_account: 1000}\n",
			accounts: []string{"collect: {webinars: off}", ""},
			want: []string{
				// 3 kinds × 6 streams × 3 sites with the blank one × 6 network types × 4 verdicts
				"at most 1,296 for readings, 1,296 for sessions", "assuming 3 values of site, 6 values of network_type",
				fmt.Sprintf("so up to %s for 2,000", grouped(2000*each)),
			},
		},
		{
			name: "by nothing", rest: "readings: {dimensions: [], histogram_dimensions: []}\n", accounts: []string{""},
			want:  []string{"counted by nothing; histograms by nothing", "at most 48 for readings, 48 for sessions and 532 for histograms ok"},
			lacks: []string{"assuming", "label sets"},
		},
		{
			name: "more than the caps", rest: "readings: {dimensions: [department, location], max_label_sets: 1500}\n", accounts: []string{""},
			want: []string{
				"counted by location, department; histograms by site",
				// 1,500 and the 12 of "other", by 4 verdicts
				"at most 6,048 for readings", "assuming 1 value of site, about 500 values of location, about 50 values of department",
				`note label sets all values together make more than readings.max_label_sets (1,500) or max_histogram_label_sets (500)`,
			},
		},
		{
			name: "aggregate-only", rest: "metrics: {participants: false}\n", accounts: []string{""},
			want:  []string{"participants no series of their own, as metrics.participants is false"},
			lacks: []string{fmt.Sprintf("some %d series", each)},
		},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := newRig(t, zoomsim.Options{})
			o := r.runConfig(r.file(x.rest, x.accounts...))
			if o.err != nil {
				t.Error(o.err)
			}
			for _, want := range x.want {
				if !strings.Contains(o.words(), want) {
					t.Errorf("it does not say %q:\n%s", want, o.report)
				}
			}
			for _, lacks := range x.lacks {
				if strings.Contains(o.words(), lacks) {
					t.Errorf("it says %q:\n%s", lacks, o.report)
				}
			}
		})
	}
}

func TestLiveSeries(t *testing.T) {
	crowd := zoomsim.Options{Seed: 1, Meetings: 350, Participants: 30}
	runCheckCases(t, []checkCase{
		{name: "a few", zoom: live(zoomsim.Options{}), want: []string{"ok series now about 125 for 5 meetings and 1,"}},
		{name: "nobody", zoom: zoomsim.Options{}, lacks: []string{"series now"}},
		{
			name: "aggregate-only", zoom: live(zoomsim.Options{}), rest: "metrics: {participants: false}\n",
			want: []string{"ok series now about 125 for 5 meetings; none for"},
		},
		{
			name: "a crowd", zoom: crowd,
			want: []string{"note series now about 8,750 for 350 meetings and 4", "metrics.participants: false omits those of participants", "READY"},
		},
		{
			name: "a crowd, aggregate-only", zoom: crowd, rest: "metrics: {participants: false}\n",
			want: []string{"ok series now about 8,750 for 350 meetings; none for"},
		},
	})
}
