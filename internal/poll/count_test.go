package poll_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// asking calls a hook before each save.
type asking struct {
	poll.ReadingsStore
	before func() error
}

func (a asking) Save(records map[string][]byte) error {
	if err := a.before(); err != nil {
		return err
	}
	return a.ReadingsStore.Save(records)
}

func TestNothingIsShownBeforeItIsSaved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		var bed *testbed.Bed
		var failing bool
		before := uint64(0)
		store := asking{&process{disk: &disk{records: make(map[string][]byte)}}, func() error {
			if bed == nil {
				return nil
			}
			if now := bed.Snapshot().Readings.Minutes; now != before {
				t.Errorf("%d minutes are shown before they are saved, %d after the last save", now, before)
			}
			if failing {
				return errDisk
			}
			return nil
		}}
		made := testbed.New(t, testbed.Options{Sim: fixed(2, 12), Poll: func(o *poll.Options) { o.ReadingsStore = store }})
		mustScrape(t, made)
		bed, before = made, made.Snapshot().Readings.Minutes
		look := func(want uint64) {
			t.Helper()
			time.Sleep(time.Minute)
			mustScrape(t, bed)
			if before = bed.Snapshot().Readings.Minutes; before != want {
				t.Errorf("%d minutes, want %d", before, want)
			}
		}
		look(48)
		failing = true
		look(48)
		look(48)
		failing = false
		look(120) // all that was held back
	})
}

// A cycle that takes most of a minute shows what it has counted so far.
func TestLongCyclesShowWhatTheyHave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		sim := fixed(8, 5)
		sim.Latency = 4 * time.Second
		store := &process{disk: &disk{records: make(map[string][]byte)}}
		bed := testbed.New(t, testbed.Options{Sim: sim, Poll: func(o *poll.Options) { o.Workers, o.ReadingsStore = 1, store }})
		scrapes(bed, time.Minute, 3*time.Minute, nil)
		was := bed.Snapshot().Readings.Minutes
		saves := store.saved()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if bed.Poll(ctx) {
			t.Fatal("the cycle was over in time: the test proves nothing")
		}
		grown := bed.Snapshot().Readings.Minutes
		if grown <= was {
			t.Errorf("%d minutes after 10 s of the cycle, %d before", grown, was)
		}
		for range 4 {
			time.Sleep(10 * time.Second)
			if now := bed.Snapshot().Readings.Minutes; now <= grown && now < was+40 {
				t.Errorf("still %d minutes", now)
			} else {
				grown = now
			}
		}
		if n := store.saved() - saves; n > 12 {
			t.Errorf("%d saves in a cycle, want one in five seconds at most", n)
		}
	})
}

func TestTheLimitOnLabelSetsIsLoggedOnce(t *testing.T) {
	for limit, want := range map[int]int{1: 1, 1000: 0} {
		synctest.Test(t, func(t *testing.T) {
			testbed.Noon()
			bed := testbed.New(t, testbed.Options{Sim: fixed(2, 10), Poll: func(o *poll.Options) { o.Readings.MaxSets = limit }})
			scrapes(bed, time.Minute, 5*time.Minute, nil)
			if n := bed.Log.FilterMessageSnippet("label sets").Len(); n != want {
				t.Errorf("limit %d: %d lines, want %d", limit, n, want)
			}
		})
	}
}

func TestShortCyclesSaveOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		store := &process{disk: &disk{records: make(map[string][]byte)}}
		bed := testbed.New(t, testbed.Options{Sim: fixed(8, 25), Poll: func(o *poll.Options) { o.ReadingsStore = store }})
		scrapes(bed, time.Minute, 10*time.Minute, nil)
		if n := store.saved(); n != 10 {
			t.Errorf("%d saves in 10 cycles", n)
		}
	})
}

