// Package zoomapi is Zoom's Dashboard API on the wire: its paths, pages,
// tokens, errors and the headers of its limits. It knows nothing of what the
// figures mean, nor when to ask.
package zoomapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
)

// The most rows that Zoom gives a page.
const (
	listPageSize         = "300"
	participantsPageSize = "300"
	qosPageSize          = "10"
)

// Client asks one Zoom account. It is safe for concurrent use.
//
// Its methods fail with an *Error, or with the Limiter's own error, wrapped.
// The only request that it repeats is one whose token Zoom did not take.
type Client struct {
	limiter  Limiter
	observer Observer

	exchanger *exchanger
	tokens    *tokens
	clock     clock.Clock
	maxBody   int64
	apiURL    string // "" where the token's answer tells
	oauthURL  string
	account   credentials

	decoders sync.Pool // of *decoder
}

// New makes a client. It sends nothing yet. Its error tells everything that
// is wrong with cfg, without repeating it.
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

// Format implements fmt.Formatter and gives nothing away: fmt would print
// what it finds within, credentials and token included.
func (c *Client) Format(s fmt.State, _ rune) { io.WriteString(s, "zoomapi.Client{…}") }

// Close ends a renewal of the token, waits for it and closes idle
// connections. Requests under way end with their own contexts; later ones
// fail with ErrClosed.
func (c *Client) Close() {
	c.tokens.close()
	c.exchanger.http.CloseIdleConnections()
}

// Token makes sure of a token and tells what may be known of it.
func (c *Client) Token(ctx context.Context) (Token, error) {
	token, err := c.tokens.get(ctx)
	if err != nil {
		return Token{}, err
	}
	return Token{Expiry: token.expiry, Scopes: append([]string(nil), token.scopes...), APIURL: token.apiURL}, nil
}

// TokenExpiry is when the last token ends, or when Zoom rejected it. It is
// zero before the first.
func (c *Client) TokenExpiry() time.Time { return c.tokens.lastExpiry() }

// List asks for a page, of at most 300, of the live meetings or webinars; ""
// asks for the first.
func (c *Client) List(ctx context.Context, kind Kind, page string) (Page[Live], error) {
	list, err := listCall(kind)
	if err != nil {
		return Page[Live]{}, err
	}
	// Zoom wants these two even of live ones.
	today := c.clock.Now().UTC()
	list.query = pageQuery(live, page, listPageSize)
	list.query.Set("from", today.AddDate(0, 0, -1).Format(time.DateOnly))
	list.query.Set("to", today.Format(time.DateOnly))
	return get(ctx, c, list, pageOf[Live](string(kind)+"s"))
}

// Participants asks for a page, of at most 300, of those who take or took
// part in the live meeting or webinar with this number or UUID.
func (c *Client) Participants(ctx context.Context, kind Kind, id, page string) (Page[ParticipantRow], error) {
	participants, err := participantsCall(kind, id)
	if err != nil {
		return Page[ParticipantRow]{}, err
	}
	participants.query = pageQuery(live, page, participantsPageSize)
	return get(ctx, c, participants, pageOf[ParticipantRow]("participants"))
}

// QoS asks for a page, of at most 10, of the quality of service of those who
// take or took part in the live meeting or webinar with this number or UUID.
func (c *Client) QoS(ctx context.Context, kind Kind, id, page string) (Page[QoSRow], error) {
	qos, err := qosCall(kind, id)
	if err != nil {
		return Page[QoSRow]{}, err
	}
	qos.query = pageQuery(live, page, qosPageSize)
	return get(ctx, c, qos, pageOf[QoSRow]("participants"))
}

// What the type parameter asks for.
const (
	live = "live"
	past = "past"
)

func pageQuery(kind, page, size string) url.Values {
	query := url.Values{"type": {kind}, "page_size": {size}}
	if page != "" {
		query.Set("next_page_token", page)
	}
	return query
}

// decode reads what a body of status 200 holds. Its errors are ErrBody's causes.
type decode[T any] func(d *decoder, body []byte) (T, error)

// pageOf reads a page whose rows are under the name rows.
func pageOf[T any](rows string) decode[Page[T]] {
	return func(d *decoder, body []byte) (Page[T], error) { return decodePage[T](d, body, rows) }
}

// get has a call answered, by a second attempt if Zoom did not take the first
// one's token.
func get[T any](ctx context.Context, c *Client, call call, decode decode[T]) (T, error) {
	found, rejected, err := attempt(ctx, c, call, decode)
	if rejected {
		found, _, err = attempt(ctx, c, call, decode)
	}
	return found, err
}

// attempt sends a call once. Every attempt that the limiter has let through
// is reported to it, and to the observer, exactly once.
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

// credentials are what a token is had for.
type credentials struct{ accountID, clientID, clientSecret string }

func (call call) request(ctx context.Context, token *accessToken) (*http.Request, error) {
	// Parsed as text, so that the escaped id arrives as it is.
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, token.apiURL+call.path+"?"+call.query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token.secret)
	return req, nil
}

// read makes what was asked for, or a failure, of an exchange, and what it
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
	_ = c.decodeObject(ex.body, &body) // the status tells enough
	message := string(body.Message)
	answer := newAnswer(ex.sent, ex.status, ex.header, message)
	failure := &Error{
		Status:   ex.status,
		Answerer: ex.answerer(body.isZooms()),
		Code:     body.code(),
		Reason:   reasonOf(ex.status, body.Code),
		RetryAt:  retryAt(c.clock.Now(), answer.RetryAfter, answer.Date),
		Message:  c.exchanger.scrub(message, token.secret),
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
