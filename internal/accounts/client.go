package accounts

import (
	"crypto/tls"
	"net/http"
	"reflect"

	"github.com/prometheus/common/version"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// connection holds the settings that a client is made of: if they change, the
// account needs a new client.
type connection struct {
	config.Account // only the fields of the connection
	limits         config.Limits
}

func connectionOf(account *config.Account, cfg *config.Config) connection {
	return connection{
		Account: config.Account{
			AccountID: account.AccountID, ClientID: account.ClientID, ClientSecret: account.ClientSecret,
			APIURL: account.APIURL, APIURLFixed: account.APIURLFixed, OAuthURL: account.OAuthURL,
			Proxy: account.Proxy, CA: account.CA,
		},
		limits: config.Limits{BodySize: cfg.Limits.BodySize, RequestTimeout: cfg.Limits.RequestTimeout},
	}
}

func (c connection) equal(other connection) bool { return reflect.DeepEqual(c, other) }

// NewClient returns a client for an account of cfg.
func NewClient(account *config.Account, cfg *config.Config, clk clock.Clock, limiter zoomapi.Limiter, observer zoomapi.Observer) (*zoomapi.Client, error) {
	apiURL := "" // that of the token
	if account.APIURLFixed {
		apiURL = account.APIURL.String()
	}
	return zoomapi.New(zoomapi.Config{
		AccountID:    account.AccountID.Reveal(),
		ClientID:     account.ClientID.Reveal(),
		ClientSecret: account.ClientSecret.Reveal(),
		APIURL:       apiURL,
		OAuthURL:     account.OAuthURL.String(),
		Transport:    newTransport(account),
		Timeout:      cfg.Limits.RequestTimeout,
		MaxBody:      cfg.Limits.BodySize,
		UserAgent:    version.ComponentUserAgent("zoom-qos-exporter"),
		Clock:        clk,
	}, limiter, observer)
}

func newTransport(account *config.Account) http.RoundTripper {
	t := zoomapi.NewTransport()
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: account.RootCAs()}
	if proxy := account.Proxy.Reveal(); proxy != nil {
		t.Proxy = http.ProxyURL(proxy)
	}
	return t
}