// A restart forgets recent readings; they come back with the first answers that have
// a history.
func TestRecentReadingsAreThoseOfFiveMinutes(t *testing.T) {
	for name, tt := range map[string]struct {
		history zoomsim.HistoryMode
		restart bool
	}{
		"answers have all minutes":   {zoomsim.HistoryFull, false},
		"answers have what is new":   {zoomsim.HistorySince, false},
		"all minutes, and a restart": {zoomsim.HistoryFull, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				testbed.Noon()
				a := newAfternoon(t, 12, func(o *testbed.Options) { o.Sim.Meetings, o.Sim.Moods.History = 2, tt.history })
				compared := 0
				compare := func(s poll.Snapshot) {
					for _, m := range s.Meetings {
						compared += sameRecent(t, a.Sim, m)
					}
				}
				scrapes(a.Bed, 4*time.Minute, 20*time.Minute, compare)
				if tt.restart {
					a.restart()
				}
				scrapes(a.Bed, 4*time.Minute, 20*time.Minute, compare)
				if compared < 1000 {
					t.Errorf("only %d readings were compared", compared)
				}
			})
		})
	}
}

// sameRecent compares a meeting's recent readings with the truth, and returns how many
// they are.
func sameRecent(t *testing.T, sim *zoomsim.Sim, m *live.Meeting) (n int) {
	t.Helper()
	var want live.Media[live.Counts]
	for l, count := range testbed.Recent(t, sim, m.UUID).Readings {
		for media := range want {
			for verdict := range want[media] {
				if l.Media == qos.Media(media).String() && l.Verdict == readings.Verdict(verdict).String() {
					want[media][verdict] += int(count)
				}
			}
		}
		n += int(count)
	}
	if m.Recent != want {
		t.Errorf("recent readings are %v, want %v", m.Recent, want)
	}
	return n
}

func TestSummariesJudgeSessions(t *testing.T) {
	for name, otherIDs := range map[string]bool{"by the same ids": false, "by other ids": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				testbed.Noon()
				a := newAfternoon(t, 12, func(o *testbed.Options) {
					o.Sim.Moods.OtherPastIDs = otherIDs
					o.Poll = func(p *poll.Options) { p.Summaries = true }
				})
				a.hook.Set(func(r *http.Request) (*http.Response, error) {
					if !strings.HasSuffix(r.URL.Path, "/qos_summary") {
						return nil, nil
					}
					return testbed.Rewrite(a.Sim, r, func(body string) string {
						var answer map[string]any
						a.must(json.Unmarshal([]byte(body), &answer))
						for _, p := range answer["participants"].([]any) {
							p.(map[string]any)["qos"] = []any{map[string]any{
								"type": "audio_input", "details": map[string]any{"avg_latency": "501 ms"},
							}}
						}
						changed, err := json.Marshal(answer)
						a.must(err)
						return string(changed)
					}), nil
				})
				a.pass(10 * time.Minute)
				a.end()
				a.pass(15 * time.Minute)
				want := testbed.Truth(t, a.Sim, a.from, a.meetings...)
				for l, n := range want.Sessions {
					if l.Media == "audio" && l.Direction == "sent" {
						delete(want.Sessions, l)
						l.Verdict = "bad"
						want.Sessions[l] += n
					}
				}
				if differs := testbed.Counted(a.Snapshot().Readings).Differs(want); differs != "" {
					t.Error(differs)
				}
			})
		})
	}
}

func TestWithoutTheAddOnSummariesAreAskedForOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		var asked atomic.Int32
		a := newAfternoon(t, 4, func(o *testbed.Options) {
			o.Sim.Meetings = 4
			o.Poll = func(p *poll.Options) { p.Summaries, p.Workers = true, 1 }
		})
		a.hook.Set(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/qos_summary") {
				asked.Add(1)
				return testbed.Answer(400, nil, `{"code":200,"message":"The Quality of Service Subscription is missing."}`), nil
			}
			return nil, nil
		})
		a.pass(5 * time.Minute)
		a.end()
		a.pass(12 * time.Minute)
		a.whole()
		said := a.Log.FilterMessageSnippet("Quality of Service Subscription").Len()
		if asked.Load() != 1 || said != 1 {
			t.Errorf("asked %d times, said %d times; want once each", asked.Load(), said)
		}
		for _, task := range a.Snapshot().Tasks {
			if strings.Contains(string(task.Name), "summary") && task.Name != zoomapi.ListWebinarParticipantsQoSSummary {
				t.Errorf("what the account lacks is shown as a task: %v", task)
			}
		}
		reload(a.Bed, func(*poll.Options) {})
		m := a.Sim.Open(zoomapi.Meeting, 3)
		a.meetings = append(a.meetings, m.UUID)
		a.pass(3 * time.Minute)
		a.must(a.Sim.End(m.UUID))
		a.pass(12 * time.Minute)
		if asked.Load() != 2 {
			t.Errorf("after a reload asked %d times in all, want twice", asked.Load())
		}
	})
}

