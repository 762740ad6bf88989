package zoomapi_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/difftest"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// anyone is a Limiter without limits.
type anyone struct{}

func (anyone) Acquire(ctx context.Context, _ zoomapi.Class) error { return ctx.Err() }
func (anyone) Observe(zoomapi.Class, zoomapi.Answer)              {}
func (anyone) ObserveAttempt(zoomapi.Attempt)                     {}

// rig is a client, over HTTP, of a simulated Zoom whose clock the test sets.
type rig struct {
	*zoomapi.Client
	sim     *zoomsim.Sim
	elapsed atomic.Int64
}

func newRig(t *testing.T, options zoomsim.Options) *rig {
	t.Helper()
	r := new(rig)
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	options.Now = func() time.Time { return start.Add(time.Duration(r.elapsed.Load())) }
	options.Limits = &zoomsim.Limits{}
	options.Fixed, options.Calm = true, true
	r.sim = zoomsim.New(options)
	server := httptest.NewServer(r.sim.Handler())
	t.Cleanup(server.Close)
	credentials := r.sim.Credentials()
	client, err := zoomapi.New(zoomapi.Config{
		AccountID: credentials.AccountID, ClientID: credentials.ClientID, ClientSecret: credentials.ClientSecret,
		APIURL: server.URL + "/v2", OAuthURL: server.URL + "/oauth/token",
	}, anyone{}, anyone{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	r.Client = client
	return r
}

func (r *rig) pass(d time.Duration) { r.elapsed.Add(int64(d)) }

// all returns the rows of all pages.
func all[T any](t *testing.T, ask func(page string) (zoomapi.Page[T], error)) []T {
	t.Helper()
	var rows []T
	for token := ""; ; {
		page, err := ask(token)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Rows) > 10 {
			t.Fatalf("%d rows on a page", len(page.Rows))
		}
		rows = append(rows, page.Rows...)
		if token = page.NextPageToken; token == "" {
			return rows
		}
	}
}

var kinds = []zoomapi.Kind{zoomapi.Meeting, zoomapi.Webinar}

// withSlash opens meetings until one's UUID must be escaped twice.
func (r *rig) withSlash(t *testing.T, kind zoomapi.Kind, participants int) zoomsim.Meeting {
	t.Helper()
	for range 2000 {
		if m := r.sim.Open(kind, participants); strings.HasPrefix(m.UUID, "/") || strings.Contains(m.UUID, "//") {
			return m
		}
	}
	t.Fatal("no UUID with slashes")
	return zoomsim.Meeting{}
}

// The past answer of an ended meeting has all minutes of everybody, by a UUID
// that must be escaped twice.
func TestThePast(t *testing.T) {
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			r := newRig(t, zoomsim.Options{Seed: 7, Moods: zoomsim.Moods{Plain: true}})
			meeting := r.withSlash(t, kind, 23)
			r.pass(7 * time.Minute)
			ask := func(page string) (zoomapi.Page[zoomapi.QoSRow], error) {
				return r.PastQoS(t.Context(), kind, meeting.UUID, page)
			}
			if _, err := ask(""); !errors.Is(err, zoomapi.ErrNotLive) {
				t.Fatalf("the past of a live one: %v", err)
			}
			if err := r.sim.End(meeting.UUID); err != nil {
				t.Fatal(err)
			}
			r.pass(4 * time.Minute)
			if _, err := ask(""); !errors.Is(err, zoomapi.ErrNotLive) {
				t.Fatalf("the past before it is settled: %v", err)
			}
			if _, err := r.QoS(t.Context(), kind, meeting.UUID, ""); !errors.Is(err, zoomapi.ErrNotLive) {
				t.Fatalf("the present of one that has ended: %v", err)
			}
			r.pass(2 * time.Minute)
			rows := all(t, ask)
			if len(rows) != 23 {
				t.Fatalf("%d rows, want 23", len(rows))
			}
			for _, row := range rows {
				minutes, err := r.sim.Minutes(meeting.UUID, string(row.UserID))
				if err != nil {
					t.Fatal(err)
				}
				if len(minutes) != 7 || len(row.Minutes) != len(minutes) || row.LeaveTime == "" {
					t.Fatalf("%d minutes of %d, left %q", len(row.Minutes), len(minutes), row.LeaveTime)
				}
				for i := range minutes {
					got, want := &row.Minutes[i], &minutes[i].Wire
					if diff := difftest.Diff(want.CPU, got.CPU); diff != "" || got.DateTime != want.DateTime {
						t.Fatalf("minute %s, want %s: %s", got.DateTime, want.DateTime, diff)
					}
				}
			}
		})
	}
}

