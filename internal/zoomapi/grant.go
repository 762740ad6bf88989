package zoomapi

import (
	"context"
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
	maxTokenBody = 1 << 20  // bytes
	maxToken     = 16 << 10 // bytes

	// usualLife is what Zoom grants, and what is assumed where it does not
	// say: a wrong guess costs one 401.
	usualLife = time.Hour
	minLife   = time.Minute
	maxLife   = 24 * time.Hour
)

// grantBody is the token endpoint's answer.
type grantBody struct {
	AccessToken Text `json:"access_token"`
	ExpiresIn   Text `json:"expires_in"`
	Scope       Text `json:"scope"`
	APIURL      Text `json:"api_url"`
}

// obtain asks the token endpoint for a token, once.
func (c *Client) obtain(ctx context.Context) (*accessToken, *Error) {
	config := clientcredentials.Config{
		ClientID:     c.account.clientID,
		ClientSecret: c.account.clientSecret,
		TokenURL:     c.oauthURL,
		AuthStyle:    oauth2.AuthStyleInHeader, // Zoom's; to find out would cost a request
		EndpointParams: url.Values{
			"grant_type": {"account_credentials"},
			"account_id": {c.account.accountID},
		},
	}
	g := &grant{client: c}
	_, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: g}))
	if err != nil && g.failure == nil {
		g.failure = &Error{Status: g.attempt.Status, Reason: ReasonBody, Message: "it is no token's answer"}
	}
	g.attempt.Endpoint = OAuthToken
	if g.failure != nil {
		g.failure.Endpoint, g.attempt.Reason = OAuthToken, g.failure.Reason
	}
	c.observer.ObserveAttempt(g.attempt)
	if g.failure != nil {
		return nil, g.failure
	}
	return g.token, nil
}

// grant carries oauth2's request for a token and reads the answer before
// oauth2 does, which would lose a token over an expires_in that is no integer,
// tell time by the machine's clock, and keep the raw answer in its errors.
type grant struct {
	client  *Client
	attempt Attempt
	token   *accessToken
	failure *Error
}

// RoundTrip implements http.RoundTripper for one request.
func (g *grant) RoundTrip(req *http.Request) (*http.Response, error) {
	ex := g.client.exchanger.do(req.Context(), maxTokenBody, func(ctx context.Context) (*http.Request, error) {
		return req.Clone(ctx), nil
	})
	defer ex.release()
	g.attempt.Status, g.attempt.Duration = ex.status, ex.duration
	if date := dateOf(ex.header); !date.IsZero() {
		g.client.limiter.Observe("", Answer{Sent: ex.sent, Date: date, Status: ex.status, Limit: -1, Remaining: -1})
	}
	g.token, g.failure = g.client.readGrant(ex)
	if g.failure != nil {
		return nil, g.failure
	}
	return &http.Response{
		StatusCode: http.StatusOK,
		Header:     http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		Body:       io.NopCloser(strings.NewReader(url.Values{"access_token": {g.token.secret}}.Encode())),
		Request:    req,
	}, nil
}

func (c *Client) readGrant(ex *exchange) (*accessToken, *Error) {
	now := c.clock.Now()
	if ex.failure != nil {
		return nil, ex.failure
	}
	if ex.status != http.StatusOK {
		var body errorBody
		_ = c.decodeObject(ex.body, &body) // the status tells enough
		failure := &Error{
			Status:   ex.status,
			Answerer: ex.answerer(body.oauthMessage() != ""),
			Message:  c.exchanger.scrub(body.oauthMessage(), ""),
			Reason:   oauthReasonOf(ex.status, body),
		}
		failure.RetryAt = retryAt(now, ParseRetryAfter(ex.header.Get("Retry-After")), dateOf(ex.header))
		return nil, failure
	}
	var body grantBody
	if err := c.decodeObject(ex.body, &body); err != nil {
		return nil, ex.unreadable(err)
	}
	if !isToken(string(body.AccessToken)) {
		return nil, &Error{Status: ex.status, Reason: ReasonBody, Message: "it holds no token"}
	}
	life := lifeOf(string(body.ExpiresIn))
	return &accessToken{
		secret:  string(body.AccessToken),
		issued:  now,
		expiry:  ex.sent.Add(life),
		renewAt: ex.sent.Add(life - min(renewAhead, life/4)),
		scopes:  strings.Fields(strings.ReplaceAll(string(body.Scope), ",", " ")),
		apiURL:  c.apiURLOf(string(body.APIURL)),
	}, nil
}

// isToken reports whether token can stand in a header.
func isToken(token string) bool {
	return token != "" && len(token) <= maxToken &&
		!strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
}

// lifeOf reads expires_in, in seconds.
func lifeOf(expiresIn string) time.Duration {
	seconds, err := strconv.ParseFloat(expiresIn, 64)
	if err != nil || !(seconds > 0) {
		return usualLife
	}
	seconds = min(max(seconds, minLife.Seconds()), maxLife.Seconds())
	return time.Duration(seconds * float64(time.Second))
}

// apiURLOf is the address to ask the API at: the configured one, else the
// cluster's own that came with the token. A token that came over TLS is never
// sent without.
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
