package poll_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// spoiler makes rows of answers unreadable and knows how many values that are,
// each counted once however often it is sent.
type spoiler struct {
	from    time.Time // minutes and answers before it are left alone
	spoiled map[string]bool
	row     func(s *spoiler, row map[string]any)
}

// note notes one unreadable value by what identifies it.
func (s *spoiler) note(identity ...any) { s.spoiled[fmt.Sprint(identity...)] = true }

func (s *spoiler) intercept(a *afternoon) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		if !testbed.IsQoS(r) || time.Now().Before(s.from) {
			return nil, nil
		}
		return testbed.Rewrite(a.Sim, r, func(body string) string {
			var answer map[string]any
			a.must(json.Unmarshal([]byte(body), &answer))
			rows, _ := answer["participants"].([]any) // there are none in a refusal
			for _, row := range rows {
				s.row(s, row.(map[string]any))
			}
			changed, err := json.Marshal(answer)
			a.must(err)
			return string(changed)
		}), nil
	}
}

// eachMinute changes the minutes of rows that are not before s.from.
func eachMinute(change func(s *spoiler, id, date string, minute map[string]any)) func(*spoiler, map[string]any) {
	return func(s *spoiler, row map[string]any) {
		for _, entry := range row["user_qos"].([]any) {
			minute := entry.(map[string]any)
			date := minute["date_time"].(string)
			if at, err := time.Parse(time.RFC3339, date); err == nil && !at.Before(s.from) {
				change(s, row["user_id"].(string), date, minute)
			}
		}
	}
}

// datedBy gives minutes another date.
func datedBy(date func(was string) any) func(*spoiler, map[string]any) {
	return eachMinute(func(s *spoiler, id, was string, minute map[string]any) {
		s.note(id, was)
		minute["date_time"] = date(was)
	})
}

// field replaces a field of a row, once it has it.
func field(name string, value any) func(*spoiler, map[string]any) {
	return func(s *spoiler, row map[string]any) {
		if row[name] != nil && row[name] != "" {
			s.note(row["user_id"])
			row[name] = value
		}
	}
}

// figures makes all figures unreadable: no minute has a reading, so that every answer
// is read for it.
var figures = eachMinute(func(s *spoiler, id, date string, minute map[string]any) {
	for name, stream := range minute {
		if figures, ok := stream.(map[string]any); ok && figures["latency"] != nil {
			if figures["latency"] != "" {
				s.note(id, date, name)
			}
			for _, figure := range []string{"latency", "jitter", "avg_loss", "max_loss"} {
				if figures[figure] != "" {
					figures[figure] = "bananas"
				}
			}
		}
	}
})

// What can't be read is counted once, however often it is sent, and whether it
// was readable before or not.
func TestWhatCannotBeReadIsCountedOnce(t *testing.T) {
	years := func(n int) func(string) any {
		return func(was string) any {
			at, _ := time.Parse(time.RFC3339, was)
			return at.AddDate(n, 0, 0).Format(time.RFC3339)
		}
	}
	modes := []zoomsim.HistoryMode{zoomsim.HistoryFull, zoomsim.HistoryNewest, zoomsim.HistorySince, zoomsim.HistoryLate}
	tests := map[string]struct {
		row   func(*spoiler, map[string]any)
		field string
		modes []zoomsim.HistoryMode
	}{
		"dates in another form": {datedBy(func(was string) any { return "at " + was }), "date_time", modes[1:2]},
		"dates all alike":       {datedBy(func(string) any { return "Invalid date" }), "date_time", modes},
		"blank dates":           {datedBy(func(string) any { return "" }), "date_time", modes[:1]},
		"dates that are none":   {datedBy(func(was string) any { return map[string]any{"at": was} }), "date_time", modes[:1]},
		"dates to come":         {datedBy(years(1)), "date_time", modes[:1]},
		"dates long ago":        {datedBy(years(-1)), "date_time", modes[:1]},
		"figures":               {figures, "latency", modes},
		"addresses":             {field("ip_address", "192.0.2.300"), "ip_address", modes[:1]},
		"leave times":           {field("leave_time", "soon"), "leave_time", modes[:1]},
		"leave times long ago":  {field("leave_time", "1999-01-01T00:00:00Z"), "leave_time", modes[:1]},
		"join times":            {field("join_time", "recently"), "join_time", modes[:1]},
	}
	for name, tt := range tests {
		for _, mode := range tt.modes {
			t.Run(name+" "+string(mode), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					testbed.Noon()
					a := newAfternoon(t, 3, func(o *testbed.Options) { o.Sim.Moods.History = mode })
					a.pass(3 * time.Minute)
					s := &spoiler{from: time.Now(), spoiled: make(map[string]bool), row: tt.row}
					a.hook.Set(s.intercept(a))
					scrapes(a.Bed, 30*time.Second, 6*time.Minute, nil)
					live := a.Sim.Live(zoomapi.Meeting)[0]
					a.must(a.Sim.Leave(live.UUID, live.Participants[0].UserID))
					scrapes(a.Bed, 30*time.Second, 6*time.Minute, nil)
					a.end()
					scrapes(a.Bed, 3*time.Minute, 9*time.Minute, nil)
					got := uint64(0)
					for failure, n := range a.Snapshot().Failures {
						if failure.Field == tt.field {
							got += n
						}
					}
					if want := uint64(len(s.spoiled)); got != want || want == 0 {
						t.Errorf("%d of %d unreadable values were counted", got, want)
					}
				})
			})
		}
	}
}

