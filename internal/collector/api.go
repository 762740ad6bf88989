package collector

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

const (
	apiRequestsName = "zoom_api_requests_total"
	apiRequestsHelp = "Requests sent to Zoom, including retries, by HTTP status. The code is 0 if no answer arrived."
	apiFailuresName = "zoom_api_request_failures_total"
	apiFailuresHelp = "Requests to Zoom without a usable answer, by reason."
	apiDurationName = "zoom_api_request_duration_seconds"
	apiDurationHelp = "Time from sending a request to receiving the last byte of Zoom's answer."
)

var (
	apiRequestsLabels = []string{"account", "endpoint", "code"}
	apiFailuresLabels = []string{"account", "endpoint", "reason"}
	apiDurationLabels = []string{"account", "endpoint"}
)

// usualCodes are the HTTP statuses that Zoom is known to send; 0 stands for no
// answer.
var usualCodes = [...]string{"0", "200", "400", "401", "404", "429", "500", "502", "503", "504"}

// APIMetrics are the metrics of the requests sent to Zoom.
type APIMetrics struct {
	requests, failures *prometheus.CounterVec
	duration           *prometheus.HistogramVec
}

// NewAPIMetrics returns metrics without samples.
func NewAPIMetrics() *APIMetrics {
	return &APIMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: apiRequestsName, Help: apiRequestsHelp,
		}, apiRequestsLabels),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: apiFailuresName, Help: apiFailuresHelp,
		}, apiFailuresLabels),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: apiDurationName, Help: apiDurationHelp,
			Buckets: []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30},
		}, apiDurationLabels),
	}
}

// Describe implements prometheus.Collector.
func (m *APIMetrics) Describe(ch chan<- *prometheus.Desc) {
	m.requests.Describe(ch)
	m.failures.Describe(ch)
	m.duration.Describe(ch)
}

// Collect implements prometheus.Collector.
func (m *APIMetrics) Collect(ch chan<- prometheus.Metric) {
	m.requests.Collect(ch)
	m.failures.Collect(ch)
	m.duration.Collect(ch)
}

// Forget deletes the series of an account that is no longer polled.
func (m *APIMetrics) Forget(account string) {
	labels := prometheus.Labels{"account": account}
	m.requests.DeletePartialMatch(labels)
	m.failures.DeletePartialMatch(labels)
	m.duration.DeletePartialMatch(labels)
}

// Expect creates the series of the account's endpoints with the value 0, so that
// increase() sees the first failure.
func (m *APIMetrics) Expect(account string, endpoints []zoomapi.Endpoint) {
	for _, e := range endpoints {
		for _, code := range usualCodes {
			m.requests.WithLabelValues(account, string(e), code)
		}
		m.duration.WithLabelValues(account, string(e))
		for _, reason := range zoomapi.Reasons {
			m.failures.WithLabelValues(account, string(e), string(reason))
		}
	}
}

// Observer returns the observer of an account's requests.
func (m *APIMetrics) Observer(account string) zoomapi.Observer {
	return &apiObserver{metrics: m, account: account}
}

type apiObserver struct {
	metrics *APIMetrics
	account string
}

func (o *apiObserver) ObserveAttempt(a zoomapi.Attempt) {
	endpoint := string(a.Endpoint)
	o.metrics.requests.WithLabelValues(o.account, endpoint, strconv.Itoa(a.Status)).Inc()
	o.metrics.duration.WithLabelValues(o.account, endpoint).Observe(a.Duration.Seconds())
	if a.Reason != "" {
		o.metrics.failures.WithLabelValues(o.account, endpoint, string(a.Reason)).Inc()
	}
}
