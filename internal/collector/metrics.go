package collector

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// metric is the definition of a metric: what is exposed, and what
// docs/metrics.md says of it.
type metric struct {
	name, help string
	kind       prometheus.ValueType
	labels     []string
	// across says how to aggregate it over instances and replicas that poll
	// the same account.
	across    string
	histogram bool // kind does not say
	desc      *prometheus.Desc
}

const (
	acrossMax     = "`max`: replicas see the same"
	acrossMin     = "`min`: the replica that is worst off"
	acrossSum     = "`sum`: each replica counts its own"
	acrossCounted = "`max` of the `increase`: replicas count the same"
	acrossGroup   = "`topk` of 1 by what is joined on: replicas may differ for minutes"
)

func gauge(name, help, across string, labels ...string) *metric {
	return define(name, help, across, prometheus.GaugeValue, labels)
}

func counter(name, help, across string, labels ...string) *metric {
	return define(name, help, across, prometheus.CounterValue, labels)
}

func define(name, help, across string, kind prometheus.ValueType, labels []string) *metric {
	labels = slices.Concat([]string{"account"}, labels)
	return &metric{
		name: name, help: help, kind: kind, labels: labels, across: across,
		desc: prometheus.NewDesc(name, help, labels, nil),
	}
}

func histogram(name, help string, labels ...string) *metric {
	m := define(name, help, acrossCounted, prometheus.UntypedValue, labels)
	m.histogram = true
	return m
}

var (
	readingHistogramLabels = slices.Concat([]string{"kind", "media", "direction"}, dimensionLabels)

	streamLabels      = []string{"meeting", "participant", "media", "direction", "via"}
	participantLabels = []string{"meeting", "participant"}
	infoLabels        = []string{
		"meeting", "participant",
		"user", "participant_uuid", "user_name", "email", "ip_address", "internal_ip_address", "pc_name", "domain",
		"location", "site", "device", "os", "os_version", "client", "client_version",
		"network_type", "connection_type", "data_center", "role", "status",
	}
)

