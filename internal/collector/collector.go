// Package collector shows what is known of the accounts as Prometheus metrics.
// It does not care where a figure came from, nor when: it reads snapshots.
package collector

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// Account is what the collector shows; *poll.Account is one.
type Account interface {
	Name() string
	// Poll renews what is known; it returns when that is done or ctx ends.
	Poll(ctx context.Context) bool
	// Probe tells of one meeting or participant before ctx ends.
	Probe(ctx context.Context, t poll.Target) poll.Probe
	Snapshot() poll.Snapshot
}

// Collector shows accounts of different names as metrics. Collecting reads
// only; Refresh, which may spend requests, is the caller's to call.
type Collector struct {
	accounts     atomic.Pointer[[]Account]
	participants atomic.Pointer[qos.ParticipantsMode]
	probing      atomic.Bool
}

// New makes a collector of these accounts, which shows all participants.
func New(accounts ...Account) *Collector {
	c := new(Collector)
	c.SetAccounts(accounts)
	c.ShowParticipants(qos.AllParticipants)
	return c
}

// SetAccounts replaces the accounts. Their names must differ.
func (c *Collector) SetAccounts(accounts []Account) { c.accounts.Store(&accounts) }

// ShowParticipants says which participants have series.
func (c *Collector) ShowParticipants(mode qos.ParticipantsMode) { c.participants.Store(&mode) }

// Accounts are the accounts in their configured order.
func (c *Collector) Accounts() []Account { return *c.accounts.Load() }

// Refresh polls all accounts side by side and returns when all are done or ctx
// ends, whichever comes first.
func (c *Collector) Refresh(ctx context.Context) {
	var polls sync.WaitGroup
	for _, account := range c.Accounts() {
		polls.Go(func() { account.Poll(ctx) })
	}
	polls.Wait()
}

// Snapshots are what is known of all accounts now.
func (c *Collector) Snapshots() []poll.Snapshot {
	accounts := c.Accounts()
	snapshots := make([]poll.Snapshot, len(accounts))
	for i, account := range accounts {
		snapshots[i] = account.Snapshot()
	}
	return snapshots
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	describe(ch, modelMetrics)
}

func describe(ch chan<- *prometheus.Desc, metrics []*metric) {
	for _, m := range metrics {
		ch <- m.desc
	}
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	mode := *c.participants.Load()
	for _, m := range qos.ParticipantsModes() {
		ch <- prometheus.MustNewConstMetric(participantsMode.desc, participantsMode.kind, indicator(m == mode), string(m))
	}
	for _, account := range c.Accounts() {
		snapshot := account.Snapshot()
		e := emitter{ch: ch, account: snapshot.Account}
		e.state(&snapshot)
		if mode == qos.DegradedParticipants {
			e.emit(participantsDropped, float64(snapshot.Unfollowed), live.DroppedFollowed)
		}
		e.readings(&snapshot)
		e.thresholds(&snapshot)
		e.sites(snapshot.Groups)
		for _, m := range snapshot.Meetings {
			e.meeting(m)
			e.people(m)
			e.participants(m, mode)
		}
	}
}

// emitter writes one account's metrics.
type emitter struct {
	ch      chan<- prometheus.Metric
	account string
	probe   bool // emit the variants of /probe
}

// emit writes a sample, unless its value is absent: blank is not zero.
func (e *emitter) emit(m *metric, value float64, labels ...string) {
	if !qos.Present(value) {
		return
	}
	if e.probe {
		m = probeVariants[m]
	}
	values := make([]string, 0, 1+len(labels))
	values = append(append(values, e.account), labels...)
	e.ch <- prometheus.MustNewConstMetric(m.desc, m.kind, value, values...)
}

func (e *emitter) time(m *metric, at time.Time, labels ...string) {
	if !at.IsZero() {
		e.emit(m, float64(at.UnixMilli())/1000, labels...)
	}
}

func (e *emitter) flag(m *metric, on bool, labels ...string) {
	e.emit(m, indicator(on), labels...)
}

// indicator returns 1 for true and 0 for false.
func indicator(on bool) float64 {
	if on {
		return 1
	}
	return 0
}

