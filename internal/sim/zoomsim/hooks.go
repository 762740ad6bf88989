package zoomsim

import (
	"fmt"
	"slices"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// change changes the present world by do.
func (s *Sim) change(do func(w *world, now time.Time) error) error {
	now := s.opts.Now()
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	w.advance(now)
	return do(w, now)
}

// Open opens a meeting or webinar with that many participants, who stay until End
// ends it.
func (s *Sim) Open(kind zoomapi.Kind, participants int) Meeting {
	var opened Meeting
	_ = s.change(func(w *world, now time.Time) error { // cannot fail
		place := max(w.opts.Meetings, w.opts.Webinars) + w.openedCount
		w.openedCount++
		m := w.open(slot{kind: kind, index: place}, participants, now)
		opened = w.truth(m, now)
		return nil
	})
	return opened
}

// End ends a meeting or webinar. It returns ErrUnknown if it is not live.
func (s *Sim) End(uuid string) error {
	return s.change(func(w *world, now time.Time) error {
		m, err := w.known(uuid, now)
		if err != nil {
			return err
		}
		if !m.live(now) {
			return fmt.Errorf("live meeting %q: %w", uuid, ErrUnknown)
		}
		w.draw(m) // with the planned end
		m.end, m.touched = now, true
		return nil
	})
}

// Deny denies access to a meeting (error 300), or grants it again.
func (s *Sim) Deny(uuid string, denied bool) error {
	return s.change(func(w *world, now time.Time) error {
		if _, err := w.known(uuid, now); err != nil {
			return err
		}
		w.denied[uuid] = denied
		return nil
	})
}

// Leave makes a participant leave.
func (s *Sim) Leave(uuid, userID string) error {
	return s.change(func(w *world, now time.Time) error {
		m, j, err := w.findJoin(uuid, userID, now)
		if err != nil {
			return err
		}
		if m.left(j, now).IsZero() {
			j.leave, m.touched = now, true
		}
		return nil
	})
}

// Join adds a new participant to a live meeting.
func (s *Sim) Join(uuid string) (Participant, error) {
	var joined Participant
	err := s.change(func(w *world, now time.Time) error {
		m, err := w.known(uuid, now)
		if err != nil {
			return err
		}
		w.draw(m)
		joined = m.joinNow(w.newcomer(m), now)
		return nil
	})
	return joined, err
}

// Rejoin lets a participant join again, who leaves first if still present. The new
// row has another user_id and the same participant_uuid.
func (s *Sim) Rejoin(uuid, userID string) (Participant, error) {
	var joined Participant
	err := s.change(func(w *world, now time.Time) error {
		m, j, err := w.findJoin(uuid, userID, now)
		if err != nil {
			return err
		}
		if m.left(j, now).IsZero() {
			j.leave = now
		}
		joined = m.joinNow(j.rejoin(uint64(m.users)), now)
		return nil
	})
	return joined, err
}

// joinNow adds a join at now, before those that are still to come.
func (m *meeting) joinNow(j *join, now time.Time) Participant {
	j.at, m.touched = now, true
	j.userID = m.nextUserID()
	i, _ := slices.BinarySearchFunc(m.joined, now, func(o *join, t time.Time) int {
		if o.at.After(t) {
			return 1
		}
		return -1
	})
	m.joined = slices.Insert(m.joined, i, j)
	return j.truth(m, now)
}

// SetIncident starts an incident, now or at its From.
func (s *Sim) SetIncident(i Incident) {
	_ = s.change(func(w *world, now time.Time) error { // cannot fail
		w.setIncident(i, now)
		return nil
	})
}

// ClearIncident ends an incident. The minutes that it affected keep their figures.
func (s *Sim) ClearIncident(name string) error {
	return s.change(func(w *world, now time.Time) error {
		if !w.clearIncident(name, now) {
			return fmt.Errorf("incident %q: %w", name, ErrUnknown)
		}
		return nil
	})
}

// RevokeTokens revokes all tokens.
func (s *Sim) RevokeTokens() { s.tokens.revoke() }