var (
	latency = gauge("zoom_qos_latency_seconds",
		"Latency of a participant's stream at its newest minute.", acrossMax, streamLabels...)
	jitter = gauge("zoom_qos_jitter_seconds",
		"Jitter of a participant's stream at its newest minute.", acrossMax, streamLabels...)
	packetLoss = gauge("zoom_qos_packet_loss_ratio",
		"Average packet loss of a participant's stream at its newest minute, from 0 to 1.", acrossMax, streamLabels...)
	packetLossMax = gauge("zoom_qos_packet_loss_max_ratio",
		"Highest packet loss of a participant's stream at its newest minute, from 0 to 1.", acrossMax, streamLabels...)
	bitrate = gauge("zoom_qos_bitrate_bytes_per_second",
		"Bit rate of a participant's stream at its newest minute, in bytes.", acrossMax, streamLabels...)
	frameRate = gauge("zoom_qos_frames_per_second",
		"Frame rate of a participant's video or screen share at its newest minute.", acrossMax, streamLabels...)
	width = gauge("zoom_qos_resolution_width_pixels",
		"Width of a participant's video or screen share at its newest minute.", acrossMax, streamLabels...)
	height = gauge("zoom_qos_resolution_height_pixels",
		"Height of a participant's video or screen share at its newest minute.", acrossMax, streamLabels...)
	audioMOS = gauge("zoom_qos_audio_mos_estimate",
		"Mean opinion score of a participant's audio stream at its newest minute, from 1 to 4.405: an estimate from its latency, jitter and packet loss.", acrossMax, streamLabels...)

	clientCPUMin = gauge("zoom_qos_client_cpu_min_ratio",
		"Lowest processor load by the Zoom client in the participant's newest minute, from 0 to 1.", acrossMax, participantLabels...)
	clientCPUAvg = gauge("zoom_qos_client_cpu_avg_ratio",
		"Average processor load by the Zoom client in the participant's newest minute, from 0 to 1.", acrossMax, participantLabels...)
	clientCPUMax = gauge("zoom_qos_client_cpu_max_ratio",
		"Highest processor load by the Zoom client in the participant's newest minute, from 0 to 1.", acrossMax, participantLabels...)
	systemCPUMax = gauge("zoom_qos_system_cpu_max_ratio",
		"Highest processor load of the participant's whole machine in the newest minute, from 0 to 1.", acrossMax, participantLabels...)
	wifiRSSIMin = gauge("zoom_qos_wifi_rssi_min_dbm",
		"Weakest Wi-Fi signal received by the participant in the newest minute.", acrossMax, participantLabels...)
	wifiRSSIAvg = gauge("zoom_qos_wifi_rssi_avg_dbm",
		"Average Wi-Fi signal received by the participant in the newest minute.", acrossMax, participantLabels...)
	wifiRSSIMax = gauge("zoom_qos_wifi_rssi_max_dbm",
		"Strongest Wi-Fi signal received by the participant in the newest minute.", acrossMax, participantLabels...)
	sampleTimestamp = gauge("zoom_qos_sample_timestamp_seconds",
		"The participant's newest minute, by Zoom's clock: how old the figures are.", acrossMax, participantLabels...)

	participantInfo = gauge("zoom_participant_info",
		"Facts of a participant, as far as the privacy settings allow; always 1.", acrossGroup, infoLabels...)
	meetingInfo = gauge("zoom_meeting_info",
		"Facts of a live meeting or webinar, as far as the privacy settings allow; always 1.", acrossGroup,
		"meeting", "kind", "meeting_id", "topic", "host", "department")
	meetingParticipants = gauge("zoom_meeting_participants",
		"People in the meeting: counted once all its pages were read, before that as the live list indicates.", acrossMax, "meeting")
	meetingStart = gauge("zoom_meeting_start_timestamp_seconds",
		"When the meeting began.", acrossMax, "meeting")
	meetingPolled = gauge("zoom_meeting_polled_timestamp_seconds",
		"When Zoom last answered for the meeting's participants.", acrossMax, "meeting")
	liveMeetings = gauge("zoom_live_meetings",
		"Live meetings or webinars that are collected; absent while the live list is not known.", acrossMax, "kind")
	liveParticipants = gauge("zoom_live_participants",
		"People in the live meetings or webinars that are collected; absent while the live list is not known.", acrossMax, "kind")
	siteParticipants = gauge("zoom_site_participants",
		"People in the live meetings or webinars that are collected, by site, as far as their pages were read; an empty site is none of those configured, and a site where nobody is has no sample.", acrossMax, "kind", "site")

	readingsTotal = counter("zoom_qos_readings_total",
		"Readings: minutes of a participant's stream, each counted once, by the worst verdict of its latency, jitter and packet loss.",
		acrossCounted, slices.Concat([]string{"kind", "media", "direction", "verdict"}, dimensionLabels)...)
	readingLatency = histogram("zoom_qos_reading_latency_seconds",
		"Latency of the readings.", readingHistogramLabels...)
	readingJitter = histogram("zoom_qos_reading_jitter_seconds",
		"Jitter of the readings.", readingHistogramLabels...)
	readingLoss = histogram("zoom_qos_reading_packet_loss_ratio",
		"Average packet loss of the readings, from 0 to 1.", readingHistogramLabels...)
	recentReadings = gauge("zoom_meeting_recent_readings",
		"Readings of a live meeting's last 10 minutes of data, by verdict; absent for streams without any.", acrossMax,
		"meeting", "media", "direction", "verdict")
	sessionsTotal = counter("zoom_qos_sessions_total",
		"Streams of participants' sessions that are over, by the verdict of their average figures.",
		acrossCounted, slices.Concat([]string{"kind", "media", "direction", "verdict"}, dimensionLabels)...)
	sessionDuration = histogram("zoom_qos_session_duration_seconds",
		"How long participants' sessions were that are over.", slices.Concat([]string{"kind"}, dimensionLabels)...)
	readingsCounted = counter("zoom_readings_counted_total",
		"Participant-minutes whose readings were counted.", acrossCounted)
	readingsLost = counter("zoom_readings_lost_total",
		"Participant-minutes that could not be counted, an upper bound.", acrossCounted, "reason")
	readingsOverflowed = counter("zoom_readings_overflowed_total",
		"Increments that went to the label set \"other\", as the table of label sets was full.", acrossCounted, "table")
	tailsWaiting = gauge("zoom_tails_waiting",
		"Meetings that have ended and whose last minutes are still to be had from Zoom.", acrossMax)

	accountUp = gauge("zoom_account_up",
		"Whether the latest attempts at a token and at the live lists succeeded; 0 before the first. An exhausted budget or an error of one meeting does not change it.", acrossMax)
	pollSuccess = gauge("zoom_poll_success",
		"Whether an endpoint gave an answer in the last cycle that asked it, or there was nothing to ask. Absent for webinars that the account does not have.", acrossMin, "task")
	pollLastSuccess = gauge("zoom_poll_last_success_timestamp_seconds",
		"When an endpoint last gave an answer, or there was nothing to ask it for; the start of the process before the first.", acrossMax, "task")
	pollInterval = gauge("zoom_poll_interval_seconds",
		"The interval at which the day's remaining requests let every live meeting be asked for; 60 at least.", acrossMax)
	pollCoverage = gauge("zoom_poll_coverage_ratio",
		"Share of live participants whose answer is not older than two poll intervals, from 0 to 1.", acrossMax)
	pollDeadlineExceeded = counter("zoom_poll_deadline_exceeded_total",
		"Scrapes that were answered before the polling they set off was over.", acrossSum)
	tokenExpiry = gauge("zoom_account_token_expiry_timestamp_seconds",
		"When the account's access token expires; it is renewed before.", acrossMax)
	parseFailures = counter("zoom_parse_failures_total",
		"Values of Zoom's answers that could not be read and gave no sample.", acrossSum, "field", "reason")
	participantsDropped = gauge("zoom_participants_dropped",
		"Participants of the latest answers that are not shown.", acrossMax, "reason")

	apiThrottled = counter("zoom_api_throttled_total",
		"Answers 429 by which Zoom refused a request, by the pool they speak of.", acrossSum, "pool")
	budgetLimit = gauge("zoom_budget_limit_requests",
		"Requests that Zoom grants the account in a window of the pool.", acrossMax, "pool")
	budgetRemaining = gauge("zoom_budget_remaining_requests",
		"Requests that the exporter may still send in the pool's present window.", acrossMin, "pool")
	budgetReserved = gauge("zoom_budget_reserved_requests",
		"Requests of the pool's window that are left to the account's other apps.", acrossMax, "pool")
	budgetForeign = gauge("zoom_budget_foreign_requests",
		"Requests that the account's other apps are estimated to have sent today.", acrossMax, "pool")
	budgetReset = gauge("zoom_budget_reset_timestamp_seconds",
		"When the pool's present window ends.", acrossMax, "pool")
)

