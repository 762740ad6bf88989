// Package zoomapi is a client of Zoom's Dashboard API: its endpoints, pages,
// OAuth tokens, errors and rate-limit headers. It gives Zoom's values no
// meaning, and a Limiter decides when to ask.
package zoomapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
)

// Client sends the requests of one Zoom account. It is safe for concurrent use.
//
// Its methods fail with an *Error, or with the Limiter's own error, wrapped.
// The only request that it repeats is one whose token Zoom rejected.
type Client struct {
	limiter  Limiter
	observer Observer

	exchanger *exchanger
	tokens    *tokens
	clock     clock.Clock
	maxBody   int64
	apiURL    string // "" to use the one that comes with the token
	oauthURL  string
	account   credentials

	decoders sync.Pool // of *decoder
}

// credentials are those of a Server-to-Server OAuth app.
type credentials struct{ accountID, clientID, clientSecret string }

// New returns a client. It sends no request. Its error lists everything that is
// wrong with cfg, without quoting it.
func New(cfg Config, limiter Limiter, observer Observer) (*Client, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	if limiter == nil || observer == nil {
		return nil, errors.New("zoom client: the limiter or the observer is missing")
	}
	c := &Client{
		limiter:   limiter,
		observer:  observer,
		exchanger: newExchanger(cfg),
		clock:     cfg.Clock,
		maxBody:   cfg.MaxBody,
		apiURL:    cfg.APIURL,
		oauthURL:  cfg.OAuthURL,
		account:   credentials{cfg.AccountID, cfg.ClientID, cfg.ClientSecret},
		decoders:  sync.Pool{New: func() any { return newDecoder() }},
	}
	c.tokens = newTokens(cfg.Clock, c.requestToken)
	return c, nil
}

// Format implements fmt.Formatter and reveals nothing: fmt would print the
// fields, credentials and token included.
func (c *Client) Format(s fmt.State, _ rune) { io.WriteString(s, "zoomapi.Client{…}") }

// Close cancels a renewal of the token, waits for it and closes idle
// connections. Requests in progress end with their own contexts; later ones
// fail with ErrClosed.
func (c *Client) Close() {
	c.tokens.close()
	c.exchanger.http.CloseIdleConnections()
}

// Token returns what may be known of the token, and requests one if there is
// none.
func (c *Client) Token(ctx context.Context) (Token, error) {
	token, err := c.tokens.get(ctx)
	if err != nil {
		return Token{}, err
	}
	return Token{Expiry: token.expiry, Scopes: slices.Clone(token.scopes), APIURL: token.apiURL}, nil
}

// TokenExpiry returns when the last token expires, or when Zoom rejected it. It
// is zero before the first one.
func (c *Client) TokenExpiry() time.Time { return c.tokens.lastExpiry() }

// get sends a call, and once more if Zoom rejected the token.
func get[T any](ctx context.Context, c *Client, call call, decode decode[T]) (T, error) {
	found, rejected, err := attempt(ctx, c, call, decode)
	if rejected {
		found, _, err = attempt(ctx, c, call, decode)
	}
	return found, err
}

// attempt sends a call once. Every attempt that the limiter has let through is
// reported to it, and to the observer, exactly once.
func attempt[T any](ctx context.Context, c *Client, call call, decode decode[T]) (found T, rejected bool, err error) {
	var none T
	token, err := c.tokens.get(ctx)
	if err != nil {
		return none, false, err
	}
	class := call.endpoint.Class()
	if err := c.limiter.Acquire(ctx, class); err != nil {
		return none, false, fmt.Errorf("zoom %s: %w", call.endpoint, err)
	}
	token = c.tokens.newer(token)
	ex := c.exchanger.do(ctx, c.maxBody, func(ctx context.Context) (*http.Request, error) {
		return call.request(ctx, token)
	})
	defer c.exchanger.release(ex)

	found, answer, failure := read(c, ex, decode, token)
	c.limiter.Observe(class, answer)
	outcome := Attempt{Endpoint: call.endpoint, Status: ex.status, Duration: ex.duration}
	if failure == nil {
		c.observer.ObserveAttempt(outcome)
		return found, false, nil
	}
	failure.Endpoint, outcome.Reason = call.endpoint, failure.Reason
	c.observer.ObserveAttempt(outcome)
	if failure.Reason == ReasonToken {
		c.tokens.reject(token, failure)
	}
	return none, failure.Reason == ReasonToken, failure
}

// read returns the result of an exchange, or why it failed, and what the answer
// says of limits.
func read[T any](c *Client, ex *exchange, decode decode[T], token *accessToken) (T, Answer, *Error) {
	var none T
	if ex.failure != nil {
		return none, newAnswer(ex.sent, ex.status, ex.header, ""), ex.failure
	}
	if ex.status == http.StatusOK {
		answer := newAnswer(ex.sent, ex.status, ex.header, "")
		d := c.decoders.Get().(*decoder)
		defer c.decoders.Put(d)
		found, err := decode(d, ex.body)
		if err != nil {
			return none, answer, ex.unreadable(err)
		}
		return found, answer, nil
	}
	var body errorBody
	_ = c.decodeObject(ex.body, &body) // without a body, the status suffices
	message := string(body.Message)
	answer := newAnswer(ex.sent, ex.status, ex.header, message)
	failure := &Error{
		Status:  ex.status,
		Server:  ex.server(body.isZooms()),
		Code:    body.code(),
		Reason:  reasonOf(ex.status, body.Code),
		RetryAt: retryAt(c.clock.Now(), answer.RetryAfter, answer.Date),
		Message: c.exchanger.scrub(message, token.secret),
	}
	if failure.Reason == ReasonScope {
		failure.Scopes = scopesIn(message)
	}
	return none, answer, failure
}

func (c *Client) decodeObject(body []byte, into any) error {
	d := c.decoders.Get().(*decoder)
	defer c.decoders.Put(d)
	return decodeObject(d, body, into)
}
