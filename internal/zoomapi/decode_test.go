package zoomapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/difftest"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestDecodeLists(t *testing.T) {
	d := newDecoder()
	meetings, err := decodePage[Live](d, fixture(t, "meetings.json"), "meetings")
	if err != nil {
		t.Fatal(err)
	}
	want := Page[Live]{NextPageToken: "page-2", TotalRecords: 301, Rows: []Live{{
		UUID: "aB3+dE6/gH9jK2mN5pQ8sQ==", ID: "81234567890", Topic: `Weekly "sync" ☕`, Host: "Ada Example",
		Email: "ada@example.com", Department: "Engineering", StartTime: "2026-03-02T08:04:27Z", Participants: 12,
		AudioQuality: "good", VideoQuality: "fair",
	}, {
		UUID: "/xY4zA7bC0dE3fG6hI9jKQ==", ID: "82345678901", Host: "Grace Example", Email: "grace@example.com",
		StartTime: "2026-03-02T09:00:00Z", Participants: 3,
	}}}
	if diff := difftest.Diff(want, meetings); diff != "" {
		t.Errorf("meetings:\n%s", diff)
	}

	webinars, err := decodePage[Live](d, fixture(t, "webinars.json"), "webinars")
	if err != nil {
		t.Fatal(err)
	}
	if len(webinars.Rows) != 1 || webinars.Rows[0].ID != "83456789012" || webinars.NextPageToken != "" {
		t.Errorf("webinars: %+v", webinars)
	}

	people, err := decodePage[ParticipantRow](d, fixture(t, "participants.json"), "participants")
	if err != nil {
		t.Fatal(err)
	}
	wantPeople := []ParticipantRow{
		{
			UserID: "16778240", ParticipantUUID: "AAAA1111-2222-3333-4444-555566667777",
			Role: "host", Status: "in_meeting",
		},
		{
			UserID: "16779264", ParticipantUUID: "BBBB1111-2222-3333-4444-555566667777",
			Role: "attendee", Status: "in_waiting_room",
		},
	}
	if diff := difftest.Diff(wantPeople, people.Rows); diff != "" {
		t.Errorf("participants:\n%s", diff)
	}
}

func TestDecodeQoS(t *testing.T) {
	page, err := decodePage[QoSRow](newDecoder(), fixture(t, "qos.json"), "participants")
	if err != nil {
		t.Fatal(err)
	}
	if page.TotalRecords != 11 || page.NextPageToken != "page-2" || len(page.Rows) != 2 {
		t.Fatalf("%d rows of %d, followed by %q", len(page.Rows), page.TotalRecords, page.NextPageToken)
	}
	row := page.Rows[0]
	if row.UserID != "16778240" || row.NetworkType != "Wifi" || row.LeaveTime != "" ||
		!reflect.DeepEqual(row.InternalIPAddresses, []Text{"10.1.2.3", "2001:db8::3"}) || len(row.Minutes) != 2 {
		t.Fatalf("row %s, network %q, left %q, addresses %q, %d minutes",
			row.UserID, row.NetworkType, row.LeaveTime, row.InternalIPAddresses, len(row.Minutes))
	}
	audio := Figures{Bitrate: "27.15 kbps", Latency: "126 ms", Jitter: "4 ms", AvgLoss: "0.3%", MaxLoss: "0.7%"}
	received := audio
	received.Latency, received.AvgLoss = "0 ms", "0%"
	video := audio
	video.Resolution, video.FrameRate = "1280*720", "12 fps"
	zeros := video
	zeros.Resolution = "0*0"
	want := Minute{
		DateTime: "2026-03-02T08:06:00Z",
		Streams: []Stream{
			{AudioInput, audio},
			{AudioOutput, received},
			{VideoInput, video},
			{VideoOutput, zeros},
			{ShareInput, Figures{}},
			{ShareOutput, Figures{}},
			{ShareDeviceFromCRC, Figures{}},
			{AudioDeviceToRWG, audio},
		},
		CPU:  &CPU{ZoomMin: "0%", ZoomAvg: "0%", ZoomMax: "2%", SystemMax: "11%"},
		WiFi: &WiFi{Min: "-35", Avg: "-69", Max: "-75", Unit: "dBm"},
	}
	if diff := difftest.Diff(want, row.Minutes[0]); diff != "" {
		t.Errorf("minute:\n%s", diff)
	}
	if second := row.Minutes[1]; second.CPU != nil || second.WiFi != nil || len(second.Streams) != 8 {
		t.Errorf("a blank or null object is not absent: CPU %t, Wi-Fi %t, %d streams", second.CPU != nil, second.WiFi != nil, len(second.Streams))
	}
	if left := page.Rows[1]; left.LeaveTime == "" || left.Minutes != nil {
		t.Errorf("the person who left at %q has %d minutes", left.LeaveTime, len(left.Minutes))
	}
}