// The endpoints of one meeting and of one person in it.
func TestOneMeetingAndOneParticipant(t *testing.T) {
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			r := newRig(t, zoomsim.Options{Seed: 5, Moods: zoomsim.Moods{Plain: true}})
			meeting := r.withSlash(t, kind, 3)
			r.pass(3 * time.Minute)
			live, err := r.Meeting(t.Context(), kind, meeting.UUID)
			if err != nil {
				t.Fatal(err)
			}
			if live.UUID != zoomapi.Text(meeting.UUID) || live.Topic != zoomapi.Text(meeting.Topic) || live.Participants != 3 {
				t.Errorf("meeting %+v", live)
			}
			byNumber, err := r.Meeting(t.Context(), kind, string(live.ID))
			if err != nil || byNumber != live {
				t.Errorf("by its number: %+v, %v", byNumber, err)
			}

			list, err := r.QoS(t.Context(), kind, meeting.UUID, "")
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range list.Rows {
				one, err := r.ParticipantQoS(t.Context(), kind, meeting.UUID, string(want.UserID))
				if err != nil {
					t.Fatal(err)
				}
				if len(one.Rows) != 1 {
					t.Fatalf("%d rows", len(one.Rows))
				}
				row := one.Rows[0]
				if diff := difftest.Diff(want, row); diff != "" || len(row.Minutes) != 3 {
					t.Errorf("%d minutes, want 3:\n%s", len(row.Minutes), diff)
				}
			}
			for name, ask := range map[string]func() error{
				"an unknown participant":   func() error { _, err := r.ParticipantQoS(t.Context(), kind, meeting.UUID, "1"); return err },
				"an unknown meeting":       func() error { _, err := r.Meeting(t.Context(), kind, "81234567890"); return err },
				"a summary of a live one":  func() error { _, err := r.QoSSummary(t.Context(), kind, meeting.UUID, ""); return err },
				"a meeting as another one": func() error { _, err := r.Meeting(t.Context(), other(kind), meeting.UUID); return err },
			} {
				if err := ask(); !errors.Is(err, zoomapi.ErrNotLive) {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

func other(kind zoomapi.Kind) zoomapi.Kind {
	if kind == zoomapi.Meeting {
		return zoomapi.Webinar
	}
	return zoomapi.Meeting
}

func TestSummariesOfAnEndedMeeting(t *testing.T) {
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			r := newRig(t, zoomsim.Options{Seed: 9, PastDelay: -1, Moods: zoomsim.Moods{Plain: true}})
			meeting := r.sim.Open(kind, 12)
			r.pass(5 * time.Minute)
			if err := r.sim.End(meeting.UUID); err != nil {
				t.Fatal(err)
			}
			rows := all(t, func(page string) (zoomapi.Page[zoomapi.SummaryRow], error) {
				return r.QoSSummary(t.Context(), kind, meeting.UUID, page)
			})
			if len(rows) != 12 {
				t.Fatalf("%d rows, want 12", len(rows))
			}
			for i, row := range rows {
				if want := zoomapi.Text(meeting.Participants[i].UserID); row.ParticipantID != want {
					t.Errorf("row %d is of %s, want %s", i, row.ParticipantID, want)
				}
				types := make(map[zoomapi.Text]zoomapi.SummaryDetails)
				for _, s := range row.Summaries {
					types[s.Type] = s.Details
				}
				audio, video, cpu := types["audio_input"], types["video_output"], types["cpu_usage"]
				if audio.AvgLatency == "" || audio.AvgLoss == "" || audio.AvgBitrate == "" || audio.Resolution != "" ||
					video.AvgFrameRate == "" || video.Resolution == "" || cpu != (zoomapi.SummaryDetails{}) {
					t.Errorf("summaries of audio %+v, video %+v and CPU %+v", audio, video, cpu)
				}
			}
		})
	}
}

// Without the add-on only the summaries fail, with ErrPlan; without a scope, the
// endpoints of that scope fail.
func TestWhatAnAccountLacks(t *testing.T) {
	r := newRig(t, zoomsim.Options{Seed: 9, PastDelay: -1})
	meeting := r.sim.Open(zoomapi.Meeting, 2)
	r.pass(2 * time.Minute)
	if err := r.sim.End(meeting.UUID); err != nil {
		t.Fatal(err)
	}
	fault := zoomsim.Fault{Kind: zoomsim.FaultNoDashboard, Endpoint: zoomapi.ListMeetingParticipantsQoSSummary}
	if err := r.sim.SetFault(fault); err != nil {
		t.Fatal(err)
	}
	if _, err := r.QoSSummary(t.Context(), zoomapi.Meeting, meeting.UUID, ""); !errors.Is(err, zoomapi.ErrPlan) {
		t.Errorf("a summary without the add-on: %v", err)
	}
	if _, err := r.PastQoS(t.Context(), zoomapi.Meeting, meeting.UUID, ""); err != nil {
		t.Errorf("the past without the add-on: %v", err)
	}

	r = newRig(t, zoomsim.Options{Seed: 9, PastDelay: -1, Token: zoomsim.TokenOptions{
		Scopes: []string{"dashboard:read:list_meeting_participants_qos:admin"}}})
	meeting = r.sim.Open(zoomapi.Meeting, 2)
	r.pass(2 * time.Minute)
	if _, err := r.ParticipantQoS(t.Context(), zoomapi.Meeting, meeting.UUID, meeting.Participants[0].UserID); !errors.Is(err, zoomapi.ErrScope) {
		t.Errorf("one participant without the scope: %v", err)
	}
	if err := r.sim.End(meeting.UUID); err != nil {
		t.Fatal(err)
	}
	if _, err := r.QoSSummary(t.Context(), zoomapi.Meeting, meeting.UUID, ""); err != nil {
		t.Errorf("a summary by the scope of the figures: %v", err)
	}
	var failure *zoomapi.Error
	_, err := r.Meeting(t.Context(), zoomapi.Meeting, meeting.UUID)
	if !errors.As(err, &failure) || failure.Reason != zoomapi.ReasonScope || !slices.Contains(failure.Scopes, zoomapi.GetMeeting.Scopes()[0]) {
		t.Errorf("one meeting without the scope: %v", err)
	}
}