func (e *emitter) state(s *poll.Snapshot) {
	e.flag(accountUp, s.Up)
	for _, t := range s.Tasks {
		e.flag(pollSuccess, t.Success, string(t.Name))
		e.time(pollLastSuccess, t.LastSuccess, string(t.Name))
	}
	e.emit(pollInterval, s.Interval.Seconds())
	e.emit(pollCoverage, s.Coverage)
	e.emit(pollDeadlineExceeded, float64(s.DeadlineExceeded))
	e.time(tokenExpiry, s.TokenExpiry)
	for kind, totals := range s.Kinds {
		e.emit(liveMeetings, float64(totals.Meetings), string(kind))
		e.emit(liveParticipants, float64(totals.Participants), string(kind))
	}
	for failure, n := range s.Failures {
		e.emit(parseFailures, float64(n), failure.Field, failure.Reason)
	}
	for reason, n := range s.Dropped {
		e.emit(participantsDropped, float64(n), reason)
	}
	for _, p := range s.Pools {
		pool := string(p.Pool)
		e.emit(apiThrottled, float64(p.Throttled), pool)
		if p.Limit == 0 {
			continue // an unlimited pool that met a 429 all the same
		}
		e.emit(budgetLimit, float64(p.Limit), pool)
		e.emit(budgetRemaining, float64(p.Remaining), pool)
		e.emit(budgetReserved, float64(p.Reserved), pool)
		if p.Pool.Daily() {
			e.emit(budgetForeign, float64(p.Foreign), pool)
		}
		e.time(budgetReset, p.Reset.UTC(), pool)
	}
}

func (e *emitter) meeting(m *live.Meeting) {
	e.emit(meetingInfo, 1, m.UUID, string(m.Kind), m.Facts.MeetingID, m.Facts.Topic, m.Facts.Host, m.Facts.Department)
	e.emit(meetingParticipants, float64(m.People), m.UUID)
	e.time(meetingStart, m.Start.UTC(), m.UUID)
	e.time(meetingPolled, m.PolledAt, m.UUID)
}

func (e *emitter) participants(m *live.Meeting, mode qos.ParticipantsMode) {
	if mode == qos.NoParticipants {
		return
	}
	for p := range m.Participants() {
		if mode == qos.AllParticipants || p.Followed {
			e.participant(m.UUID, p)
		}
	}
}

func (e *emitter) participant(meeting string, p *live.Participant) {
	f := &p.Facts
	e.emit(participantInfo, 1, meeting, p.ID, f.User, f.ParticipantUUID, f.UserName, f.Email, p.Role)
	e.emit(deviceInfo, 1, meeting, p.ID, f.Device, f.OS, f.OSVersion, f.Client, f.ClientVersion, f.PCName, f.Domain)
	e.emit(networkInfo, 1, meeting, p.ID,
		f.Site, f.NetworkType, f.ConnectionType, f.DataCenter, f.Location, f.IPAddress, f.InternalIPAddress)
	if p.Minute == nil {
		return
	}
	e.time(sampleTimestamp, p.Minute.At.UTC(), meeting, p.ID)
	cpu, wifi := &p.Minute.CPU, &p.Minute.WiFi
	e.emit(clientCPUMin, cpu.ClientMin, meeting, p.ID)
	e.emit(clientCPUAvg, cpu.ClientAvg, meeting, p.ID)
	e.emit(clientCPUMax, cpu.ClientMax, meeting, p.ID)
	e.emit(systemCPUMax, cpu.SystemMax, meeting, p.ID)
	e.emit(wifiRSSIMin, wifi.Min, meeting, p.ID)
	e.emit(wifiRSSIAvg, wifi.Avg, meeting, p.ID)
	e.emit(wifiRSSIMax, wifi.Max, meeting, p.ID)
	for i := range p.Minute.Readings {
		e.reading(meeting, p.ID, &p.Minute.Readings[i])
	}
}

func (e *emitter) reading(meeting, participant string, r *qos.Reading) {
	labels := [...]string{meeting, participant, r.Stream.Media.String(), r.Stream.Direction.String(), r.Stream.Via.String()}
	e.emit(latency, r.Latency, labels[:]...)
	e.emit(jitter, r.Jitter, labels[:]...)
	e.emit(packetLoss, r.Loss, labels[:]...)
	e.emit(packetLossMax, r.LossMax, labels[:]...)
	e.emit(bitrate, r.Bitrate, labels[:]...)
	e.emit(frameRate, r.FrameRate, labels[:]...)
	e.emit(width, r.Width, labels[:]...)
	e.emit(height, r.Height, labels[:]...)
	e.emit(audioMOS, r.AudioMOS(), labels[:]...)
}