// numbered is an account that understands numbers only, and a number with two
// instances: the first there for ten minutes, the second for the next ten. The
// list is late.
type numbered struct {
	first, second, over time.Time
	late                time.Duration
}

func (n *numbered) answer(r *http.Request) (*http.Response, error) {
	now := time.Now()
	joined, listed := n.first, now.Add(-n.late)
	if !now.Before(n.second) {
		joined = n.second
	}
	switch {
	case isList(r, zoomapi.Meeting) && !listed.Before(n.over):
		return testbed.Answer(200, nil, `{"meetings":[]}`), nil
	case isList(r, zoomapi.Meeting):
		uuid := "FIRST=="
		if !listed.Before(n.second) {
			uuid = "SECOND=="
		}
		return testbed.Answer(200, nil, fmt.Sprintf(`{"meetings":[{"uuid":%q,"id":85000000001,"participants":1}]}`, uuid)), nil
	case !testbed.IsQoS(r):
		return nil, nil
	case !calls(r, "85000000001"), isPast(r) == now.Before(n.over), isPast(r) && now.Before(n.over.Add(3*time.Minute)):
		return testbed.Answer(404, nil, notLive), nil
	}
	var minutes []string
	for at := joined; !at.After(now) && at.Before(joined.Add(10*time.Minute)); at = at.Add(time.Minute) {
		minutes = append(minutes, fmt.Sprintf(`{"date_time":%q,"audio_input":{"latency":"10 ms"}}`, at.Format(time.RFC3339)))
	}
	return testbed.Answer(200, nil, fmt.Sprintf(`{"participants":[{"user_id":"16778240","join_time":%q,"user_qos":[%s]}]}`,
		joined.Add(-time.Second).Format(time.RFC3339), strings.Join(minutes, ","))), nil
}

// A number means the latest instance; none of its minutes may be counted for
// one before it.
func TestANumberIsNeverTakenForAnEarlierInstance(t *testing.T) {
	for name, tt := range map[string]struct {
		late    time.Duration
		keep    func(*zoomapi.Live) bool
		minutes uint64
	}{
		"the list is up to date":      {0, nil, 20},
		"the list is late":            {4 * time.Minute, nil, 20},
		"the second is not collected": {0, func(m *zoomapi.Live) bool { return m.UUID == "FIRST==" }, 10},
		"nor is it listed in time":    {4 * time.Minute, func(m *zoomapi.Live) bool { return m.UUID == "FIRST==" }, 10},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				testbed.Noon()
				start := time.Now().Add(30 * time.Second)
				zoom := numbered{start, start.Add(10 * time.Minute), start.Add(20 * time.Minute), tt.late}
				bed := testbed.New(t, testbed.Options{Sim: fixed(0, 1), Intercept: zoom.answer,
					Poll: func(o *poll.Options) { o.Keep = tt.keep }})
				time.Sleep(time.Until(start) + tt.late)
				scrapes(bed, time.Minute, 4*time.Hour, nil)
				s := bed.Snapshot()
				// Of the first what its last poll had: its past can't be named.
				if n := s.Readings.Minutes; n != tt.minutes || s.Backfills != 0 {
					t.Errorf("%d minutes were counted, want %d; %d backfills wait", n, tt.minutes, s.Backfills)
				}
				if lost := s.Readings.Lost[readings.NoAnswer]; lost > 10 {
					t.Errorf("%d minutes lost, want those since the first's last poll at most", lost)
				}
			})
		})
	}
}

func TestTailsByNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		a := newAfternoon(t, 6, func(o *testbed.Options) {
			o.Sim.Meetings, o.Sim.Moods.NumbersOnly = 6, true
		})
		a.pass(10 * time.Minute)
		time.Sleep(5 * time.Minute)
		a.end()
		a.pass(12 * time.Minute)
		a.whole()
	})
}
