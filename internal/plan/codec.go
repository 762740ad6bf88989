package plan

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
)

// ErrProfile is the error for a saved profile that cannot be used: it is damaged,
// or of another version or time zone. Its demand has to be learned again.
var ErrProfile = errors.New("saved demand profile is not usable")

const profileVersion = 1

// saved is the saved form of a profile.
type saved struct {
	Version int        `json:"version"`
	Zone    string     `json:"time_zone"`
	Hours   []learned  `json:"hours"`
	Recent  []observed `json:"recent"`
	Opened  int64      `json:"opened,omitzero"` // the last full refresh in Unix seconds
	Endings endings    `json:"endings,omitzero"`
}

// MarshalBinary implements encoding.BinaryMarshaler.
func (p *Profile) MarshalBinary() ([]byte, error) {
	s := saved{Version: profileVersion, Zone: p.zone.String(), Hours: p.hours[:], Recent: p.recent, Endings: p.ends}
	if !p.fullRefresh.IsZero() {
		s.Opened = p.fullRefresh.Unix()
	}
	return json.Marshal(s)
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler. Its errors wrap
// ErrProfile and leave the profile unchanged.
func (p *Profile) UnmarshalBinary(data []byte) error {
	var s saved
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("%w: %w", ErrProfile, err)
	}
	if err := s.validate(p.zone); err != nil {
		return fmt.Errorf("%w: %w", ErrProfile, err)
	}
	copy(p.hours[:], s.Hours)
	p.recent, p.ends, p.guessed, p.fullRefresh = s.Recent, s.Endings, nil, time.Time{}
	if s.Opened != 0 {
		p.fullRefresh = time.Unix(s.Opened, 0).UTC()
	}
	return nil
}

func (s *saved) validate(zone *time.Location) error {
	switch {
	case s.Version != profileVersion:
		return fmt.Errorf("version %d, want %d", s.Version, profileVersion)
	case s.Zone != zone.String():
		return errors.New("its hours are in another time zone")
	case len(s.Hours) != hoursOfWeek || len(s.Recent) > kept:
		return fmt.Errorf("%d hours and %d recent hours", len(s.Hours), len(s.Recent))
	case !plausible(s.Endings.Seconds) || !plausible(s.Endings.Cost):
		return errors.New("the endings of meetings are out of range")
	}
	for i := range s.Hours {
		if h := &s.Hours[i]; !h.Demand.valid() || h.Weeks < 0 || h.Weeks > 52 {
			return fmt.Errorf("hour %d is out of range", i)
		}
	}
	for i := range s.Recent {
		o := &s.Recent[i]
		if !o.Demand.valid() || !plausible(o.Expected) || !plausible(float64(o.Start)) || !(o.Seconds >= 0 && o.Seconds <= 3600) {
			return fmt.Errorf("recent hour %d is out of range", i)
		}
	}
	return nil
}
