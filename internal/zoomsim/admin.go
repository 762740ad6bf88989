package zoomsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
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

// admin answers
//
//	GET    /admin/state
//	POST   /admin/faults     a Fault, or an array of them
//	DELETE /admin/faults     all of them
//	POST   /admin/incidents  an Incident
//	DELETE /admin/incidents?name=…
//	POST   /admin/revoke     all tokens
//	POST   /admin/end?uuid=…
//	POST   /admin/deny?uuid=…, and DELETE
//	POST   /admin/join?uuid=…
//	POST   /admin/leave?uuid=…&user_id=…
//	POST   /admin/rejoin?uuid=…&user_id=…
//	POST   /admin/open?kind=meeting&participants=3
func (s *Sim) admin(w http.ResponseWriter, r *http.Request) {
	action := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/admin/")
	result, err := s.act(action, r)
	switch {
	case errors.Is(err, errNoAction):
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	case errors.Is(err, ErrUnknown):
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
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

var errNoAction = errors.New("no such admin action; see the documentation of the package's admin endpoints")

func (s *Sim) act(action string, r *http.Request) (result any, err error) {
	query := r.URL.Query()
	uuid, userID := query.Get("uuid"), query.Get("user_id")
	switch action {
	case "GET state":
		return s.State(), nil
	case "POST faults":
		return nil, s.postFaults(r)
	case "DELETE faults":
		s.ClearFaults()
		return nil, nil
	case "POST incidents":
		var i Incident
		if err := readJSON(r, &i); err != nil {
			return nil, err
		}
		s.SetIncident(i)
		return nil, nil
	case "DELETE incidents":
		return nil, s.ClearIncident(query.Get("name"))
	case "POST revoke":
		s.RevokeTokens()
		return nil, nil
	case "POST end":
		return nil, s.End(uuid)
	case "POST deny":
		return nil, s.Deny(uuid, true)
	case "DELETE deny":
		return nil, s.Deny(uuid, false)
	case "POST join":
		p, err := s.Join(uuid)
		return userIDOf(p), err
	case "POST leave":
		return nil, s.Leave(uuid, userID)
	case "POST rejoin":
		p, err := s.Rejoin(uuid, userID)
		return userIDOf(p), err
	case "POST open":
		return s.postOpen(query.Get("kind"), query.Get("participants"))
	}
	return nil, errNoAction
}

func userIDOf(p Participant) map[string]string { return map[string]string{"user_id": p.UserID} }

func (s *Sim) postOpen(kind, participants string) (any, error) {
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
