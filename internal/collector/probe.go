package collector

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
)

// The metrics of a probe itself are named as other exporters' probes name them.
var (
	probeSuccess = probeGauge("probe_success",
		"Whether everything that the probe asked for was had, less than a minute old.")
	probeDuration = probeGauge("probe_duration_seconds",
		"How long the probe took.")
	probeFailureInfo = probeGauge("probe_failure_info",
		"Why the probe did not succeed; always 1, and absent where it did.", "reason")
)

func probeGauge(name, help string, labels ...string) *metric {
	return &metric{
		name: name, help: help, kind: prometheus.GaugeValue, labels: labels, across: acrossMax,
		desc: prometheus.NewDesc(name, help, labels, nil),
	}
}

var probeMetrics = []*metric{probeSuccess, probeDuration, probeFailureInfo}

// probeLabel keeps what a probe shows apart from what the accounts show: its
// value is what was probed, and in /metrics it is missing.
const (
	probeLabel         = "probe"
	probeOfMeeting     = "meeting"
	probeOfParticipant = "participant"
)

// probed are the metrics of what was probed.
var probed = slices.Concat(figureMetrics, deviceMetrics, []*metric{participantInfo, meetingInfo, meetingParticipants, meetingStart, meetingPolled})

// SetProbing says whether accounts may be probed.
func (c *Collector) SetProbing(on bool) { c.probing.Store(on) }

// Probing reports whether accounts may be probed.
func (c *Collector) Probing() bool { return c.probing.Load() }

// Account is the account of a name; "" names the only one. It is nil where
// there is none.
func (c *Collector) Account(name string) Account {
	accounts := c.Accounts()
	if name == "" && len(accounts) == 1 {
		return accounts[0]
	}
	i := slices.IndexFunc(accounts, func(a Account) bool { return a.Name() == name })
	if i < 0 {
		return nil
	}
	return accounts[i]
}

// Probe is what a probe of an account found, as metrics.
type Probe struct {
	Found poll.Probe
	Took  time.Duration
}

// Gatherer gathers the probe's metrics.
func (p *Probe) Gatherer() (prometheus.Gatherer, error) {
	what := probeOfMeeting
	if p.Found.Target.Participant != "" {
		what = probeOfParticipant
	}
	registry := prometheus.NewRegistry()
	if err := registry.Register(&probeState{p}); err != nil {
		return nil, err
	}
	labelled := prometheus.WrapRegistererWith(prometheus.Labels{probeLabel: what}, registry)
	return registry, labelled.Register(&probeModel{&p.Found})
}

// probeState shows the probe itself.
type probeState struct{ *Probe }

// Describe implements prometheus.Collector.
func (p *probeState) Describe(ch chan<- *prometheus.Desc) { describe(ch, probeMetrics) }

// Collect implements prometheus.Collector.
func (p *probeState) Collect(ch chan<- prometheus.Metric) {
	success := 0.0
	if p.Found.Failure == "" {
		success = 1
	} else {
		ch <- prometheus.MustNewConstMetric(probeFailureInfo.desc, probeFailureInfo.kind, 1, string(p.Found.Failure))
	}
	ch <- prometheus.MustNewConstMetric(probeSuccess.desc, probeSuccess.kind, success)
	ch <- prometheus.MustNewConstMetric(probeDuration.desc, probeDuration.kind, p.Took.Seconds())
}

// probeModel shows what the probe found.
type probeModel struct{ *poll.Probe }

// Describe implements prometheus.Collector.
func (p *probeModel) Describe(ch chan<- *prometheus.Desc) {
	describe(ch, probed)
}

// Collect implements prometheus.Collector.
func (p *probeModel) Collect(ch chan<- prometheus.Metric) {
	if p.Meeting == nil {
		return
	}
	e := emitter{ch: ch, account: p.Account}
	if p.Target.Participant == "" {
		e.meeting(p.Meeting)
	}
	e.participants(p.Meeting)
}
