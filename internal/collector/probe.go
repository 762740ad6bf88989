package collector

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// The metrics of the probe itself have the names that blackbox_exporter uses.
var (
	probeSuccess = probeGauge("probe_success",
		"Whether the probe obtained everything it asked for, less than a minute old.")
	probeDuration = probeGauge("probe_duration_seconds",
		"Duration of the probe.")
	probeFailureInfo = probeGauge("probe_failure_info",
		"Reason why the probe failed. Always 1, absent if it succeeded.", "reason")
)

func probeGauge(name, help string, labels ...string) *metric {
	return define(name, help, prometheus.GaugeValue, labels)
}

var probeMetrics = []*metric{probeSuccess, probeDuration, probeFailureInfo}

// probed are the metrics of meetings and participants that /probe exposes too.
var probed = slices.Concat(figureMetrics, deviceMetrics, []*metric{
	participantInfo, deviceInfo, networkInfo, meetingInfo, meetingParticipants, meetingStart, meetingPolled,
})

// probeVariants maps these metrics to those of /probe, whose names differ, so that
// no query on the whole account selects the series of a probe.
var probeVariants = func() map[*metric]*metric {
	variants := make(map[*metric]*metric, len(probed))
	for _, m := range probed {
		variants[m] = define("zoom_probe_"+strings.TrimPrefix(m.name, "zoom_"), m.help, m.kind, m.labels)
	}
	return variants
}()

// SetProbing allows or forbids probes.
func (c *Collector) SetProbing(on bool) { c.probing.Store(on) }

// Probing reports whether accounts may be probed.
func (c *Collector) Probing() bool { return c.probing.Load() }

// Account returns the account with the given name, or nil. The empty name stands
// for the only account.
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

// Probe exposes the result of a probe as metrics.
type Probe struct {
	Found poll.Probe
	Took  time.Duration
}

// Gatherer gathers the probe's metrics.
func (p *Probe) Gatherer() (prometheus.Gatherer, error) {
	registry := prometheus.NewRegistry()
	if err := registry.Register(&probeState{p}); err != nil {
		return nil, err
	}
	return registry, registry.Register(&probeModel{&p.Found})
}

// probeState exposes the metrics of the probe itself.
type probeState struct{ *Probe }

// Describe implements prometheus.Collector.
func (p *probeState) Describe(ch chan<- *prometheus.Desc) { describe(ch, probeMetrics) }

// Collect implements prometheus.Collector.
func (p *probeState) Collect(ch chan<- prometheus.Metric) {
	if p.Found.Failure != "" {
		ch <- prometheus.MustNewConstMetric(probeFailureInfo.desc, probeFailureInfo.kind, 1, string(p.Found.Failure))
	}
	ch <- prometheus.MustNewConstMetric(probeSuccess.desc, probeSuccess.kind, indicator(p.Found.Failure == ""))
	ch <- prometheus.MustNewConstMetric(probeDuration.desc, probeDuration.kind, p.Took.Seconds())
}

// probeModel exposes the probed meeting or participant.
type probeModel struct{ *poll.Probe }

// Describe implements prometheus.Collector.
func (p *probeModel) Describe(ch chan<- *prometheus.Desc) {
	for _, m := range probeVariants {
		ch <- m.desc
	}
}

// Collect implements prometheus.Collector.
func (p *probeModel) Collect(ch chan<- prometheus.Metric) {
	if p.Meeting == nil {
		return
	}
	e := emitter{ch: ch, account: p.Account, probe: true}
	if p.Target.Participant == "" {
		e.meeting(p.Meeting)
	}
	e.participants(p.Meeting, qos.AllParticipants)
}
