package zoomapi

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const (
	maxTokenBody = 1 << 20  // bytes; oauth2 reads no more
	maxToken     = 16 << 10 // bytes

	// usualLife is what Zoom grants, and what is assumed if it does not say. A
	// wrong guess costs one 401.
	usualLife = time.Hour
	minLife   = time.Minute
	maxLife   = 24 * time.Hour
)

var errNoToken = errors.New("it holds no token")

// requestToken asks the token endpoint for a token, once.
func (c *Client) requestToken(ctx context.Context) (*accessToken, *Error) {
	config := clientcredentials.Config{
		ClientID:     c.account.clientID,
		ClientSecret: c.account.clientSecret,
		TokenURL:     c.oauthURL,
		AuthStyle:    oauth2.AuthStyleInHeader, // detecting it would cost a request
		EndpointParams: url.Values{
			"grant_type": {"account_credentials"},
			"account_id": {c.account.accountID},
		},
	}
	transport := &tokenTransport{exchanger: c.exchanger, exchange: new(exchange)}
	client := &http.Client{Transport: transport, CheckRedirect: noRedirect}
	granted, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, client))
	ex := transport.exchange
	defer c.exchanger.release(ex)

	if date := dateOf(ex.header); !date.IsZero() {
		c.limiter.Observe("", Answer{Sent: ex.sent, Date: date, Status: ex.status, Limit: -1, Remaining: -1})
	}
	token, failure := c.readToken(ex, granted, err)
	outcome := Attempt{Endpoint: OAuthToken, Status: ex.status, Duration: ex.duration}
	if failure != nil {
		failure.Endpoint, outcome.Reason = OAuthToken, failure.Reason
	}
	c.observer.ObserveAttempt(outcome)
	return token, failure
}

// tokenTransport carries one request of oauth2 and its answer, bounded and with
// an expires_in that oauth2 can read. It keeps the exchange, for what oauth2
// does not return: how long it took, and Zoom's Date.
type tokenTransport struct {
	exchanger *exchanger
	exchange  *exchange
}

// RoundTrip implements http.RoundTripper.
func (t *tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	ex := t.exchanger.do(req.Context(), maxTokenBody, func(ctx context.Context) (*http.Request, error) {
		return req.Clone(ctx), nil
	})
	t.exchange = ex
	if ex.failure != nil {
		return nil, ex.failure
	}
	resp := *ex.response
	resp.Header = resp.Header.Clone()
	resp.Header.Set("Content-Type", "application/json") // oauth2 reads text/plain as a form
	body := withReadableLife(ex.body)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return &resp, nil
}

// withReadableLife returns the token endpoint's answer with an expires_in of
// whole seconds within bounds. oauth2 rejects the whole answer over one that is
// no integer.
func withReadableLife(body []byte) []byte {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil || fields == nil {
		return body // which oauth2 rejects
	}
	life := lifeOf(strings.Trim(string(fields["expires_in"]), `"`))
	fields["expires_in"] = strconv.AppendInt(nil, int64(life/time.Second), 10)
	readable, err := json.Marshal(fields)
	if err != nil {
		return body
	}
	return readable
}

// lifeOf reads expires_in, in seconds.
func lifeOf(expiresIn string) time.Duration {
	seconds, err := strconv.ParseFloat(expiresIn, 64)
	if err != nil || !(seconds > 0) {
		return usualLife
	}
	seconds = min(max(seconds, minLife.Seconds()), maxLife.Seconds())
	return time.Duration(seconds) * time.Second
}

// readToken returns the token that oauth2 returned, or why there is none. The
// errors of oauth2 quote the answer, so they are never wrapped.
func (c *Client) readToken(ex *exchange, granted *oauth2.Token, err error) (*accessToken, *Error) {
	if ex.failure != nil {
		return nil, ex.failure
	}
	if refusal, ok := errors.AsType[*oauth2.RetrieveError](err); ok && ex.status/100 != 2 {
		return nil, c.readRefusal(ex, refusal)
	}
	if err != nil || !isToken(granted.AccessToken) {
		return nil, ex.unreadable(errNoToken)
	}
	seconds, _ := granted.Extra("expires_in").(float64) // set by tokenTransport
	scope, _ := granted.Extra("scope").(string)
	apiURL, _ := granted.Extra("api_url").(string)
	life := time.Duration(seconds) * time.Second
	return &accessToken{
		secret: granted.AccessToken,
		issued: c.clock.Now(),
		// Not granted.Expiry, which goes by the machine's clock.
		expiry:  ex.sent.Add(life),
		renewAt: ex.sent.Add(life - min(renewAhead, life/4)),
		scopes:  strings.Fields(strings.ReplaceAll(scope, ",", " ")),
		apiURL:  c.apiURLOf(apiURL),
	}, nil
}

// readRefusal returns the failure of an answer other than 2xx. Zoom explains the
// error of RFC 6749 in a field of its own, reason.
func (c *Client) readRefusal(ex *exchange, refusal *oauth2.RetrieveError) *Error {
	var body errorBody
	_ = c.decodeObject(refusal.Body, &body) // without a body, the status suffices
	explanation := cmp.Or(string(body.Reason), refusal.ErrorDescription, string(body.Message))
	message := strings.TrimPrefix(strings.TrimSuffix(refusal.ErrorCode+": "+explanation, ": "), ": ")
	return &Error{
		Status:  ex.status,
		Server:  ex.server(refusal.ErrorCode != "" && body.Reason != ""),
		Message: c.exchanger.scrub(message, ""),
		Reason:  oauthReasonOf(ex.status, refusal.ErrorCode),
		RetryAt: retryAt(c.clock.Now(), ParseRetryAfter(ex.header.Get("Retry-After")), dateOf(ex.header)),
	}
}

// isToken reports whether token can stand in a header.
func isToken(token string) bool {
	return token != "" && len(token) <= maxToken &&
		!strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
}

// apiURLOf returns the address to ask the API at: the configured one, else the
// cluster's own that came with the token. A token that came over TLS is never
// sent without TLS.
func (c *Client) apiURLOf(granted string) string {
	if c.apiURL != "" {
		return c.apiURL
	}
	u, err := parseAddress(granted)
	if err != nil || (u.Scheme != "https" && strings.HasPrefix(c.oauthURL, "https:")) {
		return DefaultAPIURL
	}
	granted = strings.TrimRight(granted, "/")
	if strings.HasSuffix(granted, "/v2") {
		return granted
	}
	return granted + "/v2"
}
