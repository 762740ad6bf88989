package qos

import (
	"math"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

var now = zoomtime.Of(time.Date(2026, 3, 2, 10, 30, 20, 0, time.UTC))

func everything() *Converter {
	return &Converter{
		Privacy: Privacy{User: Plain, UserName: Plain, Email: Plain, IPAddress: Plain, InternalIPAddress: Plain,
			PCName: Plain, Domain: Plain, Location: Plain, Device: Plain, MeetingID: Plain, Topic: Plain, Host: Plain, Department: Plain},
		CRC: true, RWG: true, CPU: true, WiFi: true,
	}
}

func minuteAt(at string, latency zoomapi.Text) zoomapi.Minute {
	return zoomapi.Minute{DateTime: zoomapi.Text(at), Streams: []zoomapi.Stream{
		{Name: zoomapi.AudioInput, Figures: zoomapi.Figures{Latency: latency}},
	}}
}

func TestNewestMinuteIsByTime(t *testing.T) {
	tests := []struct {
		name    string
		minutes []zoomapi.Minute
		want    string // latency in ms; "" is no minute
	}{
		{"none", nil, ""},
		{"one", []zoomapi.Minute{minuteAt("2026-03-02T10:30:00Z", "1 ms")}, "1"},
		{"oldest first", []zoomapi.Minute{minuteAt("2026-03-02T10:29:00Z", "1 ms"), minuteAt("2026-03-02T10:30:00Z", "2 ms")}, "2"},
		{"newest first", []zoomapi.Minute{minuteAt("2026-03-02T10:30:00Z", "2 ms"), minuteAt("2026-03-02T10:29:00Z", "1 ms")}, "2"},
		{"late in between", []zoomapi.Minute{minuteAt("2026-03-02T10:30:00Z", "2 ms"), minuteAt("2026-03-02T10:28:00Z", "3 ms")}, "2"},
		{"another zone", []zoomapi.Minute{minuteAt("2026-03-02T11:30:00+01:00", "2 ms"), minuteAt("2026-03-02T10:29:00Z", "1 ms")}, "2"},
		{"unreadable date", []zoomapi.Minute{minuteAt("yesterday", "2 ms"), minuteAt("2026-03-02T10:29:00Z", "1 ms")}, "1"},
		{"blank date", []zoomapi.Minute{minuteAt("", "2 ms")}, ""},
		{"mad future", []zoomapi.Minute{minuteAt("2036-03-02T10:30:00Z", "2 ms"), minuteAt("2026-03-02T10:29:00Z", "1 ms")}, "1"},
		{"a clock slightly ahead", []zoomapi.Minute{minuteAt("2026-03-02T10:31:00Z", "2 ms"), minuteAt("2026-03-02T10:30:00Z", "1 ms")}, "2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, ok := everything().newest(&zoomapi.QoSRow{UserID: "16", Minutes: tt.minutes}, now, Failures{})
			if !ok {
				t.Fatal("the row was refused")
			}
			got := ""
			if p.Newest != nil {
				got = strings.TrimSuffix(time.Duration(p.Newest.Readings[0].Latency*1e9).String(), "ms")
			}
			if got != tt.want {
				t.Errorf("latency %q ms, want %q", got, tt.want)
			}
		})
	}
}

func TestBlankIsAbsentAndZeroIsZero(t *testing.T) {
	row := zoomapi.QoSRow{UserID: "16", Minutes: []zoomapi.Minute{{
		DateTime: "2026-03-02T10:30:00Z",
		Streams: []zoomapi.Stream{
			{Name: zoomapi.VideoInput, Figures: zoomapi.Figures{
				Bitrate: "0 kbps", Latency: "", Jitter: "-", AvgLoss: "N/A", MaxLoss: "0.0%", Resolution: "0*0", FrameRate: "0 fps"}},
			{Name: zoomapi.ShareInput},
			{Name: "hologram_input", Figures: zoomapi.Figures{Latency: "1 ms"}},
		},
	}}}
	failures := Failures{}
	p, _ := everything().newest(&row, now, failures)
	if len(p.Newest.Readings) != 1 {
		t.Fatalf("%d readings, want 1: an object of blanks and an unknown stream are none", len(p.Newest.Readings))
	}
	f := p.Newest.Readings[0].Figures
	for name, v := range map[string]float64{"latency": f.Latency, "jitter": f.Jitter, "loss": f.Loss} {
		if Present(v) {
			t.Errorf("%s is %v, want absent", name, v)
		}
	}
	for name, v := range map[string]float64{"bitrate": f.Bitrate, "loss max": f.LossMax, "width": f.Width, "height": f.Height, "frame rate": f.FrameRate} {
		if v != 0 {
			t.Errorf("%s is %v, want 0", name, v)
		}
	}
	if len(failures) != 0 {
		t.Errorf("failures %v, want none", failures)
	}
	if cpu := p.Newest.CPU; Present(cpu.ClientMin) || Present(cpu.SystemMax) {
		t.Error("a missing CPU object has figures")
	}
}

