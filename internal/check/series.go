package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/collector"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
)

const (
	// crowd is the number of participants from which on a scrape takes seconds.
	crowd = 10_000
	// maxLabels is the number of labels that stores accept in a series by default,
	// such as Grafana Mimir.
	maxLabels = 30
	// scrapeLabels are those that a scrape adds: __name__, job and instance.
	scrapeLabels = 3
)

// series reports how many series a configuration can lead to.
func (r *report) series(cfg *config.Config) {
	by := cfg.Readings
	values, assumed := valuesOf(cfg)
	var worst readings.Worst
	for i := range cfg.Accounts {
		w := readings.WorstCase(by, kindsOf(&cfg.Accounts[i]), values)
		worst.Readings += w.Readings
		worst.Sessions += w.Sessions
		worst.Histograms += w.Histograms
		worst.Capped = worst.Capped || w.Capped
	}
	r.add(passed, "counted by", "%s; histograms by %s", listed(by.Dimensions), listed(by.HistogramDimensions))
	text := fmt.Sprintf("at most %s for readings, %s for sessions and %s for histograms",
		grouped(worst.Readings), grouped(worst.Sessions), grouped(worst.Histograms))
	if assumed != "" {
		text += ", assuming " + assumed
	}
	r.add(passed, "series of counters", "%s", text)
	if worst.Capped {
		first := ""
		if len(by.Dimensions) > 1 && slices.Contains(by.Dimensions, readings.NetworkType) {
			first = "first in network_type, then "
		}
		r.add(note, "label sets", "all values together do not fit into readings.max_label_sets (%s) or max_histogram_label_sets (%s): "+
			"the rest counts as \"other\", %sin all dimensions; remove a dimension, or raise the limits if Prometheus has room",
			grouped(by.MaxSets), grouped(by.MaxHistogramSets), first)
	}
	r.labels(collector.WidestSeries(by, cfg.Metrics.Participants))
	r.participants(cfg)
}

// participants reports how many series participants can have.
func (r *report) participants(cfg *config.Config) {
	each := collector.SeriesOfParticipant()
	most := func(mode qos.ParticipantsMode) int {
		return len(cfg.Accounts) * collector.MostParticipants(mode, cfg.Limits.ParticipantsPerAccount)
	}
	all, degraded := most(qos.AllParticipants), most(qos.DegradedParticipants)
	switch cfg.Metrics.Participants {
	case qos.NoParticipants:
		r.add(passed, "participants", "no series of their own, as metrics.participants is none")
	case qos.DegradedParticipants:
		r.add(passed, "participants", "about %d series each, only for those who were degraded or are watched (metrics.participants: degraded), "+
			"so up to %s for %s", each, grouped(degraded*each), grouped(degraded))
	default:
		r.add(passed, "participants", "about %d series each, so up to %s for %s (limits.participants_per_account); "+
			"metrics.participants: degraded keeps up to %s, for those who were degraded or are watched, and none omits them all",
			each, grouped(all*each), grouped(all), grouped(degraded*each))
	}
}

// labels reports whether stores accept the labels of the widest series.
func (r *report) labels(widest string, n int) {
	n += scrapeLabels
	if n <= maxLabels {
		r.add(passed, "labels", "at most %d in a series (%s) with its name, job and instance; stores such as Grafana Mimir accept %d, "+
			"including labels of your own", n, widest, maxLabels)
		return
	}
	r.add(note, "labels", "up to %d in a series (%s) with its name, job and instance: stores such as Grafana Mimir reject more than %d; "+
		"remove dimensions of readings, or raise the limit of the store", n, widest, maxLabels)
}

// valuesOf is how many values each dimension has, blank being one, and a text on
// those in use. The numbers of sites and network types are known, the others are
// guesses for a large company.
func valuesOf(cfg *config.Config) (values map[readings.Dimension]int, assumed string) {
	sites := map[string]bool{"": true}
	for _, s := range cfg.Sites {
		sites[s.Site] = true
	}
	values = map[readings.Dimension]int{
		readings.Site:          len(sites),
		readings.NetworkType:   6,
		readings.OS:            10,
		readings.ClientVersion: [...]int{5, 15, 50, 100}[cfg.Readings.VersionDepth-1],
		readings.DataCenter:    30,
		readings.Location:      500,
		readings.Department:    50,
	}
	var words []string
	by := cfg.Readings
	for _, d := range readings.Dimensions() {
		if !slices.Contains(by.Dimensions, d) && !slices.Contains(by.HistogramDimensions, d) {
			continue
		}
		about := "about "
		if d == readings.Site || d == readings.NetworkType {
			about = ""
		}
		words = append(words, fmt.Sprintf("%s%s of %s", about, counted(values[d], "value"), d))
	}
	return values, strings.Join(words, ", ")
}

func listed(list []readings.Dimension) string {
	if len(list) == 0 {
		return "nothing"
	}
	names := make([]string, len(list))
	for i, d := range list {
		names[i] = d.String()
	}
	return strings.Join(names, ", ")
}

// kindsOf is how many kinds are collected: meetings, webinars.
func kindsOf(account *config.Account) int {
	n := 0
	if account.Collect.Meetings {
		n++
	}
	if account.Collect.Webinars != config.Off {
		n++
	}
	return n
}

// reportLiveSeries reports how many series the live meetings make.
func (c *accountCheck) reportLiveSeries() {
	meetings, participants := 0, 0
	for _, k := range c.kinds {
		if k.list.err == nil {
			meetings += int(k.kept)
			participants += int(k.participants)
		}
	}
	if meetings == 0 {
		return
	}
	text := fmt.Sprintf("about %s for %s", grouped(meetings*collector.SeriesOfMeeting()), counted(meetings, "meeting"))
	mode := c.cfg.Metrics.Participants
	most := grouped(collector.MostParticipants(mode, participants) * collector.SeriesOfParticipant())
	people := counted(participants, "participant")
	switch {
	case mode == qos.NoParticipants:
		c.add(passed, "series now", "%s; none for %s", text, people)
	case mode == qos.DegradedParticipants:
		c.add(passed, "series now", "%s, and up to %s for those of %s who were degraded or are watched", text, most, people)
	case participants < crowd:
		c.add(passed, "series now", "%s and %s for %s", text, most, people)
	default:
		c.add(note, "series now", "%s and %s for %s: scrapes will take seconds and Prometheus much memory; "+
			"metrics.participants: degraded keeps those of participants who were degraded or are watched, none omits them all", text, most, people)
	}
}
