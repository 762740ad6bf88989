package zoomapi

import (
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/difftest"
)

func TestDecodeSummary(t *testing.T) {
	page, err := decodePage[SummaryRow](newDecoder(), fixture(t, "summary.json"), "participants")
	if err != nil {
		t.Fatal(err)
	}
	want := Page[SummaryRow]{NextPageToken: "page-2", TotalRecords: 11, Rows: []SummaryRow{
		{
			ParticipantID: "16778240",
			Summaries: []Summary{
				{Text(AudioInput), SummaryDetails{
					AvgBitrate: "27.15kbps", AvgLatency: "126 ms", AvgJitter: "4 ms", AvgLoss: "0.3%", MaxLoss: "0.7%",
				}},
				{Text(VideoOutput), SummaryDetails{
					AvgBitrate: "391 kbps", AvgJitter: "0 ms", AvgLoss: "0.0%", MaxLoss: "0.0%", Resolution: "1280*720", AvgFrameRate: "12 fps",
				}},
				{Type: "cpu_usage"},
			},
		},
		{ParticipantID: "16779264"},
	}}
	if diff := difftest.Diff(want, page); diff != "" {
		t.Error(diff)
	}
}

// A value that cannot be used costs nothing but that value.
func TestDecodeSummaryTolerance(t *testing.T) {
	audio := []Summary{{Text(AudioInput), SummaryDetails{AvgLatency: "1 ms"}}}
	tests := []struct {
		name, row string
		want      []Summary
	}{
		{"no list", ``, nil},
		{"null", `,"qos":null`, nil},
		{"blank", `,"qos":""`, nil},
		{"an object", `,"qos":{"type":"audio_input","details":{"avg_latency":"1 ms"}}`, audio},
		{"odd entries", `,"qos":[null,"",1,[],{"type":"audio_input","details":{"avg_latency":"1 ms"}}]`, append([]Summary{{Type: Unreadable}}, audio...)},
		{"list twice", `,"qos":[{"type":"video_input"}],"qos":[{"type":"audio_input","details":{"avg_latency":"1 ms"}}]`, audio},
		{"details first", `,"qos":[{"details":{"avg_latency":"1 ms"},"type":"audio_input"}]`, audio},
		{"details twice", `,"qos":[{"type":"audio_input","details":{"avg_jitter":"1 ms"},"details":{"avg_latency":"1 ms"}}]`, audio},
		{"odd figures", `,"qos":[{"type":"audio_input","details":{"avg_latency":"1 ms","avg_jitter":{"ms":1},"avg_loss":null,"new":[1]}}]`, []Summary{{Text(AudioInput), SummaryDetails{AvgLatency: "1 ms", AvgJitter: Unreadable}}}},
		{"numbers", `,"qos":[{"type":7,"details":{"avg_latency":12.5}}]`, []Summary{{"7", SummaryDetails{AvgLatency: "12.5"}}}},
		{"details null", `,"qos":[{"type":"audio_input","details":null}]`, []Summary{{Type: Text(AudioInput)}}},
		{"details blank", `,"qos":[{"type":"audio_input","details":""}]`, []Summary{{Type: Text(AudioInput)}}},
		{"details a list", `,"qos":[{"type":"audio_input","details":[{"avg_latency":"1 ms"}]}]`, []Summary{{Type: Unreadable}}},
		{"type of another kind", `,"qos":[{"type":["audio_input"],"details":{}}]`, []Summary{{Type: Unreadable}}},
		{"escaped names", `,"qos":[{"typ\u0065":"audio_input","details":{"avg\u005flatency":"1 ms"}}]`, audio},
	}
	d := newDecoder() // shared, as by pages that follow one another
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			body := `{"participants":[{"participant_id":1` + test.row + `},{"participant_id":"next"}]}`
			page, err := decodePage[SummaryRow](d, []byte(body), "participants")
			if err != nil {
				t.Fatal(err)
			}
			want := []SummaryRow{{ParticipantID: "1", Summaries: test.want}, {ParticipantID: "next"}}
			if diff := difftest.Diff(want, page.Rows); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzDecodeSummary(f *testing.F) {
	seed(f, `{"participants":[{"qos":[{"type":1,"details":[]},{"details":{"avg_loss":1},"details":""}]}]}`, `{"participants":[{"qos":[`)
	d := newDecoder()
	f.Fuzz(func(t *testing.T, body []byte) {
		page, err := decodePage[SummaryRow](d, body, "participants")
		fresh, freshErr := decodePage[SummaryRow](newDecoder(), body, "participants")
		if !reflect.DeepEqual(page, fresh) || (err == nil) != (freshErr == nil) {
			t.Fatalf("a reused decoder reads it differently: %v, %v", err, freshErr)
		}
		if err != nil && len(page.Rows) != 0 {
			t.Fatal("rows come with an error")
		}
		for _, row := range page.Rows {
			for _, s := range row.Summaries {
				if !utf8.ValidString(string(s.Type)) || !utf8.ValidString(string(s.Details.AvgLatency)) {
					t.Fatalf("not UTF-8: %+v", s)
				}
			}
		}
	})
}
