package zoomapi

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
)

const (
	maxErrorBody  = 64 << 10 // of a body that is only looked at for its message
	maxPooledBody = 4 << 20  // of a buffer worth keeping
)

// exchanger has one HTTP exchange at a time with Zoom, whole and bounded in
// time and size.
type exchanger struct {
	http      *http.Client
	clock     clock.Clock
	timeout   time.Duration
	userAgent string
	secrets   *strings.Replacer // masks the credentials in Zoom's words
	// proxy finds the proxy of a request; nil if there are none.
	proxy func(*http.Request) (*url.URL, error)

	buffers sync.Pool // of *bytes.Buffer
}

func newExchanger(cfg Config) *exchanger {
	x := &exchanger{
		http: &http.Client{
			Transport:     cfg.Transport,
			CheckRedirect: noRedirect,
		},
		clock:     cfg.Clock,
		timeout:   cfg.Timeout,
		userAgent: cfg.UserAgent,
		secrets:   maskCredentials(cfg.AccountID, cfg.ClientID, cfg.ClientSecret),
		buffers:   sync.Pool{New: func() any { return new(bytes.Buffer) }},
	}
	if t, ok := cfg.Transport.(*http.Transport); ok {
		x.proxy = t.Proxy
	}
	return x
}

// noRedirect is an http.Client's CheckRedirect. Following one would take the
// token elsewhere, or spend a request that the limiter has not let through.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func maskCredentials(credentials ...string) *strings.Replacer {
	var pairs []string
	for _, c := range credentials {
		if len(c) >= 4 { // less is no credential, but would mask words
			pairs = append(pairs, c, masked)
		}
	}
	return strings.NewReplacer(pairs...)
}

// scrub is scrub, with the credentials and, unless empty, the token masked.
func (x *exchanger) scrub(message, token string) string {
	message = clean(message)
	if token != "" {
		message = strings.ReplaceAll(message, token, masked)
	}
	return scrub(x.secrets.Replace(message))
}

// exchange is what came of one attempt.
type exchange struct {
	sent     time.Time
	duration time.Duration
	status   int // 0 where no answer came
	header   http.Header
	address  string // that did not answer
	// response is what status and header are taken from, its body read.
	response *http.Response
	// body is valid until release. Of an answer other than 200 it may be the
	// beginning only.
	body []byte
	// failure says why there is no whole answer; nil if there is one.
	failure *Error

	buffer *bytes.Buffer // of body
}

// release returns the exchange's buffer. Its body is not valid afterwards.
func (x *exchanger) release(ex *exchange) {
	if ex.buffer != nil && ex.buffer.Cap() <= maxPooledBody {
		ex.buffer.Reset()
		x.buffers.Put(ex.buffer)
	}
}

// unreadable is the failure to read a body of status 200.
func (ex *exchange) unreadable(err error) *Error {
	return &Error{
		Status: ex.status, Answerer: ex.answerer(isJSON(ex.body)),
		Reason: ReasonBody, Message: err.Error(), err: err,
	}
}

// do sends the request that build makes and reads the answer, at most maxBody
// bytes of it. It always returns an exchange, to be released.
func (x *exchanger) do(ctx context.Context, maxBody int64, build func(context.Context) (*http.Request, error)) *exchange {
	ex := &exchange{sent: x.clock.Now(), buffer: x.buffers.Get().(*bytes.Buffer)}
	attempt, cancel := x.clock.WithDeadline(ctx, ex.sent.Add(x.timeout))
	defer cancel()

	if err := x.roundTrip(attempt, ex, maxBody, build); err != nil {
		ex.failure = failureOf(ctx, attempt, err, ex.status)
		if ex.failure.Status == 0 && ex.failure.Reason != ReasonCanceled {
			ex.failure.Address = ex.address
		}
	}
	ex.body = ex.buffer.Bytes()
	ex.duration = x.clock.Now().Sub(ex.sent)
	return ex
}

func (x *exchanger) roundTrip(ctx context.Context, ex *exchange, maxBody int64, build func(context.Context) (*http.Request, error)) error {
	req, err := build(ctx)
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", x.userAgent)
	resp, err := x.http.Do(req)
	if err != nil {
		ex.address = x.address(req, err)
		return err
	}
	defer resp.Body.Close()
	ex.response, ex.status, ex.header = resp, resp.StatusCode, resp.Header

	if resp.StatusCode != http.StatusOK {
		// Its status tells enough, whatever becomes of the body.
		_, _ = ex.buffer.ReadFrom(io.LimitReader(resp.Body, maxErrorBody))
		return nil
	}
	if resp.ContentLength > maxBody {
		return tooLarge(maxBody)
	}
	n, err := ex.buffer.ReadFrom(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return err
	}
	if n > maxBody {
		return tooLarge(maxBody)
	}
	return nil
}

// tooLarge is the error of a body above its bound in bytes.
type tooLarge int64

func (n tooLarge) Error() string { return fmt.Sprintf("it is larger than %d bytes", int64(n)) }

// failureOf classes what went wrong on the way: our caller's giving up, the
// attempt's time, a body that broke off, or the network.
func failureOf(caller, attempt context.Context, err error, status int) *Error {
	e := &Error{Status: status, Message: causeText(err), err: withoutURL(err)}
	refusal, refused := errors.AsType[*proxyRefusal](err)
	switch {
	case caller.Err() != nil:
		e.Reason, e.Message, e.err = ReasonCanceled, "", caller.Err()
	case attempt.Err() != nil:
		e.Reason, e.Message, e.err = ReasonTimeout, "", attempt.Err()
	case refused:
		e.Reason, e.Message, e.Status, e.Answerer = ReasonNetwork, "", refusal.status, refusal.who
	case isTimeout(err):
		e.Reason = ReasonTimeout
	case status != 0:
		e.Reason = ReasonBody
	default:
		e.Reason = ReasonNetwork
	}
	return e
}

func isTimeout(err error) bool {
	netErr, ok := errors.AsType[net.Error](err)
	return ok && netErr.Timeout()
}

// withoutURL takes off what names the address asked: it holds a meeting's id
// and a page's token.
func withoutURL(err error) error {
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		return urlErr.Err
	}
	return err
}

// causeText words a transport's error without addresses, and without what it
// may quote of a stranger's answer.
func causeText(err error) string {
	err = withoutURL(err)
	if cert, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return distrust(cert)
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return scrub("name service: " + dns.Err)
	}
	if isProxyconnect(err) {
		err = errors.Unwrap(err) // Address says that it is the proxy
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Err != nil {
		return scrub(op.Op + ": " + op.Err.Error())
	}
	text, _, _ := strings.Cut(err.Error(), `"`)
	return scrub(text)
}
