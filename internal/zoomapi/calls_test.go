package zoomapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// callsOf returns the calls about one meeting, one person, or the past.
func callsOf(c *Client, kind Kind, id, third string) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"past":    func(ctx context.Context) error { _, err := c.PastQoS(ctx, kind, id, third); return err },
		"summary": func(ctx context.Context) error { _, err := c.QoSSummary(ctx, kind, id, third); return err },
		"meeting": func(ctx context.Context) error { _, err := c.Meeting(ctx, kind, id); return err },
		"person":  func(ctx context.Context) error { _, err := c.ParticipantQoS(ctx, kind, id, third); return err },
	}
}

// Requests about one meeting, one person and the past are as Zoom requires.
func TestPastRequests(t *testing.T) {
	var got *http.Request
	zoom := newFakeZoom(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		io.WriteString(w, `{"uuid":"a==","user_id":"16778240","participants":[]}`)
	})
	r := new(recorder)
	c := zoom.client(t, r, func(cfg *Config) { cfg.Clock = fixedClock{testNow} })
	const (
		plain   = "aB3+dE6zgH9jK2mN5pQ8sQ=="
		slashes = "/6fJBQh0QzWCgrKretYGjg=="
		twice   = "/v2/metrics/meetings/%252F6fJBQh0QzWCgrKretYGjg%253D%253D"
	)
	tests := []struct {
		question  string
		kind      Kind
		id, third string
		uri       string
		endpoint  Endpoint
	}{
		{"past", Meeting, plain, "", "/v2/metrics/meetings/aB3%2BdE6zgH9jK2mN5pQ8sQ%3D%3D/participants/qos?page_size=10&type=past", ListMeetingParticipantsQoS},
		{"past", Meeting, slashes, "p", twice + "/participants/qos?next_page_token=p&page_size=10&type=past", ListMeetingParticipantsQoS},
		{"past", Webinar, "83456789012", "", "/v2/metrics/webinars/83456789012/participants/qos?page_size=10&type=past", ListWebinarParticipantsQoS},
		{"summary", Meeting, slashes, "a+b", twice + "/participants/qos_summary?next_page_token=a%2Bb&page_size=10&type=past", ListMeetingParticipantsQoSSummary},
		{"summary", Webinar, "83456789012", "", "/v2/metrics/webinars/83456789012/participants/qos_summary?page_size=10&type=past", ListWebinarParticipantsQoSSummary},
		{"meeting", Meeting, slashes, "", twice + "?type=live", GetMeeting},
		{"meeting", Webinar, "83456789012", "", "/v2/metrics/webinars/83456789012?type=live", GetWebinar},
		{"person", Meeting, slashes, "16778240", twice + "/participants/16778240/qos?type=live", MeetingParticipantQoS},
		{"person", Meeting, "81234567890", "a/b+c d?", "/v2/metrics/meetings/81234567890/participants/a%2Fb%2Bc%20d%3F/qos?type=live", MeetingParticipantQoS},
		{"person", Webinar, plain, "16778240", "/v2/metrics/webinars/aB3%2BdE6zgH9jK2mN5pQ8sQ%3D%3D/participants/16778240/qos?type=live", WebinarParticipantQoS},
	}
	for _, test := range tests {
		t.Run(test.uri, func(t *testing.T) {
			if err := callsOf(c, test.kind, test.id, test.third)[test.question](t.Context()); err != nil {
				t.Fatal(err)
			}
			if got.RequestURI != test.uri || got.Method != http.MethodGet || got.Header.Get("Authorization") != "Bearer secret-token-1" {
				t.Errorf("sent\n%s %s, want\nGET %s", got.Method, got.RequestURI, test.uri)
			}
			last := r.attempts[len(r.attempts)-1]
			if last != (Attempt{Endpoint: test.endpoint, Status: 200}) || r.acquired[len(r.acquired)-1] != Heavy {
				t.Errorf("observed %+v of class %s, want %s of %s", last, r.acquired[len(r.acquired)-1], test.endpoint, Heavy)
			}
		})
	}
	r.balanced(t)
}

func TestImpossiblePastRequests(t *testing.T) {
	zoom := newFakeZoom(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })
	c := zoom.client(t, new(recorder))
	for _, id := range []string{"", ".", ".."} {
		for name, ask := range callsOf(c, Meeting, id, "16778240") {
			if err := ask(t.Context()); err == nil {
				t.Errorf("%s: id %q is accepted", name, id)
			}
		}
		if _, err := c.ParticipantQoS(t.Context(), Webinar, "83456789012", id); err == nil || !strings.Contains(err.Error(), "user_id") {
			t.Errorf("user_id %q: %v", id, err)
		}
	}
	for name, ask := range callsOf(c, "party", "81234567890", "16778240") {
		if err := ask(t.Context()); err == nil {
			t.Errorf("%s: an unknown kind is accepted", name)
		}
	}
	if zoom.tokenRequests() != 0 {
		t.Error("a token was requested")
	}
}

// Errors say what to do about the add-on and about the scope that two endpoints
// share.
func TestPastErrors(t *testing.T) {
	tests := []struct {
		name, question string
		handler        http.HandlerFunc
		is             error
		text           string
		sent           int
	}{
		{"not settled", "past", answer(404, `{"code":3001,"message":"Meeting does not exist."}`), ErrNotLive, "nor available as a past meeting", 1},
		{"no add-on", "summary", answer(400, `{"code":200,"message":"No."}`), ErrPlan, "(QSS), an add-on", 1},
		{"no plan", "past", answer(400, `{"code":200,"message":"no"}`), ErrPlan, "Business plan", 1},
		{"no scope", "summary", answer(400, `{"code":4700,"message":"no"}`), ErrScope, "add dashboard:read:list_meeting_participants_qos:admin (", 1},
		{"no scope", "person", answer(400, `{"code":4711,"message":"no"}`), ErrScope, "add dashboard:read:meeting_participant_qos:admin (", 1},
		{"no scope", "meeting", answer(400, `{"code":4711,"message":"no"}`), ErrScope, "add dashboard:read:meeting:admin (", 1},
		{"page token", "summary", answer(300, `{"code":300}`), ErrNoAccess, "starts over from the first page", 1},
		{"token", "person", answer(401, `{"code":124}`), ErrToken, "the token", 2},
		{"nothing of it", "person", answer(200, `{"code":200,"message":"x"}`), ErrBody, "it has no participant", 1},
		{"nothing of it", "meeting", answer(200, `{"message":"x"}`), ErrBody, "it has no meeting", 1},
		{"nothing of it", "summary", answer(200, `{"message":"x"}`), ErrBody, "it has no list of participants", 1},
	}
	for _, test := range tests {
		t.Run(test.question+" "+test.name, func(t *testing.T) {
			zoom := newFakeZoom(t, test.handler)
			r := new(recorder)
			err := callsOf(zoom.client(t, r), Meeting, "81234567890", "16778240")[test.question](t.Context())
			if !errors.Is(err, test.is) {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(err.Error(), test.text) {
				t.Errorf("%q does not say %q", err, test.text)
			}
			if len(r.acquired) != test.sent {
				t.Errorf("%d attempts, want %d", len(r.acquired), test.sent)
			}
			r.balanced(t)
		})
	}
}
