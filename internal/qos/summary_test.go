package qos

import (
	"reflect"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func TestSummary(t *testing.T) {
	row := zoomapi.SummaryRow{ParticipantID: " 16778240 ", Summaries: []zoomapi.Summary{
		{Type: "audio_input", Details: zoomapi.SummaryDetails{AvgLatency: "999 ms", AvgJitter: "999 ms"}},
		{Type: "video_output", Details: zoomapi.SummaryDetails{AvgBitrate: "800 kbps", AvgFrameRate: "12.5 fps", Resolution: "1280*720"}},
		{Type: "as_output"},
		{Type: "as_input", Details: zoomapi.SummaryDetails{AvgLatency: " "}},
		{Type: "audio_device_from_crc", Details: zoomapi.SummaryDetails{AvgLatency: "0 ms"}},
		{Type: "hologram_input", Details: zoomapi.SummaryDetails{AvgLatency: "1 ms"}},
		{Type: "cpu_usage"},
		{},
		// Of two by one name the latter counts.
		{Type: "audio_input", Details: zoomapi.SummaryDetails{
			AvgLatency: "126 ms", AvgJitter: "4ms", AvgLoss: "0.3%", MaxLoss: "0.7%", AvgBitrate: "-"}},
	}}
	failures := Failures{}
	got, ok := everything().Summary(&row, failures)
	if !ok || got.ID != "16778240" || len(failures) != 0 {
		t.Fatalf("%+v, %v, failures %v", got, ok, failures)
	}
	none := Absent()
	want := []Reading{
		{Stream{Video, Received, Client}, Figures{none, none, none, none, 100_000, 12.5, 1280, 720}},
		{Stream{Audio, Sent, CRC}, Figures{0, none, none, none, none, none, none, none}},
		{Stream{Audio, Sent, Client}, Figures{0.126, 0.004, 0.003, 0.007, none, none, none, none}},
	}
	if len(got.Averages) != len(want) {
		t.Fatalf("averages %+v, want %+v", got.Averages, want)
	}
	for i := range want {
		if !sameReading(got.Averages[i], want[i]) {
			t.Errorf("average %+v, want %+v", got.Averages[i], want[i])
		}
	}
	if got, _ := new(Converter).Summary(&row, failures); len(got.Averages) != 2 {
		t.Errorf("averages %+v with room connectors switched off", got.Averages)
	}
}

// sameReading compares with an absent figure being like another.
func sameReading(a, b Reading) bool {
	if a.Stream != b.Stream {
		return false
	}
	x, y := reflect.ValueOf(a.Figures), reflect.ValueOf(b.Figures)
	for i := range x.NumField() {
		v, w := x.Field(i).Float(), y.Field(i).Float()
		if v != w && (Present(v) || Present(w)) {
			return false
		}
	}
	return true
}

func TestSummaryWhatCannotBeRead(t *testing.T) {
	failures := Failures{}
	row := zoomapi.SummaryRow{ParticipantID: "16", Summaries: []zoomapi.Summary{{Type: "video_input", Details: zoomapi.SummaryDetails{
		AvgLatency: "quick", AvgJitter: "3 parsecs", AvgLoss: "130%", MaxLoss: "x", AvgBitrate: "x", AvgFrameRate: "x", Resolution: "big"}}}}
	got, ok := everything().Summary(&row, failures)
	if !ok || len(got.Averages) != 0 {
		t.Errorf("%+v, %v", got, ok)
	}
	want := Failures{
		{"avg_latency", "malformed"}: 1, {"avg_jitter", "unit"}: 1, {"avg_loss", "range"}: 1, {"max_loss", "malformed"}: 1,
		{"avg_bitrate", "malformed"}: 1, {"avg_frame_rate", "malformed"}: 1, {"resolution", "malformed"}: 1,
	}
	if !reflect.DeepEqual(failures, want) {
		t.Errorf("failures %v, want %v", failures, want)
	}
	if _, ok := everything().Summary(&zoomapi.SummaryRow{Summaries: []zoomapi.Summary{{Type: "audio_input"}}}, failures); ok {
		t.Error("a row that names nobody was taken")
	}
}