func TestWhatCannotBeReadIsCounted(t *testing.T) {
	row := zoomapi.QoSRow{
		UserID: "16", IPAddress: "192.0.2.300", InternalIPAddresses: []zoomapi.Text{"", "10.0.0.1", "home"},
		Minutes: []zoomapi.Minute{{
			DateTime: "2026-03-02T10:30:00Z",
			Streams: []zoomapi.Stream{{Name: zoomapi.AudioInput, Figures: zoomapi.Figures{
				Latency: "quick", Jitter: "3 parsecs", AvgLoss: "130%", MaxLoss: "1 %", Resolution: "big"}}},
			CPU:  &zoomapi.CPU{ZoomMin: "1%", ZoomAvg: "?", ZoomMax: "3%", SystemMax: "40%"},
			WiFi: &zoomapi.WiFi{Min: "-60", Avg: "-50", Max: "-40", Unit: "bars"},
		}},
	}
	failures := Failures{}
	p, _ := everything().newest(&row, now, failures)
	want := Failures{
		{"latency", "malformed"}: 1, {"jitter", "unit"}: 1, {"avg_loss", "range"}: 1, {"resolution", "malformed"}: 1,
		{"zoom_avg_cpu_usage", "malformed"}: 1, {"wifi_rssi", "unit"}: 1,
		{"ip_address", "malformed"}: 1, {"internal_ip_addresses", "malformed"}: 1,
	}
	for f, n := range want {
		if failures[f] != n {
			t.Errorf("%v counted %d times, want %d", f, failures[f], n)
		}
	}
	if len(failures) != len(want) {
		t.Errorf("failures %v, want %v", failures, want)
	}
	if r := p.Newest.Readings[0]; r.LossMax != 0.01 || Present(r.Latency) {
		t.Errorf("figures %+v, want only the highest loss", r.Figures)
	}
	if p.Newest.CPU.SystemMax != 0.4 || p.Facts.InternalIPAddress != "10.0.0.1" || p.Facts.IPAddress != "" {
		t.Error("one odd value took away its neighbours")
	}
}

func TestSignalStrengthIsOrdered(t *testing.T) {
	for _, w := range []zoomapi.WiFi{{Min: "-75", Avg: "-69", Max: "-35", Unit: "dBm"}, {Min: "-35", Avg: "-69", Max: "-75"}} {
		row := zoomapi.QoSRow{UserID: "1", Minutes: []zoomapi.Minute{{DateTime: "2026-03-02T10:30:00Z", WiFi: &w}}}
		p, _ := everything().newest(&row, now, Failures{})
		if got := p.Newest.WiFi; got != (WiFi{-75, -69, -35}) {
			t.Errorf("%+v reads as %+v", w, got)
		}
	}
}

