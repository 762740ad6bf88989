package collector

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// metric is the definition of a metric.
type metric struct {
	name, help string
	kind       prometheus.ValueType
	histogram  bool // prometheus.ValueType has no value for it
	labels     []string
	desc       *prometheus.Desc
}

func gauge(name, help string, labels ...string) *metric {
	return define(name, help, prometheus.GaugeValue, withAccount(labels))
}

func counter(name, help string, labels ...string) *metric {
	return define(name, help, prometheus.CounterValue, withAccount(labels))
}

func histogram(name, help string, labels ...string) *metric {
	m := define(name, help, prometheus.UntypedValue, withAccount(labels))
	m.histogram = true
	return m
}

func define(name, help string, kind prometheus.ValueType, labels []string) *metric {
	return &metric{
		name: name, help: help, kind: kind, labels: labels,
		desc: prometheus.NewDesc(name, help, labels, nil),
	}
}

func withAccount(labels []string) []string { return slices.Concat([]string{"account"}, labels) }

var (
	readingHistogramLabels = slices.Concat([]string{"kind", "media", "direction"}, dimensionLabels)

	streamLabels      = []string{"meeting", "participant", "media", "direction", "via"}
	participantLabels = []string{"meeting", "participant"}
)

var (
	latency = gauge("zoom_qos_latency_seconds",
		"Latency of a participant's stream in its newest minute.", streamLabels...)
	jitter = gauge("zoom_qos_jitter_seconds",
		"Jitter of a participant's stream in its newest minute.", streamLabels...)
	packetLoss = gauge("zoom_qos_packet_loss_ratio",
		"Average packet loss of a participant's stream in its newest minute, from 0 to 1.", streamLabels...)
	packetLossMax = gauge("zoom_qos_packet_loss_max_ratio",
		"Highest packet loss of a participant's stream in its newest minute, from 0 to 1.", streamLabels...)
	bitrate = gauge("zoom_qos_bitrate_bytes_per_second",
		"Bit rate of a participant's stream in its newest minute, in bytes per second.", streamLabels...)
	frameRate = gauge("zoom_qos_frames_per_second",
		"Frame rate of a participant's video or screen share in its newest minute.", streamLabels...)
	width = gauge("zoom_qos_resolution_width_pixels",
		"Width of a participant's video or screen share in its newest minute.", streamLabels...)
	height = gauge("zoom_qos_resolution_height_pixels",
		"Height of a participant's video or screen share in its newest minute.", streamLabels...)
	audioMOS = gauge("zoom_qos_audio_mos_estimate",
		"Mean opinion score of a participant's audio stream in its newest minute, from 1 to 4.405, estimated from latency, jitter and packet loss.", streamLabels...)

	clientCPUMin = gauge("zoom_qos_client_cpu_min_ratio",
		"Lowest CPU usage of the Zoom client in the participant's newest minute, from 0 to 1.", participantLabels...)
	clientCPUAvg = gauge("zoom_qos_client_cpu_avg_ratio",
		"Average CPU usage of the Zoom client in the participant's newest minute, from 0 to 1.", participantLabels...)
	clientCPUMax = gauge("zoom_qos_client_cpu_max_ratio",
		"Highest CPU usage of the Zoom client in the participant's newest minute, from 0 to 1.", participantLabels...)
	systemCPUMax = gauge("zoom_qos_system_cpu_max_ratio",
		"Highest CPU usage of the participant's whole machine in the newest minute, from 0 to 1.", participantLabels...)
	wifiRSSIMin = gauge("zoom_qos_wifi_rssi_min_dbm",
		"Weakest Wi-Fi signal in the participant's newest minute.", participantLabels...)
	wifiRSSIAvg = gauge("zoom_qos_wifi_rssi_avg_dbm",
		"Average Wi-Fi signal in the participant's newest minute.", participantLabels...)
	wifiRSSIMax = gauge("zoom_qos_wifi_rssi_max_dbm",
		"Strongest Wi-Fi signal in the participant's newest minute.", participantLabels...)
	sampleTimestamp = gauge("zoom_qos_sample_timestamp_seconds",
		"Timestamp of the participant's newest minute, by Zoom's clock.", participantLabels...)

	participantInfo = gauge("zoom_participant_info",
		"Who a participant is, as far as the privacy settings allow. Always 1.",
		"meeting", "participant", "user", "participant_uuid", "user_name", "email", "role")
	deviceInfo = gauge("zoom_participant_device_info",
		"A participant's device and client, as far as the privacy settings allow. Always 1.",
		"meeting", "participant", "device", "os", "os_version", "client", "client_version", "pc_name", "domain")
	networkInfo = gauge("zoom_participant_network_info",
		"A participant's place and connection, as far as the privacy settings allow. Always 1.",
		"meeting", "participant", "site", "network_type", "connection_type", "data_center", "location", "ip_address", "internal_ip_address")
	meetingInfo = gauge("zoom_meeting_info",
		"Information about a live meeting or webinar, as far as the privacy settings allow. Always 1.",
		"meeting", "kind", "meeting_id", "topic", "host", "department")
	meetingParticipants = gauge("zoom_meeting_participants",
		"Number of people in the meeting, without its waiting room: as listed on its pages once all of them have been read, before that as the live list states.", "meeting")
	meetingStart = gauge("zoom_meeting_start_timestamp_seconds",
		"Start time of the meeting.", "meeting")
	meetingPolled = gauge("zoom_meeting_polled_timestamp_seconds",
		"Time of Zoom's last answer about the meeting's participants.", "meeting")
	liveMeetings = gauge("zoom_live_meetings",
		"Number of live meetings or webinars that are collected. Absent while the live list is unknown.", "kind")
	liveParticipants = gauge("zoom_live_participants",
		"Number of people in the live meetings or webinars that are collected. Absent while the live list is unknown.", "kind")

	readingsTotal = counter("zoom_qos_readings_total",
		"Readings, each one minute of a participant's stream, by the worst verdict of their latency, jitter and packet loss. Each is counted once.",
		slices.Concat([]string{"kind", "media", "direction", "verdict"}, dimensionLabels)...)
	readingLatency = histogram("zoom_qos_reading_latency_seconds",
		"Latency of readings.", readingHistogramLabels...)
	readingJitter = histogram("zoom_qos_reading_jitter_seconds",
		"Jitter of readings.", readingHistogramLabels...)
	readingLoss = histogram("zoom_qos_reading_packet_loss_ratio",
		"Average packet loss of readings, from 0 to 1.", readingHistogramLabels...)
	sessionsTotal = counter("zoom_qos_sessions_total",
		"Streams of ended participant sessions, by the verdict of their average figures.",
		slices.Concat([]string{"kind", "media", "direction", "verdict"}, dimensionLabels)...)
	sessionDuration = histogram("zoom_qos_session_duration_seconds",
		"Duration of ended participant sessions.", slices.Concat([]string{"kind"}, dimensionLabels)...)
	participantCounted = counter("zoom_participant_counted_seconds_total",
		"Time that participants spent in meetings and whose readings were counted: 60 s for each minute.")
	participantLost = counter("zoom_participant_lost_seconds_total",
		"Time of participants that could not be counted: 60 s for each minute. This is an upper bound.", "reason")
	readingsOverflowed = counter("zoom_readings_overflowed_total",
		"Increments counted with \"other\" as the network_type, or in all dimensions, because the table of label sets was full.", "table", "collapsed")
	backfillsWaiting = gauge("zoom_backfills_waiting",
		"Ended meetings whose last minutes have not been fetched from Zoom yet.")

	accountUp = gauge("zoom_account_up",
		"Whether the last requests for a token and for the live lists succeeded. 0 before the first ones. Neither an exhausted budget nor an error of a single meeting changes it.")
	pollSuccess = gauge("zoom_poll_success",
		"Whether the endpoint answered in the last cycle that needed it. 1 if there was nothing to request. Absent for webinars if the account has none.", "task")
	pollLastSuccess = gauge("zoom_poll_last_success_timestamp_seconds",
		"Time when the endpoint last answered or there was nothing to request. Before that, the start of the process.", "task")
	pollInterval = gauge("zoom_poll_interval_seconds",
		"Interval at which the day's remaining requests allow every live meeting to be polled, at least 60.")
	pollCoverage = gauge("zoom_poll_coverage_ratio",
		"Share of live participants whose figures are not older than two poll intervals, from 0 to 1.")
	pollDeadlineExceeded = counter("zoom_poll_deadline_exceeded_total",
		"Scrapes that were answered before their poll cycle had finished.")
	tokenExpiry = gauge("zoom_account_token_expiry_timestamp_seconds",
		"Expiry time of the account's access token, which is renewed before.")
	parseFailures = counter("zoom_parse_failures_total",
		"Values in Zoom's answers that could not be parsed and are not exposed.", "field", "reason")
	participantsDropped = gauge("zoom_participants_dropped",
		"Participants in the latest answers that should be exposed and are not.", "reason")

	apiThrottled = counter("zoom_api_throttled_total",
		"Requests that Zoom refused with status 429, by the rate limit that was exceeded.", "pool")
	budgetLimit = gauge("zoom_budget_limit_requests",
		"Requests that Zoom grants the account in one window of the rate limit.", "pool")
	budgetRemaining = gauge("zoom_budget_remaining_requests",
		"Requests that the exporter may still send in the current window.", "pool")
	budgetReserved = gauge("zoom_budget_reserved_requests",
		"Requests per window that are reserved for the account's other apps.", "pool")
	budgetForeign = gauge("zoom_budget_foreign_requests",
		"Estimated requests that the account's other apps have sent today.", "pool")
	budgetReset = gauge("zoom_budget_reset_timestamp_seconds",
		"End of the current window.", "pool")
)

