package zoomsim

import (
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// Options describe a simulated Zoom. The zero value is an empty account with a
// business plan, on the machine's clock.
type Options struct {
	// Seed determines everything that is drawn.
	Seed uint64
	// Now is the clock of the simulated Zoom; nil means the machine's.
	Now func() time.Time

	// Meetings and Webinars are how many are live at any time, with Workday at
	// its peak.
	Meetings, Webinars int
	// Participants is the mean number in a meeting, at least 1; 0 means 6.
	// Webinars have five times as many. With Fixed all have exactly this number,
	// rounded.
	Participants float64
	// TownHalls is how many of the Meetings have TownHallSize participants each;
	// 0 means 2,000.
	TownHalls, TownHallSize int
	// History is how many minutes before the start there are figures of; no
	// meeting began earlier.
	History int
	// Fixed makes the meetings and their participants stay as they are, except
	// for Open, End, Join, Leave and Rejoin.
	Fixed bool
	// Workday makes the number of live meetings follow the hours of a working
	// day in TimeZone (nil means UTC), with few at night and at weekends.
	Workday  bool
	TimeZone *time.Location
	// Calm omits the incidents that the seed brings.
	Calm bool

	// PastDelay is how long an ended meeting is neither live nor past; 0 means
	// 5 minutes, a negative value none.
	PastDelay time.Duration
	// Retention is how long an ended meeting is available; 0 means 6 hours.
	Retention time.Duration

	// Latency is the time that every answer takes.
	Latency time.Duration
	// Limits are the account's rate limits; nil means the business plan's.
	Limits *Limits
	// Headers says which answers have X-RateLimit headers.
	Headers HeaderMode
	// RetryAfter is the form of Retry-After on a daily 429.
	RetryAfter RetryAfterForm

	// Credentials are those of the account; empty ones are drawn.
	Credentials Credentials
	// Token configures the token endpoint.
	Token TokenOptions
	// NoDashboard makes all endpoints answer 400/200: the account's plan has no
	// Dashboard.
	NoDashboard bool
	// NoWebinars makes the endpoints of webinars answer 400/200: the account has
	// no webinar add-on.
	NoWebinars bool

	// Moods are how the content deviates.
	Moods Moods
}

// Credentials are those of a Server-to-Server OAuth app.
type Credentials struct {
	AccountID, ClientID, ClientSecret string
}

// TokenOptions configure the token endpoint.
type TokenOptions struct {
	// Life is how long a token is valid; 0 means 3599 s. expires_in is in whole
	// seconds.
	Life time.Duration
	// Scopes are those of the app, classic or granular; nil means the classic
	// ones of meetings and webinars.
	Scopes []string
	// Single makes a new token revoke the previous one.
	Single bool
	// NoAPIURL omits api_url from the answer. APIURL is its value; "" means the
	// address that was requested.
	NoAPIURL bool
	APIURL   string
	// RefusalStatus is that for a wrong client id or secret: 400 or, by default,
	// 401.
	RefusalStatus int
}

// Moods are ways in which Zoom's answers may deviate from its documentation, or be
// unpleasant to read. The zero value follows the documentation.
type Moods struct {
	// History says which minutes live QoS answers have.
	History HistoryMode
	// Plain makes everybody an account member with a camera: there are no guests,
	// rooms, odd names, interruptions or missing minutes. All send and receive
	// audio and video, and the host shares the screen: five active streams and
	// a blank one.
	Plain bool
	// Odd is the share of streams with an oddly written figure.
	Odd float64
	// NoQualityWords blanks the quality words of the lists.
	NoQualityWords bool
	// BlankPeople blanks names, e-mails, addresses and locations, as for accounts
	// under a legacy HIPAA agreement.
	BlankPeople bool
	// NewestFirst lists the latest join first, so that rows move to later pages
	// when people join; otherwise rows are in the order of joining.
	NewestFirst bool
	// DoubleRows repeats the last row of a page as the first of the next page.
	DoubleRows bool
	// LeaversGone omits people who left from live answers.
	LeaversGone bool
	// OtherPastIDs gives people another user_id in past answers.
	OtherPastIDs bool
	// NumbersOnly answers 404/3001 for every UUID.
	NumbersOnly bool
	// SwappedRSSI makes max_rssi the weakest signal, as in Zoom's example of the
	// Dashboard; in its example of an event it is the strongest.
	SwappedRSSI bool
	// StrictPageSize refuses a page_size above the maximum with 400/300 instead
	// of reducing it.
	StrictPageSize bool
	// Status300 sends error 300 with HTTP status 300 instead of 400.
	Status300 bool
}

// HistoryMode says which minutes of a participant a live QoS answer has.
type HistoryMode string

// The history modes.
const (
	// HistoryFull has all minutes since the join, oldest first.
	HistoryFull HistoryMode = ""
	// HistoryNewest has only the newest minute.
	HistoryNewest HistoryMode = "newest"
	// HistorySince has the minutes since the row was last sent.
	HistorySince HistoryMode = "since-last-request"
	// HistoryLate has all minutes, but one in five up to three minutes late, and
	// in random order.
	HistoryLate HistoryMode = "late"
)

// HeaderMode says which answers have X-RateLimit headers.
type HeaderMode string

// The header modes.
const (
	HeadersOften  HeaderMode = "" // four answers of five
	HeadersAlways HeaderMode = "always"
	HeadersNever  HeaderMode = "never"
)

// RetryAfterForm is the form of Retry-After.
type RetryAfterForm string

// The forms of Retry-After.
const (
	RetryAfterISO     RetryAfterForm = "" // 2020-05-31T00:00:00Z
	RetryAfterDate    RetryAfterForm = "http-date"
	RetryAfterSeconds RetryAfterForm = "seconds"
	RetryAfterAbsent  RetryAfterForm = "absent"
)

// Limits are an account's rate limits; 0 means none.
type Limits struct {
	HeavyPerSecond   int
	HeavyPerDay      int
	ResourcePerMin   int
	ResourcePerDay   int
	TogetherPerDay   int     // Heavy and Resource-intensive together
	MaxConcurrent    int     // "Too many concurrent requests"
	ForeignPerMinute float64 // Heavy requests of other apps
	// MinuteType is the X-RateLimit-Type of a per-minute 429, which Zoom does
	// not document; "" means QPS.
	MinuteType string
}

// PlanLimits returns the limits that Zoom documents for a plan: free, pro or
// business. Any other plan has none.
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
