package web

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
)

// twins collects two equal series, which registries reject.
type twins struct{ desc *prometheus.Desc }

func (t twins) Describe(ch chan<- *prometheus.Desc) { ch <- t.desc }

func (t twins) Collect(ch chan<- prometheus.Metric) {
	for range 2 {
		ch <- prometheus.MustNewConstMetric(t.desc, prometheus.GaugeValue, 1, "Secret Example")
	}
}

func TestOddSeriesTakeAwayNoOthers(t *testing.T) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		twins{prometheus.NewDesc("twin", "Twice the same.", []string{"topic"}, nil)},
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "other", Help: "Another."}, func() float64 { return 7 }),
	)
	core, logs := observer.New(zap.DebugLevel)
	h := newMetricsHandler(instant{}, registry, clock.System{}, zap.New(core))
	answer := ask(t, h, "GET", "/metrics")
	if answer.Code != 200 || !strings.Contains(answer.Body.String(), "\nother 7\n") {
		t.Errorf("status %d: %s", answer.Code, answer.Body)
	}
	if logs.Len() != 1 || logs.All()[0].ContextMap()["series"] != int64(1) {
		t.Fatalf("log: %+v", logs.All())
	}
	if strings.Contains(fmt.Sprintf("%+v", logs.All()), "Secret") {
		t.Errorf("a label is in the log: %+v", logs.All())
	}
}

func TestFaultsAreToldOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zap.DebugLevel)
		log := newErrorLog(zap.New(core))
		gone := func() {
			for range 60 { // one error per unsent metric
				log.Println("error encoding and sending metric family:", errors.New("write tcp 192.0.2.7:19666: broken pipe"))
			}
		}
		gone()
		log.Println("error gathering metrics:", prometheus.MultiError{errors.New("one"), errors.New("two")})
		if logs.Len() != 2 {
			t.Errorf("%d lines of two kinds of fault", logs.Len())
		}
		time.Sleep(61 * time.Second)
		gone()
		if logs.Len() != 3 {
			t.Errorf("%d lines after another minute", logs.Len())
		}
		if text := fmt.Sprintf("%+v", logs.All()); strings.Contains(text, "192.0.2.7") {
			t.Errorf("an address is in the log: %s", text)
		}
	})
}
