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
				fmt.Sprintf("about %d series each, so up to %s for 20,000 (limits.participants_per_account); "+
					"metrics.participants: degraded keeps up to %s, for those who were degraded or are watched, and none omits them all",
					each, grouped(20_000*each), grouped(2000*each)),
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
				`note label sets all values together do not fit into readings.max_label_sets (1,500) or max_histogram_label_sets (3,000): the rest counts as "other", in all dimensions`,
			},
		},
		{
			name: "network types collapse", rest: sites + "readings: {max_label_sets: 200}\n", accounts: []string{""},
			want: []string{
				// 160 of 216, and 36 with network_type "other", by 4 verdicts
				"at most 784 for readings, 784 for sessions",
				`the rest counts as "other", first in network_type, then in all dimensions`,
			},
		},
		{
			name: "aggregate-only", rest: "metrics: {participants: none}\n", accounts: []string{""},
			want:  []string{"participants no series of their own, as metrics.participants is none"},
			lacks: []string{fmt.Sprintf("about %d series each", each)},
		},
		{
			name: "degraded", rest: "metrics: {participants: degraded}\n", accounts: []string{"", ""},
			want: []string{fmt.Sprintf("participants about %d series each, only for those who were degraded or are watched (metrics.participants: degraded), "+
				"so up to %s for 4,000", each, grouped(4000*each))},
		},
		{
			name: "degraded, and few are held", rest: "metrics: {participants: degraded}\nlimits: {participants_per_account: 300}\n", accounts: []string{""},
			want: []string{fmt.Sprintf("so up to %s for 300", grouped(300*each))},
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

// The labels are those of the widest series under the configuration, and beyond
// the limit there is a warning.
func TestLabels(t *testing.T) {
	const all = "[site, network_type, os, client_version, data_center, location, department]"
	for rest, want := range map[string]string{
		"": "ok labels at most 13 in a series (zoom_participant_device_info) with its name, job and instance",
		"privacy: {preset: helpdesk}\nreadings: {dimensions: " + all + ", histogram_dimensions: " + all + "}\n": "ok labels at most 15 in a series (zoom_qos_readings_total)",
		"metrics: {participants: none}\n":     "ok labels at most 10 in a series (zoom_meeting_info)",
		"metrics: {participants: degraded}\n": "ok labels at most 13 in a series (zoom_participant_device_info)",
	} {
		r := newRig(t, zoomsim.Options{})
		if o := r.runConfig(r.file(rest, "")); o.err != nil || !strings.Contains(o.words(), want) {
			t.Errorf("%q: %v, want %q in\n%s", rest, o.err, want, o.report)
		}
	}
	for n, want := range map[int]string{27: "  ok ", 28: "  note "} {
		var out strings.Builder
		newReport(&out, "").labels("some_metric", n)
		if !strings.Contains(out.String(), want) {
			t.Errorf("%d labels: %s", n, out.String())
		}
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
			name: "degraded", zoom: live(zoomsim.Options{}), rest: "metrics: {participants: degraded}\n",
			want: []string{"ok series now about 125 for 5 meetings, and up to 1,", "participants who were degraded or are watched"},
		},
		{
			name: "a crowd", zoom: crowd,
			want: []string{"note series now about 8,750 for 350 meetings and 4", "metrics.participants: degraded keeps those of participants who were degraded or are watched, none omits them all", "READY"},
		},
		{
			name: "a crowd, aggregate-only", zoom: crowd, rest: "metrics: {participants: false}\n",
			want: []string{"ok series now about 8,750 for 350 meetings; none for"},
		},
		{
			name: "a crowd, degraded", zoom: crowd, rest: "metrics: {participants: degraded}\n",
			want: []string{"ok series now about 8,750 for 350 meetings, and up to 94,000 for those of 1"},
		},
	})
}
