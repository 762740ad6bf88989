package plan

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
)

// ErrProfile says that a saved profile cannot be read: it is damaged, or of
// another version or time zone. What it held has to be learned anew.
var ErrProfile = errors.New("saved demand profile is not usable")

const profileVersion = 1

// saved is a profile as it is written down.
type saved struct {
	Version int       `json:"version"`
	Zone    string    `json:"time_zone"`
	Hours   []learned `json:"hours"`
	Recent  []seen    `json:"recent"`
	Opened  int64     `json:"opened,omitzero"` // Unix seconds
	Endings endings   `json:"endings,omitzero"`
}

// MarshalBinary writes down what was learned.
func (p *Profile) MarshalBinary() ([]byte, error) {
	s := saved{Version: profileVersion, Zone: p.zone.String(), Hours: p.hours[:], Recent: p.recent, Endings: p.ends}
	if !p.opened.IsZero() {
		s.Opened = p.opened.Unix()
	}
	return json.Marshal(s)
}

// UnmarshalBinary takes up what was written down. Its errors are ErrProfile,
// and leave the profile as it was.
func (p *Profile) UnmarshalBinary(data []byte) error {
	var s saved
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("%w: %w", ErrProfile, err)
	}
	switch {
	case s.Version != profileVersion:
		return fmt.Errorf("%w: it is of version %d, not %d", ErrProfile, s.Version, profileVersion)
	case s.Zone != p.zone.String():
		return fmt.Errorf("%w: its hours are of another time zone", ErrProfile)
	case len(s.Hours) != hoursOfWeek || len(s.Recent) > kept:
		return fmt.Errorf("%w: it has %d hours and %d recent ones", ErrProfile, len(s.Hours), len(s.Recent))
	}
	for i := range s.Hours {
		if h := &s.Hours[i]; !h.Demand.sound() || h.Weeks < 0 || h.Weeks > 52 {
			return fmt.Errorf("%w: hour %d is out of range", ErrProfile, i)
		}
	}
	for i := range s.Recent {
		r := &s.Recent[i]
		if !r.Demand.sound() || !countable(r.Expected) || !countable(float64(r.Start)) || !(r.Seconds >= 0 && r.Seconds <= 3600) {
			return fmt.Errorf("%w: recent hour %d is out of range", ErrProfile, i)
		}
	}
	if !countable(s.Endings.Seconds) || !countable(s.Endings.Cost) {
		return fmt.Errorf("%w: what it knows of meetings' ends is out of range", ErrProfile)
	}
	copy(p.hours[:], s.Hours)
	p.recent, p.ends, p.guessed, p.opened = s.Recent, s.Endings, nil, time.Time{}
	if s.Opened != 0 {
		p.opened = time.Unix(s.Opened, 0).UTC()
	}
	return nil
}
