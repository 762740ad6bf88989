package zoomsim

import (
	"fmt"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// The people of an ended meeting are dropped, and are the same when drawn again.
func TestPeopleAreDrawnAgain(t *testing.T) {
	now := monday
	s := New(Options{Seed: 5, Meetings: 6, Now: func() time.Time { return now }})
	uuid := s.Live(zoomapi.Meeting)[0].UUID
	past := func() string {
		m, err := s.Meeting(uuid)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%+v", m)
	}
	now = now.Add(66 * time.Minute) // when it has ended
	before := past()
	now = now.Add(2 * time.Hour)
	s.Live(zoomapi.Meeting)
	s.world.mu.Lock()
	drawn := s.world.byUUID[uuid].drawn
	s.world.mu.Unlock()
	if drawn {
		t.Error("they were not dropped")
	}
	if after := past(); after != before {
		t.Errorf("they were\n%s\nand are\n%s", before, after)
	}
}

// People drawn only after a meeting was ended by hand are those who were there.
func TestEndDrawsTheSamePeople(t *testing.T) {
	now := monday
	begin := func() (*Sim, string) {
		now = monday
		s := New(Options{Seed: 5, Meetings: 6, History: 30, Now: func() time.Time { return now }})
		var uuid string
		s.world.mu.Lock()
		s.world.advance(now)
		for _, m := range s.world.meetings(zoomapi.Meeting, func(m *meeting) bool { return m.live(now) }) {
			uuid = m.uuid
		}
		s.world.mu.Unlock()
		return s, uuid
	}
	asked, uuid := begin()
	now = now.Add(time.Minute)
	before, err := asked.Meeting(uuid)
	if err != nil {
		t.Fatal(err)
	}
	s, uuid := begin()
	now = now.Add(time.Minute)
	if err := s.End(uuid); err != nil {
		t.Fatal(err)
	}
	after, err := s.Meeting(uuid)
	if err != nil || len(after.Participants) != len(before.Participants) {
		t.Fatalf("%d people, want %d (%v)", len(after.Participants), len(before.Participants), err)
	}
	for i, p := range after.Participants {
		if !p.Join.Equal(before.Participants[i].Join) || p.UserID != before.Participants[i].UserID {
			t.Errorf("%+v, want %+v", p, before.Participants[i])
		}
	}
}

// The quality words are the same throughout a minute.
func TestWordsOfAMinute(t *testing.T) {
	begin := func() *rig {
		r := newRig(t, Options{Seed: 5, Meetings: 150, Participants: 3, Limits: &Limits{}, Headers: HeadersNever})
		r.now = r.now.Truncate(time.Minute)
		return r
	}
	early, late := begin(), begin()
	for range 15 {
		early.now, late.now = early.now.Add(time.Second), late.now.Add(time.Second)
		early.get(listPath + "&page_size=300")
		early.now, late.now = early.now.Add(58*time.Second), late.now.Add(58*time.Second)
		a, b := early.get(listPath+"&page_size=300"), late.get(listPath+"&page_size=300")
		if string(a.body) != string(b.body) {
			t.Fatalf("they differ at %v", early.now)
		}
		early.now, late.now = early.now.Add(time.Second), late.now.Add(time.Second)
	}
}

// Incidents of the seed affect the figures of people at the site.
func TestDrawnIncidentsShow(t *testing.T) {
	trouble := New(Options{Seed: 1, Now: func() time.Time { return monday }}).world
	figures := func(calm bool) (bad, good float64) {
		now := monday
		s := New(Options{
			Seed: 1, Fixed: true, Calm: calm, Meetings: 12, Participants: 5, History: 180, Moods: Moods{Plain: true}, Now: func() time.Time { return now },
		})
		nBad, nGood := 0.0, 0.0
		for _, m := range s.Live(zoomapi.Meeting) {
			for _, p := range m.Participants {
				minutes, err := s.Minutes(m.UUID, p.UserID)
				if err != nil {
					t.Fatal(err)
				}
				for _, minute := range minutes {
					loss := minute.Values[zoomapi.AudioOutput].AvgLoss
					if trouble.drawnLoss(p.Site, minuteAt(minute.Time)) > 0 {
						bad, nBad = bad+loss, nBad+1
					} else {
						good, nGood = good+loss, nGood+1
					}
				}
			}
		}
		if nBad == 0 || nGood == 0 {
			t.Fatalf("%v bad minutes, %v good ones", nBad, nGood)
		}
		return bad / nBad, good / nGood
	}
	if bad, good := figures(false); bad < 0.025 || good > 0.01 {
		t.Errorf("a mean loss of %v during incidents and %v otherwise", bad, good)
	}
	if bad, _ := figures(true); bad > 0.01 {
		t.Errorf("a mean loss of %v with Calm", bad)
	}
}
