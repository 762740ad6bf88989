package config

import (
	"slices"
	"strings"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
)

// readings decodes what is counted. It rejects dimensions that privacy, which is
// already decoded, hides.
func (d *decoder) readings(r *readings.Config, privacy *qos.Privacy) reader {
	return d.mapping(nil,
		field{"dimensions", d.dimensions(&r.Dimensions, privacy), "The labels of `zoom_qos_readings_total` and `zoom_qos_sessions_total`; `[]` is none. Counters are kept, so what `privacy.fields` hides is rejected here (`os` and `client_version` belong to `device`). `zoom-qos-exporter check --config-only` reports how many series result."},
		field{"histogram_dimensions", d.dimensions(&r.HistogramDimensions, privacy), "The same for the histograms."},
		field{"client_version_depth", d.integer(&r.VersionDepth, 1, 4), "How many parts of a client version to keep: with 2, 6.5.11.26770 becomes 6.5."},
		field{"max_label_sets", d.integer(&r.MaxSets, 1, 100_000), "The most label sets of an account, each with its four verdicts: the default is enough for 200 sites on 4 types of network. Once four fifths are used, new ones are counted with `other` as `network_type`, and once all are used, with `other` in all dimensions."},
		field{"max_histogram_label_sets", d.integer(&r.MaxHistogramSets, 1, 100_000), "The same for the histograms."},
		field{"thresholds", d.thresholds(&r.Thresholds), "The worst figures that each verdict allows; anything beyond `poor` is bad. The worst of a stream's figures decides. The counters, the gauges of meetings and sites, the page and `weights.bad` use them, and `zoom_threshold_…` shows them."},
	)
}

func (d *decoder) dimensions(p *[]readings.Dimension, privacy *qos.Privacy) reader {
	all := strings.Join(words(readings.Dimensions()), ", ")
	return reader{kind: "list of", bounds: all, value: "[" + strings.Join(words(*p), ", ") + "]", example: "[site, department]", read: func(v value) {
		if v.isNull() {
			d.fail(v, "is empty; write [] for none, or remove the key for the default")
			return
		}
		values, ok := d.items(v)
		if !ok {
			return
		}
		list := []readings.Dimension{} // nil would be the default
		for _, v := range values {
			dimension, ok := parseOption(d, v, readings.Dimensions())
			switch field, mode := privacyOf(dimension, privacy); {
			case !ok: // reported already
			case slices.Contains(list, dimension):
				d.fail(v, "is already in this list; remove one of them")
			case mode != qos.Plain:
				// Counters are kept for long: they must not hold what the info
				// series would not show.
				d.fail(v, "%s is hidden by privacy.fields.%s: %s; set that to plain, or leave %s out here", dimension, field, mode, dimension)
			default:
				list = append(list, dimension)
			}
		}
		slices.Sort(list)
		*p = list
	}}
}

// privacyOf returns the privacy field that governs a dimension, and its mode; ""
// and Plain if the dimension says nothing about a person.
func privacyOf(dimension readings.Dimension, p *qos.Privacy) (field string, mode qos.Mode) {
	switch dimension {
	case readings.OS, readings.ClientVersion:
		return "device", p.Device
	case readings.Location:
		return "location", p.Location
	case readings.Department:
		return "department", p.Department
	}
	return "", qos.Plain
}

// level has the worst figures that a verdict allows, and their mapping in the file.
type level struct {
	name                  string
	latency, jitter, loss *float64
	written               object
}

func (d *decoder) thresholds(t *qos.Thresholds) reader {
	latency, jitter, loss := &t.Latency, &t.Jitter, &t.Loss
	good := level{name: "good", latency: &latency.Good, jitter: &jitter.Good, loss: &loss.Good}
	fair := level{name: "fair", latency: &latency.Fair, jitter: &jitter.Fair, loss: &loss.Fair}
	poor := level{name: "poor", latency: &latency.Poor, jitter: &jitter.Poor, loss: &loss.Poor}
	r := d.mapping(nil,
		field{"good", d.level(&good), "The worst figures that are still good."},
		field{"fair", d.level(&fair), "The worst figures that are still fair; none may be lower than that of `good`."},
		field{"poor", d.level(&poor), "The worst figures that are still poor; none may be lower than that of `fair`."},
		field{"degraded", d.shareAbove0(&t.Degraded), "The lowest share of poor and bad readings, among a person's readings of the last five minutes in a medium, that makes them degraded in it."},
		field{"cpu", d.shareAbove0(&t.CPU), "The highest CPU load of a machine that is normal."},
		field{"wifi", d.number(&t.WiFi, -100, -1), "The weakest Wi-Fi signal that is good, in dBm."},
	)
	read := r.read
	r.read = func(v value) {
		before := len(d.errs)
		read(v)
		failed := d.errs[before:]
		d.checkLevels(v.path, &good, &fair, failed)
		d.checkLevels(v.path, &fair, &poor, failed)
	}
	return r
}

func (d *decoder) level(l *level) reader {
	return d.mapping(func(o object) { l.written = o },
		field{"latency", d.seconds(l.latency, time.Millisecond, 10*time.Second), "The highest latency."},
		field{"jitter", d.seconds(l.jitter, time.Millisecond, 10*time.Second), "The highest jitter."},
		field{"loss", d.shareAbove0(l.loss), "The highest packet loss."},
	)
}

// shareAbove0 decodes a share that is not 0, or nothing would be good.
func (d *decoder) shareAbove0(p *float64) reader {
	r := d.share(p).then(func(v value) {
		if *p == 0 {
			d.fail(v, "must be more than 0")
		}
	})
	r.bounds = "above 0%, below 100%"
	return r
}

// checkLevels rejects a level at path that allows more than the next one. Figures that
// could not be decoded are not compared.
func (d *decoder) checkLevels(path string, lower, upper *level, failed Errors) {
	decoded := func(l *level, key string) bool {
		of := join(path, l.name)
		return !slices.ContainsFunc(failed, func(e *Error) bool { return e.Path == of || e.Path == join(of, key) })
	}
	for _, f := range []struct {
		key          string
		lower, upper float64
		text         func(float64) string
	}{
		{"latency", *lower.latency, *upper.latency, formatSeconds},
		{"jitter", *lower.jitter, *upper.jitter, formatSeconds},
		{"loss", *lower.loss, *upper.loss, formatPercent},
	} {
		if f.lower <= f.upper || !decoded(lower, f.key) || !decoded(upper, f.key) {
			continue
		}
		at, ok := upper.written.get(f.key)
		if !ok {
			at, _ = lower.written.get(f.key) // the defaults alone are in order
		}
		d.fail(at, "%s allows %s, but %s only %s; thresholds must not decrease from good to fair to poor", lower.name, f.text(f.lower), upper.name, f.text(f.upper))
	}
}
