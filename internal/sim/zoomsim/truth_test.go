package zoomsim

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// qosRow has what the tests read of a QoS row.
type qosRow struct {
	ID              string                       `json:"id"`
	UserID          string                       `json:"user_id"`
	ParticipantUUID string                       `json:"participant_uuid"`
	UserName        string                       `json:"user_name"`
	Email           string                       `json:"email"`
	IPAddress       string                       `json:"ip_address"`
	NetworkType     string                       `json:"network_type"`
	JoinTime        time.Time                    `json:"join_time"`
	LeaveTime       time.Time                    `json:"leave_time"`
	Role            string                       `json:"role"`
	Minutes         []map[string]json.RawMessage `json:"user_qos"`
}

// pages returns the rows of all pages of an endpoint.
func (r *rig) pages(path string) []qosRow {
	r.t.Helper()
	var rows []qosRow
	for token := ""; ; {
		a := r.get(path + "&next_page_token=" + token)
		var page struct {
			Next         string   `json:"next_page_token"`
			Participants []qosRow `json:"participants"`
		}
		if err := json.Unmarshal(a.body, &page); err != nil || a.status != 200 {
			r.t.Fatalf("%s: %v in %s", path, err, a)
		}
		rows = append(rows, page.Participants...)
		if token = page.Next; token == "" {
			return rows
		}
	}
}

func number(m Meeting) string { return strconv.FormatInt(m.Number, 10) }

// The figures of answers equal the ground truth, as text and as numbers.
func TestAnswersMatchTheTruth(t *testing.T) {
	for name, moods := range map[string]Moods{"all sorts": {}, "plain": {Plain: true}, "odd": {Odd: 0.2}} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{Seed: 7, Meetings: 6, Participants: 14, History: 12, Moods: moods, Limits: &Limits{}})
			checked := 0
			for _, m := range r.sim.Live(zoomapi.Meeting) {
				rows := r.pages("/metrics/meetings/" + number(m) + "/participants/qos?page_size=10")
				if len(rows) != len(m.Participants) {
					t.Fatalf("rows = %d, want %d", len(rows), len(m.Participants))
				}
				for i, row := range rows {
					p := m.Participants[i]
					if row.UserID != p.UserID || row.ID != p.AccountUserID || !row.LeaveTime.Equal(p.Leave.Truncate(time.Second)) {
						t.Fatalf("row %+v, want %+v", row, p)
					}
					truth, err := r.sim.Minutes(m.UUID, p.UserID)
					if err != nil || len(truth) != len(row.Minutes) {
						t.Fatalf("minutes = %d, want %d (%v)", len(row.Minutes), len(truth), err)
					}
					for n, minute := range row.Minutes {
						checked += compare(t, minute, truth[n])
					}
				}
			}
			if checked < 500 {
				t.Errorf("only %d streams were compared", checked)
			}
		})
	}
}

func compare(t *testing.T, got map[string]json.RawMessage, want Minute) (streams int) {
	t.Helper()
	if date := string(got["date_time"]); date != `"`+string(want.Wire.DateTime)+`"` {
		t.Fatalf("date_time = %s, want %s", date, want.Wire.DateTime)
	}
	for _, s := range want.Wire.Streams {
		var f zoomapi.Figures
		raw, ok := got[string(s.Name)]
		if !ok {
			if s.Figures != f {
				t.Fatalf("no %s", s.Name)
			}
			continue
		}
		if err := json.Unmarshal(raw, &f); err != nil || f != s.Figures {
			t.Fatalf("%s = %s, want %+v (%v)", s.Name, raw, s.Figures, err)
		}
		if v, ok := want.Values[s.Name]; ok {
			agree(t, string(f.Latency), " ms", 1000, v.Latency)
			agree(t, string(f.AvgLoss), "%", 100, v.AvgLoss)
			agree(t, string(f.Bitrate), " kbps", 1.0/125, v.Bitrate)
			streams++
		}
	}
	return streams
}

// agree compares text of the usual form with a value in base units.
func agree(t *testing.T, text, unit string, scale, value float64) {
	t.Helper()
	digits, ok := strings.CutSuffix(text, unit)
	n, err := strconv.ParseFloat(digits, 64)
	if !ok || err != nil {
		return // oddly written
	}
	if math.IsNaN(value) || math.Abs(n/scale-value) > 1e-9*max(1, value) {
		t.Fatalf("%q is %v in the truth", text, value)
	}
}
