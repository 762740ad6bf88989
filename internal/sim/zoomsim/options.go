package zoomsim

import (
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// Options describe a simulated Zoom. The zero value is an empty account of a
// business plan on the machine's clock.
type Options struct {
	// Seed decides everything that is drawn.
	Seed uint64
	// Now is the simulated Zoom's clock; nil is the machine's.
	Now func() time.Time

	// Meetings and Webinars are live at any time (with Workday: at its peak).
	Meetings, Webinars int
	// Participants is the mean of a meeting, at least 1; 0 is 6. With Fixed it
	// is the number of every one, rounded. Webinars have five times as many,
	// with Fixed the same.
	Participants float64
	// TownHalls of the Meetings have TownHallSize participants each (0: 2,000).
	TownHalls, TownHallSize int
	// History is how many minutes are already held at the start; no meeting
	// began earlier.
	History int
	// Fixed stops all coming and going: the meetings of the start stay, with
	// everybody in them, until Open, End, Join, Leave and Rejoin say otherwise.
	Fixed bool
	// Workday lets the number of live meetings follow the hours of a working
	// day in TimeZone (nil: UTC), with next to none at night and at weekends.
	Workday  bool
	TimeZone *time.Location
	// Calm leaves out the incidents that the seed would bring.
	Calm bool

	// PastDelay is how long after its end a meeting is neither live nor past;
	// 0 is 5 minutes, negative is none.
	PastDelay time.Duration
	// Retention is how long an ended meeting can be asked for; 0 is 6 hours.
	Retention time.Duration

	// Latency is how long every answer takes.
	Latency time.Duration
	// Limits are the account's rate limits; nil is the business plan's.
	Limits *Limits
	// Headers says when answers carry X-RateLimit headers.
	Headers HeaderMode
	// RetryAfter is the form of Retry-After on a daily 429.
	RetryAfter RetryAfterForm

	// Credentials are those that are accepted; empty fields are drawn.
	Credentials Credentials
	// Token is how tokens are given.
	Token TokenOptions
	// NoDashboard is an account without the Dashboard: 400/200 everywhere.
	NoDashboard bool
	// NoWebinars is an account without the webinar add-on: 400/200 there.
	NoWebinars bool

	// Moods are the points on which Zoom is not to be relied upon.
	Moods Moods
}

// Credentials are what a Server-to-Server OAuth app has.
type Credentials struct {
	AccountID, ClientID, ClientSecret string
}

// TokenOptions are the points of the token endpoint that differ.
type TokenOptions struct {
	// Life is a token's life; 0 is 3599 s. It is sent in whole seconds.
	Life time.Duration
	// Scopes the app has, classic or granular; nil is the two classic ones of
	// meetings and webinars.
	Scopes []string
	// Single lets a new token revoke the one before.
	Single bool
	// NoAPIURL leaves api_url out of the answer; APIURL, if not empty, takes
	// the place of the address that was asked.
	NoAPIURL bool
	APIURL   string
	// RefusalStatus answers a wrong client id or secret: 400 or 401 (default).
	RefusalStatus int
}

// Moods are what is doubtful or unpleasant of Zoom's content. The zero value
// is the best-documented reading, with a population of all sorts.
type Moods struct {
	// History is what live QoS answers hold.
	History HistoryMode
	// Plain makes everybody an ordinary member of the account with a camera:
	// no guests, rooms, odd names, breaks, or missing minutes. Everyone has
	// audio and video both ways and receives the host's share, who sends it:
	// five active streams and one blank one.
	Plain bool
	// Odd is the share of streams that have one oddly written figure.
	Odd float64
	// NoQualityWords leaves the quality words of the lists blank.
	NoQualityWords bool
	// BlankPeople blanks names, e-mails, addresses and locations, as accounts
	// under a legacy HIPAA agreement get them.
	BlankPeople bool
	// NewestFirst lists who joined last first, so that pages shift while
	// people join; otherwise rows come in the order of joining.
	NewestFirst bool
	// DoubleRows repeats a page's last row at the top of the next page.
	DoubleRows bool
	// LeaversGone drops people who left from live answers.
	LeaversGone bool
	// OtherPastIDs names people by another user_id in past answers.
	OtherPastIDs bool
	// NumbersOnly answers 404/3001 for every UUID.
	NumbersOnly bool
	// SwappedRSSI sends max_rssi as the weakest signal, as Zoom's example of
	// the Dashboard has it; its example of an event has it as the strongest.
	SwappedRSSI bool
	// StrictPageSize refuses a page_size above the maximum with 400/300
	// instead of cutting it down.
	StrictPageSize bool
	// Status300 sends error 300 with HTTP status 300 instead of 400.
	Status300 bool
}

// HistoryMode is what a live QoS answer holds of a participant.
type HistoryMode string

// What live QoS answers may hold.
const (
	// HistoryFull is one entry for each minute since the join, oldest first.
	HistoryFull HistoryMode = ""
	// HistoryNewest is the newest entry only.
	HistoryNewest HistoryMode = "newest"
	// HistorySince is what is new since that row was last sent.
	HistorySince HistoryMode = "since-last-request"
	// HistoryLate is HistoryFull, but one entry in five arrives up to three
	// minutes late, and the order is not by time.
	HistoryLate HistoryMode = "late"
)

// HeaderMode is when answers carry X-RateLimit headers.
type HeaderMode string

// When answers carry X-RateLimit headers.
const (
	HeadersOften  HeaderMode = "" // four answers of five
	HeadersAlways HeaderMode = "always"
	HeadersNever  HeaderMode = "never"
)

// RetryAfterForm is how Retry-After is written.
type RetryAfterForm string

// How Retry-After is written.
const (
	RetryAfterISO     RetryAfterForm = "" // 2020-05-31T00:00:00Z
	RetryAfterDate    RetryAfterForm = "http-date"
	RetryAfterSeconds RetryAfterForm = "seconds"
	RetryAfterAbsent  RetryAfterForm = "absent"
)

// Limits are an account's rate limits; 0 is none.
type Limits struct {
	HeavyPerSecond   int
	HeavyPerDay      int
	ResourcePerMin   int
	ResourcePerDay   int
	TogetherPerDay   int // Heavy and Resource-intensive together
	MaxConcurrent    int // "Too many concurrent requests"
	ForeignPerMinute float64
	// MinuteType is the X-RateLimit-Type of a per-minute 429, which Zoom does
	// not document; "" is QPS.
	MinuteType string
}

// PlanLimits are the limits that Zoom documents for a plan: free, pro or
// business; any other plan has none. ForeignPerMinute, what other apps of the
// account take of the Heavy money, is 0.
func PlanLimits(plan string) Limits {
	switch plan {
	case "free":
		return Limits{HeavyPerSecond: 1, HeavyPerDay: 1000, ResourcePerMin: 10, ResourcePerDay: 30000}
	case "pro":
		return Limits{HeavyPerSecond: 10, ResourcePerMin: 10, TogetherPerDay: 30000}
	case "business":
		return Limits{HeavyPerSecond: 40, ResourcePerMin: 20, TogetherPerDay: 60000}
	}
	return Limits{}
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Participants == 0 {
		o.Participants = 6
	}
	o.Participants = max(o.Participants, 1)
	if o.TownHallSize == 0 {
		o.TownHallSize = 2000
	}
	if o.TimeZone == nil {
		o.TimeZone = time.UTC
	}
	if o.PastDelay == 0 {
		o.PastDelay = 5 * time.Minute
	}
	if o.Retention == 0 {
		o.Retention = 6 * time.Hour
	}
	if o.Limits == nil {
		business := PlanLimits("business")
		o.Limits = &business
	}
	if o.Token.Life == 0 {
		o.Token.Life = 3599 * time.Second
	}
	if o.Token.Scopes == nil {
		o.Token.Scopes = []string{classicScope(zoomapi.Meeting), classicScope(zoomapi.Webinar)}
	}
	if o.Token.RefusalStatus == 0 {
		o.Token.RefusalStatus = 401
	}
	draw := hash(o.Seed).text("credentials")
	if o.Credentials.AccountID == "" {
		o.Credentials.AccountID = draw.text("account").token(16)
	}
	if o.Credentials.ClientID == "" {
		o.Credentials.ClientID = draw.text("client").token(16)
	}
	if o.Credentials.ClientSecret == "" {
		o.Credentials.ClientSecret = draw.text("secret").token(24)
	}
	return o
}
