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

// saved is the saved form of a profile. The store checks its integrity.
type saved struct {
	Version int                  `json:"version"`
	Zone    string               `json:"time_zone"`
	Hours   [hoursOfWeek]learned `json:"hours"`
	Recent  []observed           `json:"recent"`
	Opened  int64                `json:"opened,omitzero"` // the last full refresh in Unix seconds
	Endings endings              `json:"endings,omitzero"`
}

// MarshalBinary implements encoding.BinaryMarshaler.
func (p *Profile) MarshalBinary() ([]byte, error) {
	s := saved{Version: profileVersion, Zone: p.zone.String(), Hours: p.hours, Recent: p.recent, Endings: p.ends}
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
	switch {
	case s.Version != profileVersion:
		return fmt.Errorf("%w: version %d, want %d", ErrProfile, s.Version, profileVersion)
	case s.Zone != p.zone.String():
		return fmt.Errorf("%w: its hours are in another time zone", ErrProfile)
	}
	p.hours, p.recent, p.ends, p.guessed, p.fullRefresh = s.Hours, s.Recent, s.Endings, nil, time.Time{}
	if s.Opened != 0 {
		p.fullRefresh = time.Unix(s.Opened, 0).UTC()
	}
	return nil
}
