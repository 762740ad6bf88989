package collector

import (
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
)

// What is known of the people of a meeting, and of a site, together. Recent readings
// are those of the last five minutes of data of live answers.
var (
	recentReadings = gauge("zoom_meeting_recent_readings",
		"Recent readings of the people in a live meeting or webinar, by verdict: those of each person's last five minutes of data.",
		"meeting", "media", "verdict")
	meetingDegraded = gauge("zoom_meeting_degraded_participants",
		"Degraded people in a live meeting or webinar, by medium and site: those with too many poor or bad recent readings in the medium. Absent if there are none.",
		"meeting", "media", "site")
	meetingSiteParticipants = gauge("zoom_meeting_site_participants",
		"People in a live meeting or webinar, by site; an empty site is none of those configured.",
		"meeting", "site")
	meetingSpeakers = gauge("zoom_meeting_speakers",
		"Hosts and panelists of a live meeting or webinar who send audio or video, by the verdict of the last five minutes in which they did; absent while the participants list is not collected.",
		"meeting", "role", "verdict")

	siteParticipants = gauge("zoom_site_participants",
		"People in the live meetings and webinars that are collected, by site and network type; an empty site is none of those configured, and configured sites are always present.",
		"site", "network_type")
	siteRecentReadings = gauge("zoom_site_recent_readings",
		"Recent readings of everybody at a site, by verdict, including those of people who have left.",
		"site", "network_type", "media", "verdict")
	siteDegraded = gauge("zoom_site_degraded_participants",
		"Degraded people at a site, by medium: those with too many poor or bad recent readings in the medium.",
		"site", "network_type", "media")
	siteCPU = gauge("zoom_site_cpu_participants",
		"People at a site by the CPU load of their machines in their newest minute.",
		"site", "load")
	siteWiFi = gauge("zoom_site_wifi_participants",
		"People at a site who are on Wi-Fi, by the signal in their newest minute.",
		"site", "signal")

	thresholdLatency = gauge("zoom_threshold_latency_seconds",
		"Highest latency with this verdict.", "verdict")
	thresholdJitter = gauge("zoom_threshold_jitter_seconds",
		"Highest jitter with this verdict.", "verdict")
	thresholdLoss = gauge("zoom_threshold_packet_loss_ratio",
		"Highest packet loss with this verdict, from 0 to 1.", "verdict")
	thresholdDegraded = gauge("zoom_threshold_degraded_ratio",
		"Lowest share of poor and bad readings, among a person's recent readings in a medium, that makes them degraded in it, from 0 to 1.")
	thresholdCPU = gauge("zoom_threshold_cpu_ratio",
		"Highest normal CPU load of a machine, from 0 to 1.")
	thresholdWiFi = gauge("zoom_threshold_wifi_rssi_dbm",
		"Weakest good Wi-Fi signal.")
)

var aggregateMetrics = []*metric{
	recentReadings, meetingDegraded, meetingSiteParticipants, meetingSpeakers,
	siteParticipants, siteRecentReadings, siteDegraded, siteCPU, siteWiFi,
	thresholdLatency, thresholdJitter, thresholdLoss, thresholdDegraded, thresholdCPU, thresholdWiFi,
}

// The values of the labels load and signal.
const (
	loadNormal, loadHigh   = "normal", "high"
	signalGood, signalWeak = "good", "weak"
)

// people emits what is known of a meeting's people together.
func (e *emitter) people(m *live.Meeting) {
	if m.Looked {
		for _, media := range medias {
			if m.Seen[media] {
				e.verdicts(recentReadings, m.Recent[media], m.UUID, media.String())
			}
		}
	}
	sites := make(map[string]int)
	degraded := make(map[string]live.Media[int])
	for place, group := range m.Groups {
		sites[place.Site] += group.People
		at := degraded[place.Site]
		for media, n := range group.Degraded {
			at[media] += n
		}
		degraded[place.Site] = at
	}
	for site, n := range sites {
		if n > 0 {
			e.emit(meetingSiteParticipants, float64(n), m.UUID, site)
		}
		for media, n := range degraded[site] {
			if n > 0 {
				e.emit(meetingDegraded, float64(n), m.UUID, qos.Media(media).String(), site)
			}
		}
	}
	for role, counts := range m.Speakers {
		e.verdicts(meetingSpeakers, counts, m.UUID, string(role))
	}
}

// sites emits what is known of the people of each site.
func (e *emitter) sites(groups live.Groups) {
	machines, wifi := make(map[string]live.Split), make(map[string]live.Split)
	for place, group := range groups {
		e.emit(siteParticipants, float64(group.People), place.Site, place.NetworkType)
		for _, media := range medias {
			degraded := group.Degraded[media]
			if degraded > 0 || group.Seen[media] { // they may be so by what was measured elsewhere
				e.emit(siteDegraded, float64(degraded), place.Site, place.NetworkType, media.String())
			}
			if group.Seen[media] {
				e.verdicts(siteRecentReadings, group.Recent[media], place.Site, place.NetworkType, media.String())
			}
		}
		machines[place.Site] = machines[place.Site].Plus(group.Machine)
		wifi[place.Site] = wifi[place.Site].Plus(group.WiFi)
	}
	for site, split := range machines {
		e.split(siteCPU, split, site, loadNormal, loadHigh)
	}
	for site, split := range wifi {
		e.split(siteWiFi, split, site, signalGood, signalWeak)
	}
}

func (e *emitter) split(m *metric, s live.Split, site, within, beyond string) {
	if s != (live.Split{}) {
		e.emit(m, float64(s.Within), site, within)
		e.emit(m, float64(s.Beyond), site, beyond)
	}
}

// verdicts emits a sample for each verdict, the last label.
func (e *emitter) verdicts(m *metric, counts live.Counts, labels ...string) {
	for _, verdict := range readings.Verdicts() {
		e.emit(m, float64(counts[verdict]), append(labels[:len(labels):len(labels)], verdict.String())...)
	}
}

func (e *emitter) thresholds(s *poll.Snapshot) {
	t := &s.Thresholds
	bounds := func(m *metric, b *qos.Bounds) {
		for i, bound := range [...]float64{b.Good, b.Fair, b.Poor} {
			e.emit(m, bound, readings.Verdicts()[i].String())
		}
	}
	bounds(thresholdLatency, &t.Latency)
	bounds(thresholdJitter, &t.Jitter)
	bounds(thresholdLoss, &t.Loss)
	e.emit(thresholdDegraded, t.Degraded)
	e.emit(thresholdCPU, t.CPU)
	e.emit(thresholdWiFi, t.WiFi)
}
