package zoomapi

import (
	"reflect"
	"strings"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/difftest"
)

func TestDecodeSingle(t *testing.T) {
	meeting, err := decodeMeeting(newDecoder(), fixture(t, "meeting.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := Live{
		UUID: "aB3+dE6/gH9jK2mN5pQ8sQ==", ID: "81234567890", Topic: `Weekly "sync" ☕`, Host: "Ada Example",
		Email: "ada@example.com", Department: "Engineering", StartTime: "2026-03-02T08:04:27Z", Participants: 12,
	}
	if diff := difftest.Diff(want, meeting); diff != "" {
		t.Errorf("meeting:\n%s", diff)
	}

	d := newDecoder()
	row, err := decodeParticipant(d, fixture(t, "participant_qos.json"))
	if err != nil {
		t.Fatal(err)
	}
	// It is like a row of a page.
	page, err := decodePage[QoSRow](d, []byte(`{"participants":[`+string(fixture(t, "participant_qos.json"))+`]}`), "participants")
	if err != nil {
		t.Fatal(err)
	}
	if diff := difftest.Diff(page.Rows, []QoSRow{row}); diff != "" {
		t.Errorf("row:\n%s", diff)
	}
	if row.UserID != "16778240" || len(row.Minutes) != 1 || len(row.Minutes[0].Streams) != 1 {
		t.Fatalf("row of %s with %d minutes", row.UserID, len(row.Minutes))
	}
	if minute := row.Minutes[0]; minute.Streams[0].Latency != "126 ms" || minute.CPU.SystemMax != "11%" {
		t.Errorf("latency %q, load %q", minute.Streams[0].Latency, minute.CPU.SystemMax)
	}
}

func TestDecodeSingleErrors(t *testing.T) {
	tests := []struct{ name, body, meeting, participant string }{ // "" is no error
		{"empty", "", "empty", "empty"},
		{"HTML", "<html>secret</html>", "not JSON at byte 0", "not JSON at byte 0"},
		{"cut", `{"uuid":"secret","user_id":"1"`, "cut off at byte", "cut off at byte"},
		{"an array", `[{"uuid":"secret"}]`, "not a JSON object", "not a JSON object"},
		{"null", `null`, "not a JSON object", "not a JSON object"},
		{"two documents", `{"id":1,"user_id":"1"} {}`, "text follows", "text follows"},
		{"another shape", `{"code":200,"message":"secret"}`, "has no meeting", "has no participant"},
		{"a page", `{"participants":[{"user_id":"secret"}]}`, "has no meeting", "has no participant"},
		{"only a number", `{"id":81234567890}`, "", "has no participant"},
		{"only minutes", `{"user_qos":[{"date_time":"x"}]}`, "has no meeting", ""},
		{"only a UUID", `{"participant_uuid":"secret"}`, "has no meeting", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, meetingErr := decodeMeeting(newDecoder(), []byte(test.body))
			_, participantErr := decodeParticipant(newDecoder(), []byte(test.body))
			for err, want := range map[error]string{meetingErr: test.meeting, participantErr: test.participant} {
				switch {
				case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
					t.Errorf("got %v, want %q", err, want)
				case err != nil && strings.Contains(err.Error(), "secret"):
					t.Errorf("%q quotes the body", err)
				}
			}
		})
	}
}

func FuzzDecodeSingle(f *testing.F) {
	seed(f, `{"user_qos":{}}`, `{"id":{}}`)
	d := newDecoder()
	f.Fuzz(func(t *testing.T, body []byte) {
		row, err := decodeParticipant(d, body)
		fresh, freshErr := decodeParticipant(newDecoder(), body)
		if !reflect.DeepEqual(row, fresh) || (err == nil) != (freshErr == nil) {
			t.Fatalf("a reused decoder reads it differently: %v, %v", err, freshErr)
		}
		if meeting, err := decodeMeeting(d, body); err == nil && meeting.UUID == "" && meeting.ID == "" {
			t.Fatal("a meeting without an id was accepted")
		}
	})
}
