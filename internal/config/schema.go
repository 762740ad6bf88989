package config

import (
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func defaultConfig() *Config {
	return &Config{
		Privacy:  preset(presetDefault),
		Readings: readings.DefaultConfig(),
		Metrics:  Metrics{Participants: qos.AllParticipants},
		Limits: Limits{
			ParticipantsPerAccount: 20_000,
			MaxAge:                 10 * time.Minute,
			BodySize:               zoomapi.DefaultMaxBody,
			RequestTimeout:         zoomapi.DefaultTimeout,
		},
	}
}

// config decodes the whole file.
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

// sections are in the order of decoding: readings depends on privacy.
func (d *decoder) sections(c *Config) []field {
	return []field{
		{"accounts", d.accounts(&c.Accounts), "The Zoom accounts to read. Zoom's limits apply to an account, not to an app, so each account may be listed only once."},
		{"privacy", d.privacy(c), "Which facts about people and meetings to show."},
		{"sites", d.sites(&c.Sites), "Names of places, identified by the addresses of participants there. A site may be listed again with other networks; if several match, the one with the longest prefix wins."},
		{"readings", d.readings(&c.Readings, &c.Privacy), "How the readings of every minute are counted, and by which labels: docs/readings.md."},
		{"metrics", d.metrics(&c.Metrics), "Which series to export."},
		{"limits", d.limits(&c.Limits), "Bounds on memory and time."},
		{"probe", d.probe(&c.Probe), "Single meetings and participants in fine detail, at `/probe`: docs/probe.md."},
	}
}

func (d *decoder) metrics(m *Metrics) reader {
	return d.mapping(nil,
		field{"participants", choice(d, &m.Participants, qos.ParticipantsModes()...), "Which participants have series of their own: `all`; `degraded`, those who were degraded in any medium since they joined or whose meeting is watched; or `none`. Meetings, sites and counters are the same in all modes: docs/metrics.md. `true` stands for `all`, and `false` for `none`."},
	)
}

func (d *decoder) limits(l *Limits) reader {
	return d.mapping(nil,
		field{"participants_per_account", d.integer(&l.ParticipantsPerAccount, 1, 1_000_000), "The most participants of an account that are held. Any beyond have no figures, but count as live; `zoom_participants_dropped` is their number."},
		field{"max_age", d.duration(&l.MaxAge, 10*time.Minute, time.Hour), "The age up to which figures are shown; four poll intervals if that is longer, but never more than an hour."},
		field{"body_size", d.size(&l.BodySize, 64<<10, 1<<30), "The largest response of Zoom that is read."},
		field{"request_timeout", d.duration(&l.RequestTimeout, time.Second, 5*time.Minute), "The timeout of a request to Zoom."},
	)
}

func (d *decoder) probe(p *Probe) reader {
	return d.mapping(nil,
		field{"enabled", d.boolean(&p.Enabled), "Whether `/probe` answers. Anyone who can reach the exporter may then spend up to 5 % of the day's requests."},
	)
}
