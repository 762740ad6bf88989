package zoomapi

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
)

// The defaults of a Config.
const (
	DefaultAPIURL    = "https://api.zoom.us/v2"
	DefaultOAuthURL  = "https://zoom.us/oauth/token"
	DefaultTimeout   = 30 * time.Second
	DefaultMaxBody   = 16 << 20
	DefaultUserAgent = "zoom-qos-exporter"
)

// Config says which Zoom account to ask, and how. However it is printed, logged
// or marshaled, it reveals nothing.
type Config struct {
	// AccountID, ClientID and ClientSecret are the Server-to-Server OAuth
	// app's credentials. All three are required.
	AccountID, ClientID, ClientSecret string

	// APIURL is the API's address up to and including its version. Empty means
	// the one that comes with the token, else DefaultAPIURL.
	APIURL string
	// OAuthURL is the token endpoint's address; empty means DefaultOAuthURL.
	OAuthURL string

	// Transport sends the requests, through a proxy or with a private CA if need
	// be. Nil means NewTransport.
	Transport http.RoundTripper
	// Timeout bounds one attempt, from sending to the last byte of the body, but
	// not the wait for the limits. 0 means DefaultTimeout.
	Timeout time.Duration
	// MaxBody bounds a body in bytes, after decompression. 0 means
	// DefaultMaxBody.
	MaxBody int64
	// UserAgent is the User-Agent header; empty means DefaultUserAgent.
	UserAgent string
	// Clock is the clock; nil means the machine's.
	Clock clock.Clock
}

// String implements fmt.Stringer and reveals nothing.
func (c Config) String() string { return "zoomapi.Config{…}" }

// GoString implements fmt.GoStringer and reveals nothing.
func (c Config) GoString() string { return c.String() }

// Format implements fmt.Formatter, for the verbs that use neither String nor
// GoString.
func (c Config) Format(s fmt.State, _ rune) { io.WriteString(s, c.String()) }

// MarshalText implements encoding.TextMarshaler and reveals nothing.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// LogValue implements slog.LogValuer and reveals nothing.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// complete returns c with defaults, or everything that is wrong with it.
func (c Config) complete() (Config, error) {
	var wrong []error
	for _, credential := range []struct{ name, value string }{
		{"account id", c.AccountID}, {"client id", c.ClientID}, {"client secret", c.ClientSecret},
	} {
		if credential.value == "" {
			wrong = append(wrong, fmt.Errorf("the %s is missing", credential.name))
		}
	}
	if c.OAuthURL == "" {
		c.OAuthURL = DefaultOAuthURL
	}
	if _, err := parseAddress(c.OAuthURL); err != nil {
		wrong = append(wrong, fmt.Errorf("the OAuth URL %w", err))
	}
	if c.APIURL != "" {
		if _, err := parseAddress(c.APIURL); err != nil {
			wrong = append(wrong, fmt.Errorf("the API URL %w", err))
		}
		c.APIURL = strings.TrimRight(c.APIURL, "/")
	}
	if c.Timeout < 0 {
		wrong = append(wrong, fmt.Errorf("the timeout %v is negative", c.Timeout))
	}
	if c.MaxBody < 0 {
		wrong = append(wrong, fmt.Errorf("the largest body of %d bytes is negative", c.MaxBody))
	}
	if len(wrong) > 0 {
		return Config{}, fmt.Errorf("zoom client: %w", errors.Join(wrong...))
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.MaxBody == 0 {
		c.MaxBody = DefaultMaxBody
	}
	if c.UserAgent == "" {
		c.UserAgent = DefaultUserAgent
	}
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	if c.Transport == nil {
		c.Transport = NewTransport()
	}
	return c, nil
}

// parseAddress parses an address that paths are appended to. Its errors do not
// quote it, since it may hold a password.
func parseAddress(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, errors.New("is not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("must begin with https:// (or http://)")
	case u.Host == "":
		return nil, errors.New("has no host")
	case u.User != nil:
		return nil, errors.New("must not hold a user or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("must not hold a query or fragment")
	}
	return u, nil
}

// NewTransport returns a transport for Zoom, with bounded connections, waits and
// headers. Callers may set a proxy or certificate authorities.
func NewTransport() *http.Transport {
	dialer := net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: refusedByProxy,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    32, // about a second's worth of concurrent Heavy requests
		IdleConnTimeout:        2 * time.Minute,
		TLSHandshakeTimeout:    10 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: 256 << 10,
	}
}
