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

// State is what GET /admin/state tells.
type State struct {
	Counts    Counts                            `json:"counts"`
	Faults    []Fault                           `json:"faults"`
	Incidents []Incident                        `json:"incidents"`
	Live      map[zoomapi.Kind][]MeetingSummary `json:"live"`
}

// MeetingSummary is a live meeting in short.
type MeetingSummary struct {
	UUID         string `json:"uuid"`
	Number       int64  `json:"number"`
	Participants int    `json:"participants"` // present ones
	Rows         int    `json:"rows"`         // joins so far
}

// State is the present state in short.
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

// admin answers what actions are asked for; GET /admin/ lists them.
func (s *Sim) admin(w http.ResponseWriter, r *http.Request) {
	name := r.Method + " " + strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/admin"), "/")
	if name == "GET " {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, adminHelp()) // who asked may have gone
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
	_ = encoder.Encode(result) // who asked may have gone
}

func refuse(w http.ResponseWriter, err error, status int) {
	http.Error(w, err.Error()+"; GET /admin/ lists what can be asked for, and how", status)
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

// action is something that can be asked of /admin/.
type action struct {
	name  string // its method and path
	query string // an example
	body  string // an example
	about string
	do    func(*Sim, *http.Request) (any, error)
}

func actions() []action {
	uuid := func(r *http.Request) string { return r.URL.Query().Get("uuid") }
	userID := func(r *http.Request) string { return r.URL.Query().Get("user_id") }
	const someMeeting, someone = "uuid=jSkV%2BHfTTOK5p%2Fy8yKoSqA%3D%3D", "user_id=16778240"
	return []action{
		{"GET state", "", "", "Requests so far, faults, incidents, and what is live, with UUIDs.",
			func(s *Sim, _ *http.Request) (any, error) { return s.State(), nil }},
		{"POST faults", "", `{"kind": "per_minute", "endpoint": "list_meetings", "count": 3}`,
			"Add a fault, or several as an array: the first that fits a request befalls it.",
			func(s *Sim, r *http.Request) (any, error) { return nil, s.postFaults(r) }},
		{"DELETE faults", "", "", "Take all faults away.",
			func(s *Sim, _ *http.Request) (any, error) { s.ClearFaults(); return nil, nil }},
		{"POST incidents", "", `{"name": "storm", "site": "lisbon", "loss": 0.08, "latency_ms": 200}`,
			"Let something go wrong for some people; one of the same name is replaced.",
			func(s *Sim, r *http.Request) (any, error) { return nil, s.postIncident(r) }},
		{"DELETE incidents", "name=storm", "", "End an incident; what it spoilt stays as it was.",
			func(s *Sim, r *http.Request) (any, error) { return nil, s.ClearIncident(r.URL.Query().Get("name")) }},
		{"POST revoke", "", "", "Make every token that is out invalid.",
			func(s *Sim, _ *http.Request) (any, error) { s.RevokeTokens(); return nil, nil }},
		{"POST open", "kind=meeting&participants=3", "", "Begin a meeting or a webinar that lasts until it is ended.",
			func(s *Sim, r *http.Request) (any, error) { return s.postOpen(r.URL.Query()) }},
		{"POST end", someMeeting, "", "End a meeting.",
			func(s *Sim, r *http.Request) (any, error) { return nil, s.End(uuid(r)) }},
		{"POST deny", someMeeting, "", "Refuse all access to a meeting: error 300.",
			func(s *Sim, r *http.Request) (any, error) { return nil, s.Deny(uuid(r), true) }},
		{"DELETE deny", someMeeting, "", "Grant it again.",
			func(s *Sim, r *http.Request) (any, error) { return nil, s.Deny(uuid(r), false) }},
		{"POST join", someMeeting, "", "Bring somebody new to a meeting.",
			func(s *Sim, r *http.Request) (any, error) { return userIDOf(s.Join(uuid(r))) }},
		{"POST leave", someMeeting + "&" + someone, "", "Make a participant leave.",
			func(s *Sim, r *http.Request) (any, error) { return nil, s.Leave(uuid(r), userID(r)) }},
		{"POST rejoin", someMeeting + "&" + someone, "", "Bring a participant back, who leaves first if need be.",
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
		return nil, fmt.Errorf("kind %q is neither meeting nor webinar", kind)
	}
	n := 0
	if _, err := fmt.Sscan(participants, &n); err != nil || n < 1 || n > 100_000 {
		return nil, fmt.Errorf("participants %q is no number of 1 … 100000", participants)
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

// decode wants known fields only: a misspelt one would be a fault that never
// happens.
func decode(body []byte, into any) error {
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("decode the body: %w", err)
	}
	if d.More() {
		return errors.New("decode the body: there is more behind the JSON value")
	}
	return nil
}