// Minutes before the counting began are shown, so what is unreadable in them is counted.
func TestWhatCannotBeReadBeforeTheStart(t *testing.T) {
	for _, mode := range []zoomsim.HistoryMode{zoomsim.HistoryFull, zoomsim.HistoryNewest} {
		t.Run(string(mode), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				testbed.Noon()
				time.Sleep(30 * time.Second)
				a := newAfternoon(t, 3, func(o *testbed.Options) { o.Sim.Moods.History, o.Sim.History = mode, 9 })
				s := &spoiler{from: time.Now().Add(-2 * time.Minute), spoiled: make(map[string]bool), row: figures}
				a.hook.Set(s.intercept(a))
				mustScrape(t, a.Bed)
				early := len(s.spoiled)
				live := a.Sim.Live(zoomapi.Meeting)[0]
				a.must(a.Sim.Leave(live.UUID, live.Participants[0].UserID))
				scrapes(a.Bed, 30*time.Second, 6*time.Minute, nil)
				got := uint64(0)
				for failure, n := range a.Snapshot().Failures {
					if failure.Field == "latency" {
						got += n
					}
				}
				if want := uint64(len(s.spoiled)); got != want || early == 0 {
					t.Errorf("%d of %d unreadable values were counted, %d of them from before the start", got, want, early)
				}
			})
		})
	}
}

// Rows that are of no use are counted where no gauge shows them.
func TestRowsOfNoUseAreCounted(t *testing.T) {
	tests := map[string]struct {
		asks func(*http.Request) bool
		want map[qos.Failure]uint64
	}{
		"past": {
			func(r *http.Request) bool { return testbed.IsQoS(r) && isPast(r) },
			map[qos.Failure]uint64{{Field: "qos_row", Reason: "malformed"}: 2, {Field: "user_id", Reason: "missing"}: 1},
		},
		"summaries": {
			func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/qos_summary") },
			map[qos.Failure]uint64{{Field: "summary_row", Reason: "malformed"}: 2, {Field: "participant_id", Reason: "missing"}: 1},
		},
		"roles": {
			isParticipants,
			map[qos.Failure]uint64{{Field: "participant_row", Reason: "malformed"}: 2, {Field: "user_id", Reason: "missing"}: 1},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				testbed.Noon()
				a := newAfternoon(t, 3, func(o *testbed.Options) {
					o.Poll = func(p *poll.Options) {
						p.Summaries = true
						p.ParticipantsLists = map[zoomapi.Kind]bool{zoomapi.Meeting: true}
					}
				})
				a.hook.Set(func(r *http.Request) (*http.Response, error) {
					if !tt.asks(r) {
						return nil, nil
					}
					return testbed.Answer(200, nil, `{"participants":[null,{"user_name":"Example"},7]}`), nil
				})
				a.pass(5 * time.Minute)
				a.end()
				a.pass(10 * time.Minute)
				got := a.Snapshot().Failures
				for failure, n := range tt.want {
					if got[failure] != n {
						t.Errorf("%v was counted %d times, want %d", failure, got[failure], n)
					}
				}
			})
		})
	}
}
