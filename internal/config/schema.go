package config

import (
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func defaultConfig() *Config {
	return &Config{
		Privacy:  preset(presetDefault),
		Readings: readings.DefaultConfig(),
		Metrics:  Metrics{Participants: true},
		Limits: Limits{
			ParticipantsPerAccount: 20_000,
			MaxAge:                 10 * time.Minute,
			BodySize:               zoomapi.DefaultMaxBody,
			RequestTimeout:         zoomapi.DefaultTimeout,
		},
	}
}

// config reads the whole file.
func (d *decoder) config(v value) *Config {
	c := defaultConfig()
	o := d.object(v)
	d.read(o, d.sections(c)...)
	if _, ok := o.get("accounts"); !ok && !o.broken {
		v.path = "accounts"
		v.line = max(v.line, 1)
		d.fail(v, "is missing; list at least one account")
	}
	return c
}

// sections are the file's, in the order of reading: readings heed privacy.
func (d *decoder) sections(c *Config) []field {
	return []field{
		{"accounts", d.accounts(&c.Accounts), "The Zoom accounts to read. Zoom's limits are an account's, whatever the app, so each account may stand here once only."},
		{"privacy", d.privacy(c), "What may be shown of people and meetings."},
		{"sites", d.sites(&c.Sites), "Names for places, by the addresses that participants have there. A site may come again with other networks; of several that match, the one with the longest prefix wins."},
		{"readings", d.readings(&c.Readings, &c.Privacy), "What is counted of the readings of every minute, and by which labels: docs/readings.md."},
		{"metrics", d.metrics(&c.Metrics), "Which series there are."},
		{"limits", d.limits(&c.Limits), "What the exporter holds and waits for."},
		{"probe", d.probe(&c.Probe), "Single meetings and participants at a fine grain, at `/probe`: docs/probe.md."},
	}
}

func (d *decoder) metrics(m *Metrics) reader {
	return d.mapping(nil,
		field{"participants", d.boolean(&m.Participants), "`false` leaves out every series with the label `participant`, for a company of tens of thousands. Meetings, sites and counters stay."},
	)
}

func (d *decoder) limits(l *Limits) reader {
	return d.mapping(nil,
		field{"participants_per_account", d.integer(&l.ParticipantsPerAccount, 1, 1_000_000), "How many participants of an account are held. Those beyond have no figures, but count as live; `zoom_participants_dropped` says how many they are."},
		field{"max_age", d.duration(&l.MaxAge, 10*time.Minute, time.Hour), "How old figures may become before they are no longer shown; four poll intervals if that is more, but never more than an hour."},
		field{"body_size", d.size(&l.BodySize, 64<<10, 1<<30), "The largest answer of Zoom that is read."},
		field{"request_timeout", d.duration(&l.RequestTimeout, time.Second, 5*time.Minute), "How long a request to Zoom may take."},
	)
}

func (d *decoder) probe(p *Probe) reader {
	return d.mapping(nil,
		field{"enabled", d.boolean(&p.Enabled), "Whether `/probe` answers. Whoever reaches the exporter may then spend up to 5 % of the day's requests."},
	)
}
