package qos

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/parse"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// spoil makes every text of a row unreadable, except those of some fields, and
// returns the failures that are to be counted.
func spoil(row any, except ...string) Failures {
	want := Failures{}
	for field, v := range reflect.ValueOf(row).Elem().Fields() {
		name := field.Tag.Get("json")
		text, ok := v.Addr().Interface().(*zoomapi.Text)
		if !ok || slices.Contains(except, name) {
			continue
		}
		*text = zoomapi.Unreadable
		want.Add(name, parse.ReasonMalformed, 1)
	}
	return want
}

// A value of the wrong JSON type is counted by its field and shown nowhere.
func TestValuesOfTheWrongTypeAreCounted(t *testing.T) {
	row := zoomapi.QoSRow{UserID: "1", InternalIPAddresses: []zoomapi.Text{zoomapi.Unreadable}}
	want := spoil(&row, "user_id")
	want.Add("internal_ip_addresses", parse.ReasonMalformed, 1)
	failures := Failures{}
	p, ok := everything().newest(&row, now, failures)
	if !ok || p.Facts != (Facts{}) {
		t.Errorf("%v, facts %+v", ok, p.Facts)
	}
	if !reflect.DeepEqual(failures, want) {
		t.Errorf("counted\n%v, want\n%v", failures, want)
	}

	failures = Failures{}
	row = zoomapi.QoSRow{UserID: zoomapi.Unreadable, ParticipantUUID: "p"}
	if p, ok := everything().newest(&row, now, failures); !ok || p.ID != "p" || failures[Failure{"user_id", parse.ReasonMalformed}] != 1 {
		t.Errorf("without a readable user_id: %q, %v, %v", p.ID, ok, failures)
	}
}

func TestFiguresOfTheWrongTypeAreCounted(t *testing.T) {
	stream := zoomapi.Stream{Name: zoomapi.VideoInput}
	cpu := new(zoomapi.CPU)
	want := spoil(&stream.Figures)
	maps.Copy(want, spoil(cpu))
	minute := zoomapi.Minute{DateTime: "2026-03-02T10:30:00Z", Streams: []zoomapi.Stream{stream}, CPU: cpu}
	failures := Failures{}
	everything().newest(&zoomapi.QoSRow{UserID: "1", Minutes: []zoomapi.Minute{minute}}, now, failures)
	if !reflect.DeepEqual(failures, want) {
		t.Errorf("counted\n%v, want\n%v", failures, want)
	}

	details := new(zoomapi.SummaryDetails)
	want = spoil(details)
	want.Add("qos", parse.ReasonMalformed, 1)
	failures = Failures{}
	everything().Summary(&zoomapi.SummaryRow{ParticipantID: "1", Summaries: []zoomapi.Summary{
		{Type: "video_input", Details: *details}, {Type: zoomapi.Unreadable},
	}}, failures)
	if !reflect.DeepEqual(failures, want) {
		t.Errorf("counted of a summary\n%v, want\n%v", failures, want)
	}
}

func TestMeetingsOfTheWrongTypesAreCounted(t *testing.T) {
	live := zoomapi.Live{ID: "81234567890"}
	want := spoil(&live, "id", "email", "audio_quality", "video_quality", "screen_share_quality")
	failures := Failures{}
	m, ok := everything().Meeting(zoomapi.Meeting, &live, failures)
	if !ok || m.UUID != "81234567890" || m.Facts != (MeetingFacts{MeetingID: "81234567890"}) {
		t.Errorf("%v, %+v", ok, m)
	}
	if !reflect.DeepEqual(failures, want) {
		t.Errorf("counted\n%v, want\n%v", failures, want)
	}
}
