package zoomsim

import (
	"fmt"
	"slices"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// change does something to the world as it is now.
func (s *Sim) change(do func(w *world, now time.Time) error) error {
	now := s.opts.Now()
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	w.advance(now)
	return do(w, now)
}

// Open begins a meeting or webinar of that many participants, who stay until
// it is ended by End.
func (s *Sim) Open(kind zoomapi.Kind, participants int) Meeting {
	var opened Meeting
	_ = s.change(func(w *world, now time.Time) error { // which cannot fail
		place := max(w.opts.Meetings, w.opts.Webinars) + w.count
		w.count++
		m := w.open(slot{kind: kind, index: place}, participants, now)
		opened = w.truth(m, now)
		return nil
	})
	return opened
}

// End ends a meeting or webinar now; ErrUnknown if it is not live.
func (s *Sim) End(uuid string) error {
	return s.change(func(w *world, now time.Time) error {
		m, err := w.known(uuid, now)
		if err != nil {
			return err
		}
		if !m.live(now) {
			return fmt.Errorf("live meeting %q: %w", uuid, ErrUnknown)
		}
		w.draw(m) // as it was planned
		m.end, m.touched = now, true
		return nil
	})
}

// Deny refuses all access to a meeting (error 300), or grants it again.
func (s *Sim) Deny(uuid string, denied bool) error {
	return s.change(func(w *world, now time.Time) error {
		if _, err := w.known(uuid, now); err != nil {
			return err
		}
		w.denied[uuid] = denied
		return nil
	})
}

// Leave makes a participant leave now.
func (s *Sim) Leave(uuid, userID string) error {
	return s.change(func(w *world, now time.Time) error {
		m, j, err := w.seat(uuid, userID, now)
		if err != nil {
			return err
		}
		if m.left(j, now).IsZero() {
			j.leave, m.touched = now, true
		}
		return nil
	})
}

// Join brings somebody new to a live meeting.
func (s *Sim) Join(uuid string) (Participant, error) {
	var joined Participant
	err := s.change(func(w *world, now time.Time) error {
		m, err := w.known(uuid, now)
		if err != nil {
			return err
		}
		w.draw(m)
		joined = m.seatNow(w.newcomer(m), now)
		return nil
	})
	return joined, err
}

// Rejoin brings a participant back, who leaves first if they are still in:
// another row with another user_id and the same participant_uuid.
func (s *Sim) Rejoin(uuid, userID string) (Participant, error) {
	var joined Participant
	err := s.change(func(w *world, now time.Time) error {
		m, j, err := w.seat(uuid, userID, now)
		if err != nil {
			return err
		}
		if m.left(j, now).IsZero() {
			j.leave = now
		}
		joined = m.seatNow(j.again(uint64(m.users)), now)
		return nil
	})
	return joined, err
}

// seatNow enters a join that happens now, before any that is yet to come.
func (m *meeting) seatNow(j *join, now time.Time) Participant {
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

// SetIncident lets something go wrong from now on, or within its bounds.
func (s *Sim) SetIncident(i Incident) {
	_ = s.change(func(w *world, now time.Time) error { // which cannot fail
		w.setIncident(i, now)
		return nil
	})
}

// ClearIncident ends the incident of that name; what it spoilt stays as it
// was.
func (s *Sim) ClearIncident(name string) error {
	return s.change(func(w *world, now time.Time) error {
		if !w.clearIncident(name, now) {
			return fmt.Errorf("incident %q: %w", name, ErrUnknown)
		}
		return nil
	})
}

// RevokeTokens makes every token that is out invalid.
func (s *Sim) RevokeTokens() { s.tokens.revoke() }
