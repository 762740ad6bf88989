package zoomapi

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
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
//
// This is clientcredentials.Config.Token with Zoom's grant type, but it
// survives an expires_in that is no integer, tells time by the client's clock,
// bounds the answer and lets no part of it into an error.
func (c *Client) obtain(ctx context.Context) (*accessToken, *Error) {
	ex := c.exchanger.do(ctx, maxTokenBody, c.grantRequest)
	defer ex.release()
	token, failure := c.readGrant(ex)
	attempt := Attempt{Endpoint: OAuthToken, Status: ex.status, Duration: ex.duration}
	if failure != nil {
		failure.Endpoint = OAuthToken
		attempt.Reason = failure.Reason
	}
	c.observer.ObserveAttempt(attempt)
	return token, failure
}

// grantRequest makes the request for a token: Zoom wants the grant as a form
// body, and the client in the header only.
func (c *Client) grantRequest(ctx context.Context) (*http.Request, error) {
	form := url.Values{"grant_type": {"account_credentials"}, "account_id": {c.account.accountID}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.oauthURL, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// RFC 6749, section 2.3.1, wants both form-encoded first.
	req.SetBasicAuth(url.QueryEscape(c.account.clientID), url.QueryEscape(c.account.clientSecret))
	return req, nil
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
			Status:  ex.status,
			Message: c.exchanger.scrub(body.oauthMessage(), ""),
			Reason:  oauthReasonOf(ex.status, body),
		}
		failure.RetryAt, _ = ParseRetryAfter(ex.header.Get("Retry-After"), now)
		return nil, failure
	}
	var body grantBody
	if err := c.decodeObject(ex.body, &body); err != nil {
		return nil, &Error{Status: ex.status, Reason: ReasonBody, Message: err.Error(), err: err}
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
