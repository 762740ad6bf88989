// Package config reads the configuration, from a YAML file or from the
// environment alone, checks all of it and hands it out resolved: defaults
// filled in, files read, addresses and prefixes parsed.
//
// Every fault is reported, each with its place; see [Errors]. What deserves a
// word but is no fault is in [Config.Warnings].
package config

import (
	"crypto/x509"
	"net/netip"
	"net/url"
	"time"
)

// Config is a whole configuration, checked and with its defaults.
type Config struct {
	// Accounts has at least one entry; their names differ.
	Accounts []Account
	Privacy  Privacy
	Sites    []Site
	Readings Readings
	Metrics  Metrics
	Limits   Limits
	// Probe is off unless enabled.
	Probe Probe
	// Warnings are sentences for the log. They hold no secrets.
	Warnings []string
}

// Account is one Zoom account and how it is to be read.
type Account struct {
	// Name is the label account: 1 to 64 of A-Z a-z 0-9 _ . -
	Name string
	// AccountID, ClientID and ClientSecret are of a Server-to-Server OAuth app.
	AccountID, ClientID, ClientSecret Secret
	// APIURL is the API's base address, without a trailing slash.
	APIURL *url.URL
	// APIURLFixed says that APIURL was written down and so wins over the
	// api_url of a token answer.
	APIURLFixed bool
	// OAuthURL is where tokens are had.
	OAuthURL *url.URL
	// AllowHTTP accepts plain http beyond loopback.
	AllowHTTP bool
	Plan      Plan
	// RateLimits are the plan's, with what was set explicitly.
	RateLimits RateLimits
	// Reserve is the share of every limit left to the account's other apps:
	// 0 ≤ Reserve < 1.
	Reserve float64
	// TimeZone is where the account's working day is.
	TimeZone *time.Location
	// Proxy is the proxy to Zoom; it is empty where none was set.
	Proxy SecretURL
	// CA holds PEM certificates to trust besides the system's; nil for none.
	CA []byte
	// Collect says what is asked for.
	Collect Collect
	// Meetings says of which meetings and webinars.
	Meetings Filter
	// Watch are those to see more closely.
	Watch []Match
	// Weights say how much more closely.
	Weights Weights
}

// RootCAs are the authorities to trust with this account: nil, the system's,
// unless CA adds to them.
func (a *Account) RootCAs() *x509.CertPool {
	if len(a.CA) == 0 {
		return nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil { // none on this system: CA's are all there are
		pool = x509.NewCertPool()
	}
	pool.AppendCertsFromPEM(a.CA)
	return pool
}

// Plan is a Zoom plan, as far as its rate limits go.
type Plan string

// The plans. Unlimited is for simulators and proxies that keep the limits.
const (
	Free      Plan = "free"
	Pro       Plan = "pro"
	Business  Plan = "business"
	Unlimited Plan = "unlimited"
)

// RateLimits are what Zoom grants an account, all its apps together. 0 is no
// limit of that kind.
type RateLimits struct {
	HeavyPerSecond             int
	ResourceIntensivePerMinute int
	// PerDay is for heavy and resource-intensive requests together.
	PerDay                  int
	HeavyPerDay             int
	ResourceIntensivePerDay int
}

// RateLimits are the limits Zoom documents for the plan.
func (p Plan) RateLimits() RateLimits {
	switch p {
	case Free:
		return RateLimits{HeavyPerSecond: 1, ResourceIntensivePerMinute: 10, HeavyPerDay: 1_000, ResourceIntensivePerDay: 30_000}
	case Pro:
		return RateLimits{HeavyPerSecond: 10, ResourceIntensivePerMinute: 10, PerDay: 30_000}
	case Unlimited:
		return RateLimits{}
	default:
		return RateLimits{HeavyPerSecond: 40, ResourceIntensivePerMinute: 20, PerDay: 60_000}
	}
}

// Collect says what is asked for and shown of an account.
type Collect struct {
	Meetings bool
	Webinars Mode
	// RoomConnector and WebGateway are the streams via="crc" and via="rwg".
	RoomConnector, WebGateway bool
	CPU, WiFi                 bool
	ParticipantsList          ParticipantsList
	// QoSSummary asks for Zoom's own summary of each session that is over, where
	// the account has the add-on.
	QoSSummary bool
}

// Weights raise what meetings are worth when the money does not go round: a
// meeting of weight 4 counts as if it had four times its people. Each is 1 to
// 10, where 1 raises nothing.
type Weights struct {
	// Bad is for meetings whose quality is poor, Watched for those of Watch.
	Bad, Watched float64
}

// Mode switches something that an account may lack.
type Mode string

// The modes. Auto does without, quietly, where the account lacks it.
const (
	Auto Mode = "auto"
	On   Mode = "on"
	Off  Mode = "off"
)

// ParticipantsList says whose participants list is asked for, which tells
// roles, status and Zoom's own quality words.
type ParticipantsList string

// The choices of participants lists.
const (
	ParticipantsListOff      ParticipantsList = "off"
	ParticipantsListWebinars ParticipantsList = "webinars"
	ParticipantsListAll      ParticipantsList = "all"
)

// Treatment is what happens to a fact before it may become a label.
type Treatment string

// The treatments. Subnet is for addresses only.
const (
	Drop   Treatment = "drop"
	Hash   Treatment = "hash"
	Plain  Treatment = "plain"
	Subnet Treatment = "subnet"
)

// Privacy says which facts of people and meetings may be shown, and how.
type Privacy struct {
	Fields Fields
	// Key is the key of the hashes; empty if one is to be made.
	Key Secret
	// SubnetIPv4 (1 to 32) and SubnetIPv6 (1 to 128) are the prefix lengths
	// that Subnet leaves.
	SubnetIPv4, SubnetIPv6 int
}

// Fields has the treatment of every fact that could tell of a person.
type Fields struct {
	// User is the id of an account's user, one over rejoins and meetings.
	User                         Treatment
	UserName, Email              Treatment
	Topic, Host                  Treatment
	IPAddress, InternalIPAddress Treatment
	PCName, Domain               Treatment
	MeetingID                    Treatment // the number people dial
	Department, Location, Device Treatment
}

// Site names a place by its networks. Where both lists are given both must
// match; of several sites the longest match wins.
type Site struct {
	Name             string
	Internal, Public []netip.Prefix
}

// Metrics says which series there are.
type Metrics struct {
	// Participants are the series with the label participant. Without them the
	// exporter is aggregate-only.
	Participants bool
}

// Probe says whether single meetings and participants may be asked for at
// /probe, at any client's wish.
type Probe struct{ Enabled bool }

// Limits bound what the exporter holds and waits for.
type Limits struct {
	ParticipantsPerAccount int
	// MaxAge is how old an answer's figures may be shown: 10 min to 1 h.
	MaxAge time.Duration
	// BodySize bounds an answer of Zoom, in bytes.
	BodySize int64
	// RequestTimeout bounds one request to Zoom, its body included.
	RequestTimeout time.Duration
}
