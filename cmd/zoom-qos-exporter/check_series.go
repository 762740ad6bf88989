package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/collector"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
)

// crowded is from how many participants on a scrape takes seconds.
const crowded = 10_000

// series tells how many series a configuration can come to.
func (r *report) series(cfg *config.Config) {
	by := cfg.Readings
	values, taken := valuesOf(cfg)
	var worst readings.Worst
	for i := range cfg.Accounts {
		w := readings.WorstCase(by, kindsOf(&cfg.Accounts[i]), values)
		worst.Readings += w.Readings
		worst.Sessions += w.Sessions
		worst.Histograms += w.Histograms
		worst.Capped = worst.Capped || w.Capped
	}
	r.add(works, "counted by", "%s; histograms by %s", listed(by.Dimensions), listed(by.HistogramDimensions))
	text := fmt.Sprintf("at most %s of readings, %s of sessions and %s of histograms",
		grouped(worst.Readings), grouped(worst.Sessions), grouped(worst.Histograms))
	if taken != "" {
		text += ", taking " + taken
	}
	r.add(works, "series of counters", "%s", text)
	if worst.Capped {
		r.add(remark, "label sets", "all values together are more than readings.max_label_sets (%s) or max_histogram_label_sets (%s): "+
			"what is beyond counts under \"other\"; leave a dimension out, or raise them if Prometheus has room",
			grouped(by.MaxSets), grouped(by.MaxHistogramSets))
	}
	if !cfg.Metrics.Participants {
		r.add(works, "participants", "without series of their own, as metrics.participants is false")
		return
	}
	most := cfg.Limits.ParticipantsPerAccount * len(cfg.Accounts)
	each := collector.SeriesOfParticipant()
	r.add(works, "participants", "some %d series each, so up to %s for %s (limits.participants_per_account); metrics.participants: false leaves them out",
		each, grouped(most*each), grouped(most))
}

// valuesOf is how many values each dimension has, blank being one, and words
// for those that are counted by. Beyond sites and network types, where Zoom's
// words are known, they are guesses at a large company.
func valuesOf(cfg *config.Config) (values map[readings.Dimension]int, taken string) {
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
		words = append(words, fmt.Sprintf("%s to have %s%s", d, about, counted(values[d], "value")))
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

// kindsOf is how many kinds an account is collected of: meetings, webinars.
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

// liveSeries tells how many series there are of what is live now.
func (c *accountCheck) liveSeries() {
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
	text := fmt.Sprintf("at most %s of %s", grouped(meetings*collector.SeriesOfMeeting()), counted(meetings, "meeting"))
	ofParticipants := fmt.Sprintf("about %s of %s", grouped(participants*collector.SeriesOfParticipant()), counted(participants, "participant"))
	switch {
	case !c.cfg.Metrics.Participants:
		c.add(works, "series now", "%s; none of %s", text, counted(participants, "participant"))
	case participants < crowded:
		c.add(works, "series now", "%s and %s", text, ofParticipants)
	default:
		c.add(remark, "series now", "%s and %s: scrapes will take seconds and Prometheus much memory; "+
			"metrics.participants: false leaves the participants' out", text, ofParticipants)
	}
}
