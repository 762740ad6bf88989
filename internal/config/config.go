// Package config reads the configuration, from a YAML file or from the
// environment alone, and validates it. It returns the types that the packages it
// configures work with, with defaults filled in, files read, and addresses and
// prefixes parsed.
//
// All errors are reported at once, each with its place; see [Errors]. Problems that
// are not errors are in [Config.Warnings].
package config

import (
	"crypto/x509"
	"net/url"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/plan"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// Config is a complete, valid configuration.
type Config struct {
	// Accounts has at least one entry. Their names differ.
	Accounts []Account
	// Privacy never has a Key: the key is HashKey, or the one in the storage
	// directory.
	Privacy qos.Privacy
	// HashKey is the configured key of the hashes; empty if there is none.
	HashKey Secret
	Sites   qos.Sites
	// Readings has no dimension twice in a list; neither list is nil.
	Readings readings.Config
	Metrics  Metrics
	Limits   Limits
	Probe    Probe
	// Warnings are messages for the log. They contain no secrets.
	Warnings []string
}

// Account configures one Zoom account.
type Account struct {
	// Name is the label account: 1 to 64 of A-Z a-z 0-9 _ . -
	Name string
	// AccountID, ClientID and ClientSecret are those of a Server-to-Server OAuth
	// app.
	AccountID, ClientID, ClientSecret Secret
	// APIURL is the API's base address, without a trailing slash.
	APIURL *url.URL
	// APIURLFixed reports whether APIURL was configured, so that it wins over the
	// api_url of a token response.
	APIURLFixed bool
	// OAuthURL is the address that issues tokens.
	OAuthURL *url.URL
	// AllowHTTP permits plain http beyond loopback.
	AllowHTTP bool
	Plan      budget.Plan
	// RateLimits are the plan's, but for those that are configured.
	RateLimits budget.Limits
	// Reserve is the share of every limit that is left to the account's other
	// apps: 0 ≤ Reserve < 1.
	Reserve float64
	// TimeZone is the time zone of the account's working day.
	TimeZone *time.Location
	// Proxy is the proxy to Zoom; empty if none is configured.
	Proxy SecretURL
	// CA holds PEM certificates to trust in addition to the system's; nil for
	// none.
	CA []byte
	// Collect selects what is requested and shown.
	Collect Collect
	// Meetings selects meetings and webinars.
	Meetings Filter
	// Watch matches the meetings and webinars to request more often.
	Watch []Match
	// Weights say how much more often.
	Weights plan.Weights
}

// RootCAs returns the authorities to trust: nil, which means the system's,
// unless CA adds to them.
func (a *Account) RootCAs() *x509.CertPool {
	if len(a.CA) == 0 {
		return nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil { // the system has none
		pool = x509.NewCertPool()
	}
	pool.AppendCertsFromPEM(a.CA)
	return pool
}

// Collect selects what is requested and shown of an account.
type Collect struct {
	Meetings bool
	Webinars Mode
	// RoomConnector and WebGateway are the streams via="crc" and via="rwg".
	RoomConnector, WebGateway bool
	CPU, WiFi                 bool
	ParticipantsList          ParticipantsList
	// QoSSummary requests Zoom's own summaries of ended sessions, if the account
	// has the add-on.
	QoSSummary bool
}

// Mode says whether to use something that an account may lack.
type Mode string

// The modes. Auto goes without, quietly, if the account lacks it.
const (
	Auto Mode = "auto"
	On   Mode = "on"
	Off  Mode = "off"
)

// ParticipantsList selects the participants lists to request. They alone contain
// roles, status and Zoom's own words on quality.
type ParticipantsList string

// LargeMeeting is the number of people from which a meeting is a large one, such as a
// town hall.
const LargeMeeting = 100

// The values of ParticipantsList.
const (
	ParticipantsListOff      ParticipantsList = "off"
	ParticipantsListWebinars ParticipantsList = "webinars"
	ParticipantsListLarge    ParticipantsList = "large" // webinars, and meetings of LargeMeeting people
	ParticipantsListAll      ParticipantsList = "all"
)

// Includes reports whether to request the lists of meetings or of webinars.
func (l ParticipantsList) Includes(kind zoomapi.Kind) bool {
	return l != ParticipantsListOff && (kind == zoomapi.Webinar || l != ParticipantsListWebinars)
}

// Metrics selects series.
type Metrics struct {
	// Participants selects the series with the label participant.
	Participants qos.ParticipantsMode
}

// Probe says whether clients may request single meetings and participants at
// /probe.
type Probe struct{ Enabled bool }

// Limits bound what the exporter holds and how long it waits.
type Limits struct {
	ParticipantsPerAccount int
	// MaxAge is the age up to which figures are shown: 10 min to 1 h.
	MaxAge time.Duration
	// BodySize bounds a response of Zoom, in bytes.
	BodySize int64
	// RequestTimeout bounds one request to Zoom, including the response body.
	RequestTimeout time.Duration
}
