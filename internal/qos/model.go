// Package qos is the model: meetings, participants and what their media
// streams do, in base units. It turns Zoom's wire types into that model and
// is the last place that sees personal data which the privacy settings do not
// let through.
package qos

import (
	"math"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// Media is what a stream carries.
type Media uint8

// The media; Share is the screen share, which Zoom calls "as".
const (
	Audio Media = iota
	Video
	Share
)

// String is the value of the label media.
func (m Media) String() string { return [...]string{"audio", "video", "share"}[m] }

// Direction is a stream's direction as the participant sees it.
type Direction uint8

// The directions; Zoom's "input" is Sent.
const (
	Sent Direction = iota
	Received
)

// String is the value of the label direction.
func (d Direction) String() string { return [...]string{"sent", "received"}[d] }

// Via is the road a stream takes into the meeting.
type Via uint8

// The roads: Zoom's own client, a Cloud Room Connector (SIP and H.323 room
// systems) and a web gateway (browsers).
const (
	Client Via = iota
	CRC
	RWG
)

// String is the value of the label via.
func (v Via) String() string { return [...]string{"client", "crc", "rwg"}[v] }

// Stream identifies one stream of one participant.
type Stream struct {
	Media     Media
	Direction Direction
	Via       Via
}

// Absent is the value of a figure that Zoom left blank or that could not be
// read. Blank is not zero.
func Absent() float64 { return math.NaN() }

// Present reports whether a figure has a value.
func Present(v float64) bool { return !math.IsNaN(v) }

// Figures are what Zoom tells of a stream at one minute, each Absent where it
// tells nothing.
type Figures struct {
	Latency   float64 // seconds
	Jitter    float64 // seconds
	Loss      float64 // average packet loss, 0 to 1
	LossMax   float64 // highest packet loss, 0 to 1
	Bitrate   float64 // bytes a second
	FrameRate float64 // frames a second
	Width     float64 // pixels
	Height    float64 // pixels
}

// Empty reports whether no figure has a value.
func (f *Figures) Empty() bool {
	return !Present(f.Latency) && !Present(f.Jitter) && !Present(f.Loss) && !Present(f.LossMax) &&
		!Present(f.Bitrate) && !Present(f.FrameRate) && !Present(f.Width) && !Present(f.Height)
}

// Reading is one stream's state at one minute of one participant.
type Reading struct {
	Stream Stream
	Figures
}

// CPU is the processor load of a client and of its whole machine, 0 to 1,
// each Absent where Zoom tells nothing.
type CPU struct{ ClientMin, ClientAvg, ClientMax, SystemMax float64 }

// WiFi is the received signal strength in dBm, each Absent where Zoom tells
// nothing. Min is the weakest and Max the strongest, however Zoom ordered
// them.
type WiFi struct{ Min, Avg, Max float64 }

// Minute is the state of one participant at the top of one minute.
type Minute struct {
	At       zoomtime.Time
	Readings []Reading
	CPU      CPU
	WiFi     WiFi
}

// Participant is one join of one person, as far as the privacy settings let
// it be known.
type Participant struct {
	ID    string // the label participant: Zoom's user_id, unique within a meeting
	Facts Facts
	// Left says that Zoom has given the row a leave time.
	Left bool
	// Join and Leave are when the person came and went; zero where Zoom does not
	// tell or cannot be understood.
	Join, Leave zoomtime.Time
	// Newest is the newest minute by time; nil where Zoom sent none.
	Newest *Minute
	// AnsweredAt is when Zoom answered with all this.
	AnsweredAt zoomtime.Time
	// HeldAt is the same by our clock.
	HeldAt time.Time
}

// Facts are what is known of a participant beyond figures, each "" where it
// is unknown or not allowed.
type Facts struct {
	User              string // one person over rejoins and meetings
	ParticipantUUID   string
	UserName          string
	Email             string
	IPAddress         string
	InternalIPAddress string
	PCName            string
	Domain            string
	Location          string
	Site              string
	Device            string
	OS                string
	OSVersion         string
	Client            string
	ClientVersion     string
	NetworkType       string
	ConnectionType    string
	DataCenter        string
}

// Meeting is a live meeting or webinar as the live list tells of it.
type Meeting struct {
	Kind zoomapi.Kind
	// UUID names the instance and is the label meeting. Number is what people
	// dial; requests fall back to it. Both are as Zoom writes them.
	UUID, Number string
	// Facts are what the privacy settings allow.
	Facts MeetingFacts
	// Start is zero where Zoom's start time cannot be read.
	Start zoomtime.Time
	// Indicated is the list's number of participants: an indication only.
	Indicated int
	// Quality is the worst of the list's quality words, QualityUnknown where
	// the account has none.
	Quality Quality
}

// MeetingFacts are what is known of a meeting beyond figures, each "" where
// it is unknown or not allowed.
type MeetingFacts struct{ MeetingID, Topic, Host, Department string }

// Quality says how good a meeting or a stream is, worse being greater: in Zoom's
// own word for a meeting, or by its figures and Thresholds.
type Quality uint8

// The qualities. Zoom's words follow its mean opinion scores: good 5–4, fair 4–3,
// poor 3–2 and bad 2–1.
const (
	QualityUnknown Quality = iota
	Good
	Fair
	Poor
	Bad
)

// String is Zoom's word.
func (q Quality) String() string { return [...]string{"", "good", "fair", "poor", "bad"}[q] }

func qualityOf(word zoomapi.Text) Quality {
	for q := Good; q <= Bad; q++ {
		if string(word) == q.String() {
			return q
		}
	}
	return QualityUnknown
}