func TestStreams(t *testing.T) {
	seen := map[Stream]bool{}
	for name, want := range map[zoomapi.StreamName]Stream{
		zoomapi.AudioInput: {Audio, Sent, Client}, zoomapi.AudioOutput: {Audio, Received, Client},
		zoomapi.VideoInput: {Video, Sent, Client}, zoomapi.VideoOutput: {Video, Received, Client},
		zoomapi.ShareInput: {Share, Sent, Client}, zoomapi.ShareOutput: {Share, Received, Client},
		zoomapi.AudioDeviceFromCRC: {Audio, Sent, CRC}, zoomapi.AudioDeviceToCRC: {Audio, Received, CRC},
		zoomapi.VideoDeviceFromCRC: {Video, Sent, CRC}, zoomapi.VideoDeviceToCRC: {Video, Received, CRC},
		zoomapi.ShareDeviceFromCRC: {Share, Sent, CRC}, zoomapi.ShareDeviceToCRC: {Share, Received, CRC},
		zoomapi.AudioDeviceFromRWG: {Audio, Sent, RWG}, zoomapi.AudioDeviceToRWG: {Audio, Received, RWG},
		zoomapi.VideoDeviceFromRWG: {Video, Sent, RWG}, zoomapi.VideoDeviceToRWG: {Video, Received, RWG},
		zoomapi.ShareDeviceFromRWG: {Share, Sent, RWG}, zoomapi.ShareDeviceToRWG: {Share, Received, RWG},
	} {
		got, ok := streamOf(name)
		if !ok || got != want || seen[got] {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
		seen[got] = true
	}
}

func TestCollectSwitches(t *testing.T) {
	row := zoomapi.QoSRow{UserID: "1", Minutes: []zoomapi.Minute{{
		DateTime: "2026-03-02T10:30:00Z",
		Streams: []zoomapi.Stream{
			{Name: zoomapi.AudioInput, Figures: zoomapi.Figures{Latency: "1 ms"}},
			{Name: zoomapi.AudioDeviceFromCRC, Figures: zoomapi.Figures{Latency: "1 ms"}},
			{Name: zoomapi.AudioDeviceFromRWG, Figures: zoomapi.Figures{Latency: "1 ms"}},
		},
		CPU:  &zoomapi.CPU{ZoomAvg: "1%"},
		WiFi: &zoomapi.WiFi{Avg: "-50"},
	}}}
	p, _ := new(Converter).newest(&row, now, Failures{})
	if len(p.Newest.Readings) != 1 || Present(p.Newest.CPU.ClientAvg) || Present(p.Newest.WiFi.Avg) {
		t.Errorf("%+v with everything switched off", p.Newest)
	}
	p, _ = everything().newest(&row, now, Failures{})
	if len(p.Newest.Readings) != 3 || !Present(p.Newest.CPU.ClientAvg) || !Present(p.Newest.WiFi.Avg) {
		t.Errorf("%+v with everything switched on", p.Newest)
	}
}

func TestRowsAreNamed(t *testing.T) {
	for _, tt := range []struct {
		userID, uuid, leave zoomapi.Text
		id                  string
		left, ok            bool
	}{
		{"16778240", "D444", "", "16778240", false, true},
		{"", "D444", "", "D444", false, true},
		{" ", "", "", "", false, false},
		{"1", "", "2026-03-02T10:17:35Z", "1", true, true},
		{"1", "", "some day", "1", true, true}, // whenever it was, they left
		{"1", "", "-", "1", false, true},
	} {
		p, ok := everything().newest(&zoomapi.QoSRow{UserID: tt.userID, ParticipantUUID: tt.uuid, LeaveTime: tt.leave}, now, Failures{})
		if p.ID != tt.id || p.Left != tt.left || ok != tt.ok {
			t.Errorf("%q %q %q: id %q, left %v, ok %v", tt.userID, tt.uuid, tt.leave, p.ID, p.Left, ok)
		}
	}
}

func TestMeetings(t *testing.T) {
	failures := Failures{}
	m, ok := everything().Meeting(zoomapi.Webinar, &zoomapi.Live{
		UUID: "/ajXp112QmuoKj4854875==", ID: "93201235621", Topic: "Share “Now”\n", Host: "Example Host", Department: "Dev",
		StartTime: "2026-03-02T10:00:00Z", Participants: 7, AudioQuality: "good", VideoQuality: "poor", ScreenShareQuality: "",
	}, failures)
	want := Meeting{
		Kind: zoomapi.Webinar, UUID: "/ajXp112QmuoKj4854875==", Number: "93201235621",
		Facts:     MeetingFacts{MeetingID: "93201235621", Topic: "Share “Now”", Host: "Example Host", Department: "Dev"},
		Start:     zoomtime.Of(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)),
		Indicated: 7, Quality: Poor,
	}
	if !ok || m != want || len(failures) != 0 {
		t.Errorf("%+v, %v, %v; want %+v", m, ok, failures, want)
	}
	if m, ok := everything().Meeting(zoomapi.Meeting, &zoomapi.Live{ID: "93201235621", Participants: -1}, failures); !ok || m.UUID != "93201235621" || m.Indicated != 0 || failures[Failure{"participants", "range"}] != 1 {
		t.Errorf("without a UUID: %+v, %v", m, ok)
	}
	if _, ok := everything().Meeting(zoomapi.Meeting, &zoomapi.Live{Topic: "nameless"}, failures); ok {
		t.Error("a meeting without a name was taken")
	}
}