// The metrics by topic, in the order of docs/metrics.md.
var (
	figureMetrics = []*metric{latency, jitter, packetLoss, packetLossMax, bitrate, frameRate, width, height, audioMOS}
	deviceMetrics = []*metric{
		clientCPUMin, clientCPUAvg, clientCPUMax, systemCPUMax, wifiRSSIMin, wifiRSSIAvg, wifiRSSIMax, sampleTimestamp,
	}
	factMetrics = []*metric{
		participantInfo, deviceInfo, networkInfo, meetingInfo, meetingParticipants, meetingStart, meetingPolled, liveMeetings, liveParticipants,
	}
	readingMetrics = []*metric{
		readingsTotal, readingLatency, readingJitter, readingLoss, sessionsTotal, sessionDuration,
		participantCounted, participantLost, readingsOverflowed, backfillsWaiting,
	}
	stateMetrics = []*metric{
		accountUp, pollSuccess, pollLastSuccess, pollInterval, pollCoverage, pollDeadlineExceeded, tokenExpiry,
		parseFailures, participantsDropped,
	}
	budgetMetrics = []*metric{apiThrottled, budgetLimit, budgetRemaining, budgetReserved, budgetForeign, budgetReset}
)

// modelMetrics are the metrics that Collector exposes.
var modelMetrics = slices.Concat(figureMetrics, deviceMetrics, factMetrics, aggregateMetrics, readingMetrics, stateMetrics, budgetMetrics, []*metric{participantsMode})

// participantsMode exposes the mode. It alone has no label account.
var participantsMode = define("zoom_exporter_participants_mode",
	"Which participants have series of their own, as metrics.participants says: 1 for the mode in use, 0 for the others.",
	prometheus.GaugeValue, []string{"mode"})

// StoreCommitFailures counts failed writes to the storage.
var StoreCommitFailures = prometheus.CounterOpts{
	Name: "zoom_exporter_store_commit_failures_total",
	Help: "Failed writes of state that must survive a restart. While writes fail, requests are spread evenly over the day and new readings are not exposed.",
}

// ReloadSuccessful and ReloadTimestamp describe the last reload of the
// configuration.
var (
	ReloadSuccessful = prometheus.GaugeOpts{
		Name: "zoom_exporter_config_last_reload_successful",
		Help: "Whether the last configuration reload succeeded. If not, the previous configuration stays in use.",
	}
	ReloadTimestamp = prometheus.GaugeOpts{
		Name: "zoom_exporter_config_last_reload_success_timestamp_seconds",
		Help: "Time of the last successful configuration load.",
	}
)
