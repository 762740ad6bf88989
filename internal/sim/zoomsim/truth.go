package zoomsim

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// ErrUnknown means that there is no such meeting, participant, minute or incident.
var ErrUnknown = errors.New("unknown to the simulated Zoom")

// Meeting is the ground truth of one instance of a meeting or webinar.
type Meeting struct {
	Kind   zoomapi.Kind
	UUID   string
	Number int64
	Topic  string
	// Host, HostEmail and Department are the host's.
	Host, HostEmail, Department string
	Start                       time.Time
	// End is when it ended or will end; zero if it lasts until Sim.End.
	End time.Time
	// Participants are all joins so far, including those of people who left.
	Participants []Participant
}

// Participant is the ground truth of one join.
type Participant struct {
	UserID          string // per join
	ParticipantUUID string // the same in all joins of the meeting
	AccountUserID   string // "" for guests and rooms
	Name, Email     string
	External        bool
	Site            string // a name of Sites, or ""
	NetworkType     string
	PublicIP        string // blank in answers if External
	InternalIP      string
	Device          string
	Role            string
	ViewOnly        bool // has no minutes
	Join            time.Time
	Leave           time.Time // zero while present
}

// Minute is the ground truth of one participant at one minute.
type Minute struct {
	Time time.Time
	// Wire is the minute as in answers. Inactive streams are blank, although
	// some answers omit them.
	Wire zoomapi.Minute
	// Values are the figures of the active streams in base units.
	Values map[zoomapi.StreamName]Values
	// CPU has the minimum, mean and maximum of Zoom's load and the maximum of the
	// system's, as ratios; nil without them.
	CPU []float64
	// RSSI has the weakest, mean and strongest signal in dBm; nil without Wi-Fi.
	RSSI []float64
}

// Values are the figures of a stream in bytes per second, seconds, ratios (0 to 1),
// pixels, and frames per second. Blank, unreadable and missing ones are NaN.
type Values struct {
	Bitrate, Latency, Jitter, AvgLoss, MaxLoss, Width, Height, FrameRate float64
}

// Live returns what is live in the order of the lists.
func (s *Sim) Live(kind zoomapi.Kind) []Meeting {
	now := s.opts.Now()
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	w.advance(now)
	found := w.meetings(kind, func(m *meeting) bool { return m.live(now) })
	truths := make([]Meeting, len(found))
	for i, m := range found {
		truths[i] = w.truth(m, now)
	}
	return truths
}

// Meeting returns the meeting or webinar with a UUID, if it has begun and is still
// retained.
func (s *Sim) Meeting(uuid string) (Meeting, error) {
	now := s.opts.Now()
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	m, err := w.known(uuid, now)
	if err != nil {
		return Meeting{}, err
	}
	return w.truth(m, now), nil
}

func (w *world) known(uuid string, now time.Time) (*meeting, error) {
	w.advance(now)
	m := w.byUUID[uuid]
	if m == nil || m.start.After(now) {
		return nil, fmt.Errorf("meeting %q: %w", uuid, ErrUnknown)
	}
	return m, nil
}

func (w *world) truth(m *meeting, now time.Time) Meeting {
	t := Meeting{
		Kind: m.slot.kind, UUID: m.uuid, Number: m.number, Topic: m.topic,
		Host: m.host.name, HostEmail: m.host.email, Department: m.host.department,
		Start: m.start, End: m.end,
	}
	for _, j := range w.rows(m, now) {
		t.Participants = append(t.Participants, j.truth(m, now))
	}
	return t
}

func (j *join) truth(m *meeting, now time.Time) Participant {
	p := j.person
	return Participant{
		UserID: j.userID, ParticipantUUID: j.participantUUID, AccountUserID: p.id,
		Name: p.name, Email: p.email, External: p.external,
		Site: p.network.site, NetworkType: p.network.name, PublicIP: p.network.public, InternalIP: p.network.internal,
		Device: p.device, Role: j.role, ViewOnly: j.viewOnly,
		Join: j.at, Leave: m.left(j, now),
	}
}

// Minutes returns all minutes that Zoom has of a participant, oldest first,
// whichever Moods.History sends.
func (s *Sim) Minutes(uuid, userID string) ([]Minute, error) {
	now := s.opts.Now()
	m, j, v, err := s.locate(uuid, userID, now)
	if err != nil {
		return nil, err
	}
	var all []Minute
	for minute := j.from; minute <= j.to; minute++ {
		if e, ok := v.entry(m, j.join, minute); ok {
			all = append(all, s.words.truth(&e))
		}
	}
	return all, nil
}

// Present returns the newest minute that Zoom has of a participant; ErrUnknown if
// there is none.
func (s *Sim) Present(uuid, userID string) (Minute, error) {
	all, err := s.Minutes(uuid, userID)
	if err != nil {
		return Minute{}, err
	}
	if len(all) == 0 {
		return Minute{}, fmt.Errorf("a minute of participant %s: %w", userID, ErrUnknown)
	}
	return all[len(all)-1], nil
}

// locate returns a join with its minutes, and a view for drawing them.
func (s *Sim) locate(uuid, userID string, now time.Time) (*meeting, row, view, error) {
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	m, j, err := w.findJoin(uuid, userID, now)
	if err != nil {
		return nil, row{}, view{}, err
	}
	r := row{join: j, userID: userID, left: m.left(j, now)}
	r.from, r.to = m.held(j, now)
	return m, r, w.view(), nil
}

func (w *world) findJoin(uuid, userID string, now time.Time) (*meeting, *join, error) {
	m, err := w.known(uuid, now)
	if err != nil {
		return nil, nil, err
	}
	rows := w.rows(m, now)
	i := slices.IndexFunc(rows, func(j *join) bool { return j.userID == userID })
	if i < 0 {
		return nil, nil, fmt.Errorf("participant %s: %w", userID, ErrUnknown)
	}
	return m, rows[i], nil
}

// truth returns a minute as text and as numbers.
func (v *vocabulary) truth(e *entry) Minute {
	at := time.Unix(e.minute*60, 0).UTC()
	t := Minute{
		Time:   at,
		Wire:   zoomapi.Minute{DateTime: zoomapi.Text(stamp(at))},
		Values: map[zoomapi.StreamName]Values{},
	}
	for i := range e.streams {
		f := &e.streams[i]
		t.Wire.Streams = append(t.Wire.Streams, v.wire(f))
		if f.active {
			t.Values[f.name] = f.values()
		}
	}
	if e.hasCPU {
		t.Wire.CPU = &zoomapi.CPU{
			ZoomMin: zoomapi.Text(v.cpu[e.cpu[0]]), ZoomAvg: zoomapi.Text(v.cpu[e.cpu[1]]),
			ZoomMax: zoomapi.Text(v.cpu[e.cpu[2]]), SystemMax: zoomapi.Text(v.cpu[e.cpu[3]]),
		}
		for _, percent := range e.cpu {
			t.CPU = append(t.CPU, float64(percent)/100)
		}
	}
	if e.rssi[1] != 0 {
		text := func(i int) zoomapi.Text { return zoomapi.Text(fmt.Sprint(e.rssi[i])) }
		t.Wire.WiFi = &zoomapi.WiFi{Min: text(0), Avg: text(1), Max: text(2), Unit: "dBm"}
		for _, dbm := range e.rssi {
			t.RSSI = append(t.RSSI, float64(dbm))
		}
	}
	return t
}

// Counts returns the requests so far.
func (s *Sim) Counts() Counts { return s.counter.snapshot() }