func TestLabelsAreValidAndBounded(t *testing.T) {
	for in, want := range map[zoomapi.Text]string{
		"plain":                                "plain",
		" \tpadded\n":                          "padded",
		"quote \" and \\":                      "quote \" and \\",
		"line\nbreak":                          "line\nbreak",
		"emoji 🎧":                              "emoji 🎧",
		"broken \xff\xfe!":                     "broken \uFFFD!",
		"\xff":                                 "\uFFFD",
		zoomapi.Text(strings.Repeat("x", 300)): strings.Repeat("x", 256),
		zoomapi.Text(strings.Repeat("é", 200)): strings.Repeat("é", 128),
		zoomapi.Text(strings.Repeat("€", 100)): strings.Repeat("€", 85),
	} {
		if got := Label(in); got != want || !utf8.ValidString(got) {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func FuzzParticipant(f *testing.F) {
	f.Add("16", "Ex \xff", "192.0.2.1", "2026-03-02T10:30:00Z", "126 ms", "1280*720", "-60")
	f.Add("", "", "x", "", "", "", "")
	f.Fuzz(func(t *testing.T, id, name, ip, date, latency, resolution, rssi string) {
		row := zoomapi.QoSRow{
			UserID: zoomapi.Text(id), UserName: zoomapi.Text(name), IPAddress: zoomapi.Text(ip),
			Minutes: []zoomapi.Minute{{
				DateTime: zoomapi.Text(date),
				Streams: []zoomapi.Stream{{Name: zoomapi.VideoInput, Figures: zoomapi.Figures{
					Latency: zoomapi.Text(latency), Resolution: zoomapi.Text(resolution)}}},
				WiFi: &zoomapi.WiFi{Min: zoomapi.Text(rssi), Avg: zoomapi.Text(rssi), Max: zoomapi.Text(latency)},
			}},
		}
		p, ok := everything().newest(&row, now, Failures{})
		if ok != (p.ID != "") || !utf8.ValidString(p.ID) || !utf8.ValidString(p.Facts.UserName) {
			t.Fatalf("%q, %v", p.ID, ok)
		}
		if p.Newest != nil {
			for _, r := range p.Newest.Readings {
				if r.Latency < 0 || math.IsInf(r.Latency, 0) || Present(r.Width) != Present(r.Height) {
					t.Fatalf("%+v", r)
				}
			}
		}
	})
}

func TestSites(t *testing.T) {
	prefixes := func(texts ...string) (list []netip.Prefix) {
		for _, text := range texts {
			list = append(list, netip.MustParsePrefix(text))
		}
		return list
	}
	sites := Sites{
		{Site: "berlin", Internal: prefixes("10.10.0.0/16")},
		{Site: "berlin-lab", Internal: prefixes("10.10.7.0/24")},
		{Site: "lisbon", Internal: prefixes("192.168.1.0/24"), Public: prefixes("198.51.100.0/24", "2001:db8:1::/48")},
		{Site: "guests", Public: prefixes("198.51.100.0/24")},
		{Site: "nowhere"},
	}
	for _, tt := range []struct{ public, internal, want string }{
		{"203.0.113.9", "10.10.3.4", "berlin"},
		{"203.0.113.9", "10.10.7.4", "berlin-lab"},
		{"203.0.113.9", "192.168.1.4", ""},        // a home
		{"198.51.100.9", "192.168.1.4", "lisbon"}, // both match
		{"198.51.100.9", "172.16.0.1", "guests"},
		{"198.51.100.9", "", "guests"},
		{"2001:db8:1::9", "192.168.1.4", "lisbon"},
		{"", "", ""},
		{"", "10.10.1.1", "berlin"},
		{"::ffff:198.51.100.9", "", "guests"},
	} {
		c := everything()
		c.Sites = sites
		row := zoomapi.QoSRow{UserID: "1", IPAddress: zoomapi.Text(tt.public), InternalIPAddresses: []zoomapi.Text{zoomapi.Text(tt.internal)}}
		p, _ := c.newest(&row, now, Failures{})
		if p.Facts.Site != tt.want {
			t.Errorf("%s behind %s is at %q, want %q", tt.internal, tt.public, p.Facts.Site, tt.want)
		}
	}
}

func TestPrivacy(t *testing.T) {
	row := zoomapi.QoSRow{
		ID: "z8yCxjabcdEFGHfp8uQ", UserID: "16", UserName: "Example Name", Email: "Person@Example.com", IPAddress: "198.51.100.77",
		InternalIPAddresses: []zoomapi.Text{"10.1.2.3", "2001:db8::7"}, PCName: "PC-1", Domain: "corp", Location: "Berlin",
		Device: "Mac", OS: "macOS", OSVersion: "15", Client: "Zoom", Version: "6.5.1",
	}
	key := []byte("an example key for tests")

	var none Converter
	p, _ := none.newest(&row, now, Failures{})
	if p.Facts != (Facts{}) {
		t.Errorf("the zero privacy shows %+v", p.Facts)
	}
	c := Converter{Privacy: Privacy{User: Hash, Email: Hash, UserName: Drop, IPAddress: Subnet, InternalIPAddress: Subnet,
		Device: Plain, Key: key, SubnetIPv4: 24, SubnetIPv6: 48}}
	p, _ = c.newest(&row, now, Failures{})
	want := Facts{
		User: HashOf(key, "z8yCxjabcdEFGHfp8uQ"), Email: HashOf(key, "person@example.com"),
		IPAddress: "198.51.100.0/24", InternalIPAddress: "10.1.2.0/24",
		Device: "Mac", OS: "macOS", OSVersion: "15", Client: "Zoom", ClientVersion: "6.5.1",
	}
	if p.Facts != want {
		t.Errorf("facts %+v, want %+v", p.Facts, want)
	}
	row.ID, row.Email, row.InternalIPAddresses = "", "", nil
	if p, _ = c.newest(&row, now, Failures{}); p.Facts.User != "" || p.Facts.Email != "" {
		t.Error("a blank has a hash")
	}
}

// The hash is a contract: it stands in label values that people keep.
func TestHashOf(t *testing.T) {
	const want = "7ac214eae42da603" // printf %s person@example.com | openssl dgst -sha256 -hmac key
	if got := HashOf([]byte("key"), "Person@Example.COM"); got != want {
		t.Errorf("hash %s, want %s", got, want)
	}
	if HashOf([]byte("key"), "AbC") == HashOf([]byte("key"), "abc") {
		t.Error("user ids differ by case")
	}
}

// Whatever of a minute cannot be read is counted from 0, so that the first
// failure is an increase.
func TestFailuresStandAtZeroFirst(t *testing.T) {
	unreadable := func(object any) {
		for field, v := range reflect.ValueOf(object).Elem().Fields() {
			if field.Name != "Unit" {
				v.SetString("?")
			}
		}
	}
	var figures zoomapi.Figures
	minute := zoomapi.Minute{DateTime: "2026-03-02T10:30:00Z", CPU: new(zoomapi.CPU), WiFi: new(zoomapi.WiFi), Unreadable: 1}
	for _, object := range []any{&figures, minute.CPU, minute.WiFi} {
		unreadable(object)
	}
	minute.Streams = []zoomapi.Stream{{Name: zoomapi.VideoInput, Figures: figures}}
	failures := Failures{}
	everything().newest(&zoomapi.QoSRow{UserID: "1", Minutes: []zoomapi.Minute{minute}}, now, failures)
	if len(failures) < 13 {
		t.Errorf("only %d fields could not be read: %v", len(failures), failures)
	}
	for failure := range failures {
		if n, ok := NewFailures()[failure]; !ok || n != 0 {
			t.Errorf("%s that is %s does not stand at 0 first", failure.Field, failure.Reason)
		}
	}
}
