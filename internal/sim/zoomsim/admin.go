package zoomsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// State is the answer to GET /admin/state.
type State struct {
	Counts    Counts                            `json:"counts"`
	Faults    []Fault                           `json:"faults"`
	Incidents []Incident                        `json:"incidents"`
	Live      map[zoomapi.Kind][]MeetingSummary `json:"live"`
}

// MeetingSummary summarises a live meeting.
type MeetingSummary struct {
	UUID         string `json:"uuid"`
	Number       int64  `json:"number"`
	Participants int    `json:"participants"` // present ones
	Rows         int    `json:"rows"`         // joins so far
}

// State returns a summary of the present state.
func (s *Sim) State() State {
	state := State{Counts: s.Counts(), Faults: s.Faults(), Live: map[zoomapi.Kind][]MeetingSummary{}}
	for _, kind := range []zoomapi.Kind{zoomapi.Meeting, zoomapi.Webinar} {
		state.Live[kind] = []MeetingSummary{}
		for _, m := range s.Live(kind) {
			short := MeetingSummary{UUID: m.UUID, Number: m.Number, Rows: len(m.Participants)}
			for _, p := range m.Participants {
				if p.Leave.IsZero() {
					short.Participants++
				}
			}
			state.Live[kind] = append(state.Live[kind], short)
		}
	}
	s.world.mu.Lock()
	state.Incidents = s.world.incidents
	s.world.mu.Unlock()
	return state
}

// admin serves /admin/: the actions, and a page that lists them.
func (s *Sim) admin(w http.ResponseWriter, r *http.Request) {
	name := r.Method + " " + strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/admin"), "/")
	if name == "GET " {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, adminHelp()) // the client may be gone
		return
	}
	result, err := s.act(name, r)
	switch {
	case errors.Is(err, errNoAction), errors.Is(err, ErrUnknown):
		refuse(w, err, http.StatusNotFound)
		return
	case err != nil:
		refuse(w, err, http.StatusBadRequest)
		return
	case result == nil:
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(result) // the client may be gone
}

func refuse(w http.ResponseWriter, err error, status int) {
	http.Error(w, err.Error()+"; GET /admin/ lists all actions", status)
}

var errNoAction = errors.New("no such admin action")

func (s *Sim) act(name string, r *http.Request) (result any, err error) {
	for _, a := range actions() {
		if a.name == name {
			return a.do(s, r)
		}
	}
	return nil, errNoAction
}

// action is something that /admin/ can do.
type action struct {
	name  string // its method and path
	query string // an example
	body  string // an example
	about string // what it does
	do    func(*Sim, *http.Request) (any, error)
}

func actions() []action {
	uuid := func(r *http.Request) string { return r.URL.Query().Get("uuid") }
	userID := func(r *http.Request) string { return r.URL.Query().Get("user_id") }
	const someMeeting, someone = "uuid=jSkV%2BHfTTOK5p%2Fy8yKoSqA%3D%3D", "user_id=16778240"
	return []action{
		{"GET state", "", "", "Show the requests so far, faults, incidents, and live meetings with their UUIDs.",
			func(s *Sim, _ *http.Request) (any, error) { return s.State(), nil }},
		{"POST faults", "", `{"kind": "per_minute", "endpoint": "list_meetings", "count": 3}`,
			"Add a fault, or an array of faults. The first that matches a request affects it.",
			func(s *Sim, r *http.Request) (any, error) { return nil, s.postFaults(r) }},
		{"DELETE faults", "", "", "Remove all faults.",
			func(s *Sim, _ *http.Request) (any, error) { s.ClearFaults(); return nil, nil }},
		{"POST incidents", "", `{"name": "storm", "site": "lisbon", "loss": 0.08, "latency_ms": 200}`,
			"Start an incident for some people, replacing any of the same name.",
			func(s *Sim, r *http.Request) (any, error) { return nil, s.postIncident(r) }},
		{"DELETE incidents", "name=storm", "", "End an incident. The minutes that it affected keep their figures.",
			func(s *Sim, r *http.Request) (any, error) { return nil, s.ClearIncident(r.URL.Query().Get("name")) }},
		{"POST revoke", "", "", "Revoke all tokens.",
			func(s *Sim, _ *http.Request) (any, error) { s.RevokeTokens(); return nil, nil }},
		{"POST open", "kind=meeting&participants=3", "", "Open a meeting or a webinar that lasts until it is ended.",
			func(s *Sim, r *http.Request) (any, error) { return s.postOpen(r.URL.Query()) }},
		{"POST end", someMeeting, "", "End a meeting.",
			func(s *Sim, r *http.Request) (any, error) { return nil, s.End(uuid(r)) }},
		{"POST deny", someMeeting, "", "Deny access to a meeting: error 300.",
			func(s *Sim, r *http.Request) (any, error) { return nil, s.Deny(uuid(r), true) }},
		{"DELETE deny", someMeeting, "", "Grant access again.",
			func(s *Sim, r *http.Request) (any, error) { return nil, s.Deny(uuid(r), false) }},
		{"POST join", someMeeting, "", "Add a new participant to a meeting.",
			func(s *Sim, r *http.Request) (any, error) { return userIDOf(s.Join(uuid(r))) }},
		{"POST leave", someMeeting + "&" + someone, "", "Make a participant leave.",
			func(s *Sim, r *http.Request) (any, error) { return nil, s.Leave(uuid(r), userID(r)) }},
		{"POST rejoin", someMeeting + "&" + someone, "", "Let a participant join again, leaving first if need be.",
			func(s *Sim, r *http.Request) (any, error) { return userIDOf(s.Rejoin(uuid(r), userID(r))) }},
	}
}

func userIDOf(p Participant, err error) (any, error) {
	return map[string]string{"user_id": p.UserID}, err
}

func (s *Sim) postIncident(r *http.Request) error {
	var i Incident
	if err := readJSON(r, &i); err != nil {
		return err
	}
	s.SetIncident(i)
	return nil
}

func (s *Sim) postOpen(query url.Values) (any, error) {
	kind, participants := query.Get("kind"), query.Get("participants")
	k := zoomapi.Kind(kind)
	if k != zoomapi.Meeting && k != zoomapi.Webinar {
		return nil, fmt.Errorf("kind must be meeting or webinar, not %q", kind)
	}
	n := 0
	if _, err := fmt.Sscan(participants, &n); err != nil || n < 1 || n > 100_000 {
		return nil, fmt.Errorf("participants must be between 1 and 100000, not %q", participants)
	}
	m := s.Open(k, n)
	return MeetingSummary{UUID: m.UUID, Number: m.Number, Participants: n, Rows: n}, nil
}

func (s *Sim) postFaults(r *http.Request) error {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("read the faults: %w", err)
	}
	var many []Fault
	if err := decode(body, &many); err != nil {
		many = make([]Fault, 1)
		if err := decode(body, &many[0]); err != nil {
			return err
		}
	}
	for _, f := range many {
		if err := f.check(); err != nil {
			return err
		}
	}
	for _, f := range many {
		if err := s.SetFault(f); err != nil {
			return err
		}
	}
	return nil
}

func readJSON(r *http.Request, into any) error {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("read the body: %w", err)
	}
	return decode(body, into)
}

// decode refuses unknown fields, as a misspelt one would have no effect.
func decode(body []byte, into any) error {
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("decode the body: %w", err)
	}
	if d.More() {
		return errors.New("decode the body: data after the JSON value")
	}
	return nil
}