// A value that cannot be used costs nothing but that value.
func TestDecodeTolerance(t *testing.T) {
	minute := func(m Minute) QoSRow { return QoSRow{UserID: "1", Minutes: []Minute{m}} }
	audio := []Stream{{AudioInput, Figures{Latency: "1 ms"}}}
	tests := []struct {
		name, row string
		want      QoSRow
	}{
		{"numbers", `"user_id":1,"version":6.5,"client":-0,"os":1e3`, QoSRow{UserID: "1", Version: "6.5", Client: "-0", OS: "1e3"}},
		{"large number", `"user_id":12345678901234567890123`, QoSRow{UserID: "12345678901234567890123"}},
		{"booleans and null", `"user_id":true,"os":false,"client":null`, QoSRow{UserID: Unreadable, OS: Unreadable}},
		{"objects and arrays", `"user_id":"1","os":{"a":[1]},"client":[["x"]]`, QoSRow{UserID: "1", OS: Unreadable, Client: Unreadable}},
		{"empty objects and arrays", `"user_id":"1","os":{},"client":[ ]`, QoSRow{UserID: "1"}},
		{"double name", `"user_id":"2","user_id":"1"`, QoSRow{UserID: "1"}},
		{"double name, null last", `"user_id":"1","os":"a","os":null`, QoSRow{UserID: "1"}},
		{"case of names", `"user_id":"1","groupId":"g","Groupid":7,"USER_ID":"2","Os":"x"`, QoSRow{UserID: "1"}},
		{"escaped names and values", `"user\u005fid":"\u0031\n\"","user_name":"\ud83d\ude00"`, QoSRow{UserID: "1\n\"", UserName: "😀"}},
		{"lone surrogate", `"user_id":"1","user_name":"a\ud83d"`, QoSRow{UserID: "1", UserName: "a\ufffd"}},
		{"broken UTF-8", "\"user_id\":\"1\",\"user_name\":\"J\xf6rg\"", QoSRow{UserID: "1", UserName: "J\ufffdrg"}},
		{"broken UTF-8 in a name", "\"user_id\":\"1\",\"\xff\":2", QoSRow{UserID: "1"}},
		{"addresses", `"user_id":"1","internal_ip_addresses":["10.0.0.1",null,7,{},"",{"a":1}]`, QoSRow{UserID: "1", InternalIPAddresses: []Text{"10.0.0.1", "7", Unreadable}}},
		{"one address", `"user_id":"1","internal_ip_addresses":"10.0.0.1"`, QoSRow{UserID: "1", InternalIPAddresses: []Text{"10.0.0.1"}}},
		{"no addresses", `"user_id":"1","internal_ip_addresses":""`, QoSRow{UserID: "1"}},
		{"addresses an object", `"user_id":"1","internal_ip_addresses":{"a":1}`, QoSRow{UserID: "1", InternalIPAddresses: []Text{Unreadable}}},
		{"a lone minute", `"user_id":"1","user_qos":{"audio_input":{"latency":"1 ms"}}`, minute(Minute{Streams: audio})},
		{"minutes a text", `"user_id":"1","user_qos":"none"`, minute(Minute{Unreadable: 1})},
		{"minutes blank", `"user_id":"1","user_qos":""`, QoSRow{UserID: "1"}},
		{"minutes null", `"user_id":"1","user_qos":null`, QoSRow{UserID: "1"}},
		{"minutes twice", `"user_id":"1","user_qos":[{"date_time":"a"}],"user_qos":[]`, QoSRow{UserID: "1"}},
		{"odd minutes", `"user_id":"1","user_qos":[null,"",1,[],{"date_time":"d"}]`, QoSRow{UserID: "1", Minutes: []Minute{{Unreadable: 1}, {DateTime: "d"}}}},
		{"odd date", `"user_id":"1","user_qos":[{"date_time":{"at":1}},{"date_time":"d"}]`, QoSRow{UserID: "1", Minutes: []Minute{{DateTime: Unreadable}, {DateTime: "d"}}}},
		{"odd streams", `"user_id":"1","user_qos":[{"audio_output":"","video_input":null,"as_input":[],"as_output":7,"unknown_stream":{"latency":"2 ms"},"audio_input":{"latency":"1 ms"}}]`, minute(Minute{Streams: audio, Unreadable: 1})},
		{"double stream", `"user_id":"1","user_qos":[{"audio_input":{"latency":"2 ms","jitter":"3 ms"},"audio_input":{"latency":"1 ms"}}]`, minute(Minute{Streams: audio})},
		{"stream taken back", `"user_id":"1","user_qos":[{"audio_input":{"latency":"2 ms"},"audio_input":""}]`, minute(Minute{})},
		{"odd figures", `"user_id":"1","user_qos":[{"audio_input":{"latency":"1 ms","jitter":{"ms":1},"bitrate":null,"new":[1]}}]`, minute(Minute{Streams: []Stream{{AudioInput, Figures{Latency: "1 ms", Jitter: Unreadable}}}})},
		{"odd CPU and Wi-Fi", `"user_id":"1","user_qos":[{"cpu_usage":[],"wifi_rssi":7}]`, minute(Minute{Unreadable: 1})},
		{"escaped stream name", `"user_id":"1","user_qos":[{"audio\u005finput":{"latency":"1 ms"}}]`, minute(Minute{Streams: audio})},
	}
	d := newDecoder() // shared, as by pages that follow one another
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			body := `{"participants":[{` + test.row + `},{"user_id":"next"}]}`
			page, err := decodePage[QoSRow](d, []byte(body), "participants")
			if err != nil {
				t.Fatal(err)
			}
			if diff := difftest.Diff([]QoSRow{test.want, {UserID: "next"}}, page.Rows); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodePage(t *testing.T) {
	deep := strings.Repeat("[", 500) + strings.Repeat("]", 500)
	tests := []struct {
		name, body string
		want       Page[Live]
	}{
		{"odd rows", `{"meetings":[1,null,"x",[],{"uuid":"a"},true]}`, Page[Live]{Rows: []Live{{UUID: "a"}}, Unreadable: 5}},
		{"null rows", `{"meetings":null}`, Page[Live]{}},
		{"no rows", `{"meetings":[]}`, Page[Live]{}},
		{"rows left out of an empty page", `{"total_records":0}`, Page[Live]{}},
		{"token a number", `{"next_page_token":12,"meetings":[]}`, Page[Live]{NextPageToken: "12"}},
		{"token null", `{"next_page_token":null,"meetings":[]}`, Page[Live]{}},
		{"token false", `{"next_page_token":false,"meetings":[]}`, Page[Live]{}},
		{"token an object", `{"next_page_token":{"a":"b"},"meetings":[]}`, Page[Live]{}},
		{"totals as strings", `{"total_records":" 7 ","meetings":[]}`, Page[Live]{TotalRecords: 7}},
		{"totals negative", `{"total_records":"-7","meetings":[]}`, Page[Live]{}},
		{"totals absurd", `{"total_records":99999999999999999999,"meetings":[]}`, Page[Live]{}},
		{"totals large", `{"total_records":9007199254740993,"meetings":[]}`, Page[Live]{TotalRecords: 1<<31 - 1}},
		{"totals of other types", `{"total_records":{},"meetings":[]}`, Page[Live]{}},
		{"counts", `{"meetings":[{"participants":"12"},{"participants":1.5},{"participants":null},{"participants":"many"}]}`, Page[Live]{Rows: []Live{{Participants: 12}, {Participants: NoCount}, {}, {Participants: NoCount}}}},
		{"deep", `{"new":` + deep + `,"meetings":[{"uuid":"a","topic":` + deep + `}]}`, Page[Live]{Rows: []Live{{UUID: "a", Topic: Unreadable}}}},
		{"byte order mark", "\xef\xbb\xbf{\"meetings\":[]}", Page[Live]{}},
		{"space around", " \r\n{ \"meetings\" : [ ] }\n", Page[Live]{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			page, err := decodePage[Live](newDecoder(), []byte(test.body), "meetings")
			if err != nil {
				t.Fatal(err)
			}
			if diff := difftest.Diff(test.want, page); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodePageErrors(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"empty", "", "empty"},
		{"HTML", "<html><body>secret</body></html>", "not JSON at byte 0"},
		{"cut", `{"meetings":[{"uuid":"secret`, "cut off at byte"},
		{"cut after a row", `{"meetings":[{"uuid":"secret"}`, "cut off at byte"},
		{"broken", `{"meetings":[{"uuid":"secret",}]}`, "not JSON at byte"},
		{"text after", `{"meetings":[]} secret`, "not JSON at byte"},
		{"two documents", `{"meetings":[]}{"meetings":["secret"]}`, "text follows"},
		{"an array", `[{"uuid":"secret"}]`, "not a JSON object"},
		{"a string", `"secret"`, "not a JSON object"},
		{"no list", `{"code":200,"message":"secret"}`, "no list of meetings"},
		{"list is a string", `{"meetings":"secret"}`, "no list of meetings"},
		{"list is an object", `{"meetings":{"uuid":"secret"}}`, "no list of meetings"},
		{"list left out of a page with rows", `{"total_records":3}`, "no list of meetings"},
		{"too deep", strings.Repeat(`{"a":`, 20000), "not JSON at byte"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := decodePage[Live](newDecoder(), []byte(test.body), "meetings")
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want an error with %q", err, test.want)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("%q quotes the body", err)
			}
		})
	}
}

// A reused decoder does not mix up pages, nor change those it has returned.
func TestDecoderReuse(t *testing.T) {
	d := newDecoder()
	body := qosBody(10, 20)
	first, err := decodePage[QoSRow](d, body, "participants")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := decodePage[QoSRow](d, bytes.ReplaceAll(body, []byte("ms"), []byte("XX")), "participants"); err != nil {
		t.Fatal(err)
	}
	if _, err := decodePage[QoSRow](d, body[:len(body)/2], "participants"); err == nil {
		t.Error("a page that is cut off decodes")
	}
	fresh, err := decodePage[QoSRow](newDecoder(), body, "participants")
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(first, fresh) {
		t.Error("the first page has changed")
	}
}

// qosBody returns a page of so many people and minutes, like the sample.
func qosBody(people, minutes int) []byte {
	figures := func(n int) map[string]string {
		return map[string]string{
			"bitrate": fmt.Sprintf("%d.%02d kbps", 20+n%40, n%100), "latency": fmt.Sprintf("%d ms", n%200),
			"jitter": fmt.Sprintf("%d ms", n%9), "avg_loss": "0%", "max_loss": "0.1%",
			"resolution": "1280*720", "frame_rate": "25 fps",
		}
	}
	rows := make([]map[string]any, people)
	for p := range rows {
		history := make([]map[string]any, minutes)
		for m := range history {
			history[m] = map[string]any{
				"date_time":   fmt.Sprintf("2026-03-02T08:%02d:00Z", m%60),
				"audio_input": figures(p*m + 1), "audio_output": figures(p*m + 2),
				"video_input": figures(p*m + 3), "video_output": figures(p*m + 4),
				"cpu_usage": map[string]string{
					"zoom_min_cpu_usage": "1%", "zoom_avg_cpu_usage": "3%",
					"zoom_max_cpu_usage": "9%", "system_max_cpu_usage": "41%",
				},
			}
		}
		rows[p] = map[string]any{
			"id": fmt.Sprintf("user-%d", p), "user_id": fmt.Sprint(16778240 + p*1024),
			"user_name": fmt.Sprintf("Person %d", p), "email": fmt.Sprintf("p%d@example.com", p),
			"ip_address": fmt.Sprintf("192.0.2.%d", p), "internal_ip_addresses": []string{"10.0.0.1"},
			"device": "Windows", "network_type": "Wifi", "data_center": "Example (XX)", "user_qos": history,
		}
	}
	body, err := json.Marshal(map[string]any{"participants": rows, "next_page_token": "", "total_records": people})
	if err != nil {
		panic(err)
	}
	return body
}

func seed(f *testing.F, bodies ...string) {
	names, err := filepath.Glob("testdata/*.json")
	if err != nil || len(names) == 0 {
		f.Fatalf("no fixtures: %v", err)
	}
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	for _, body := range bodies {
		f.Add([]byte(body))
	}
}

func FuzzDecodeQoS(f *testing.F) {
	seed(f, `{"participants":[{"user_qos":[{"audio_input":{"latency":1},"audio_input":""}]}]}`, `{"participants":[[`)
	d := newDecoder()
	f.Fuzz(func(t *testing.T, body []byte) {
		page, err := decodePage[QoSRow](d, body, "participants")
		fresh, freshErr := decodePage[QoSRow](newDecoder(), body, "participants")
		if !reflect.DeepEqual(page, fresh) || (err == nil) != (freshErr == nil) {
			t.Fatalf("a reused decoder reads it differently: %v, %v", err, freshErr)
		}
		if err != nil {
			if len(page.Rows) != 0 {
				t.Fatal("rows come with an error")
			}
			return
		}
		for _, row := range page.Rows {
			if !utf8.ValidString(string(row.UserName)) {
				t.Fatalf("not UTF-8: %q", row.UserName)
			}
			for _, minute := range row.Minutes {
				seen := make(map[StreamName]bool)
				for _, s := range minute.Streams {
					if seen[s.Name] {
						t.Fatalf("stream %s twice", s.Name)
					}
					seen[s.Name] = true
				}
			}
		}
	})
}

func FuzzDecodeList(f *testing.F) {
	seed(f, `{"meetings":[{"id":1,"participants":"x"}],"total_records":-1}`)
	f.Fuzz(func(t *testing.T, body []byte) {
		page, err := decodePage[Live](newDecoder(), body, "meetings")
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Fatalf("an error of several lines: %q", err)
		}
		if page.TotalRecords < 0 {
			t.Fatalf("negative totals: %+v", page)
		}
		if err == nil && !json.Valid(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))) {
			t.Fatalf("not JSON, yet decoded: %q", body)
		}
	})
}