// The metrics by what they are about, in the order of the reference.
var (
	figureMetrics = []*metric{latency, jitter, packetLoss, packetLossMax, bitrate, frameRate, width, height, audioMOS}
	deviceMetrics = []*metric{
		clientCPUMin, clientCPUAvg, clientCPUMax, systemCPUMax, wifiRSSIMin, wifiRSSIAvg, wifiRSSIMax, sampleTimestamp,
	}
	factMetrics = []*metric{
		participantInfo, meetingInfo, meetingParticipants, meetingStart, meetingPolled, liveMeetings, liveParticipants, siteParticipants,
	}
	readingMetrics = []*metric{
		readingsTotal, readingLatency, readingJitter, readingLoss, recentReadings, sessionsTotal, sessionDuration,
		readingsCounted, readingsLost, readingsOverflowed, tailsWaiting,
	}
	stateMetrics = []*metric{
		accountUp, pollSuccess, pollLastSuccess, pollInterval, pollCoverage, pollDeadlineExceeded, tokenExpiry,
		parseFailures, participantsDropped,
	}
	budgetMetrics = []*metric{apiThrottled, budgetLimit, budgetRemaining, budgetReserved, budgetForeign, budgetReset}
)

// modelMetrics are what Collector exposes.
var modelMetrics = slices.Concat(figureMetrics, deviceMetrics, factMetrics, readingMetrics, stateMetrics, budgetMetrics)

// StoreCommitFailures tells of the storage of what outlives a restart.
var StoreCommitFailures = prometheus.CounterOpts{
	Name: "zoom_exporter_store_commit_failures_total",
	Help: "Times that what has to outlive a restart could not be written; while it cannot, requests are spread thin over the day and readings are not shown.",
}

// ReloadSuccessful and ReloadTimestamp tell of the configuration's reloads.
var (
	ReloadSuccessful = prometheus.GaugeOpts{
		Name: "zoom_exporter_config_last_reload_successful",
		Help: "Whether the configuration's last reload succeeded; if not, the one before is at work.",
	}
	ReloadTimestamp = prometheus.GaugeOpts{
		Name: "zoom_exporter_config_last_reload_success_timestamp_seconds",
		Help: "When the configuration was last loaded.",
	}
)
