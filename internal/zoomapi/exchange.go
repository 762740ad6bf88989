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
	maxErrorBody  = 64 << 10 // bytes read of an error's body
	maxPooledBody = 4 << 20  // bytes of the largest buffer that is reused
)

// exchanger sends HTTP requests to Zoom and reads the answers, bounded in time
// and size.
type exchanger struct {
	http      *http.Client
	clock     clock.Clock
	timeout   time.Duration
	userAgent string
	secrets   *strings.Replacer // masks the credentials in Zoom's messages
	// proxy returns the proxy of a request; nil if none is ever used.
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
		if len(c) >= 4 { // a shorter one is no credential and would mask words
			pairs = append(pairs, c, masked)
		}
	}
	return strings.NewReplacer(pairs...)
}

// scrub makes a message fit for an error, as the function scrub does, and also
// masks the credentials and the token, unless that is empty.
func (x *exchanger) scrub(message, token string) string {
	message = clean(message)
	if token != "" {
		message = strings.ReplaceAll(message, token, masked)
	}
	return scrub(x.secrets.Replace(message))
}

// exchange is the outcome of one attempt.
type exchange struct {
	sent     time.Time
	duration time.Duration
	status   int // 0 if no answer came
	header   http.Header
	response *http.Response // whose status and header those are; its body is read
	address  string         // that did not answer
	// body is valid until release. If the status is not 200 it may be cut off.
	body []byte
	// failure is why there is no complete answer; nil if there is one.
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

// unreadable returns the failure to read the body of a successful answer.
func (ex *exchange) unreadable(err error) *Error {
	return &Error{
		Status: ex.status, Server: ex.server(isJSON(ex.body)),
		Reason: ReasonBody, Message: err.Error(), err: err,
	}
}

// do sends the request that build returns and reads the answer, at most maxBody
// bytes of it. The exchange that it returns is never nil and must be released.
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
		return fmt.Errorf("build the request: %w", err)
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
		// Without a body, the status suffices.
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

// tooLarge is the error of a body that exceeds so many bytes.
type tooLarge int64

func (n tooLarge) Error() string { return fmt.Sprintf("it is larger than %d bytes", int64(n)) }

// failureOf classifies err: the caller gave up, the attempt timed out, the body
// was cut off, or the network failed.
func failureOf(caller, attempt context.Context, err error, status int) *Error {
	e := &Error{Status: status, Message: causeText(err), err: withoutURL(err)}
	refusal, refused := errors.AsType[*proxyRefusal](err)
	switch {
	case caller.Err() != nil:
		e.Reason, e.Message, e.err = ReasonCanceled, "", caller.Err()
	case attempt.Err() != nil:
		e.Reason, e.Message, e.err = ReasonTimeout, "", attempt.Err()
	case refused:
		e.Reason, e.Message, e.Status, e.Server = ReasonNetwork, "", refusal.status, refusal.who
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

// withoutURL removes the URL from err: it holds a meeting's id and a page token.
func withoutURL(err error) error {
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		return urlErr.Err
	}
	return err
}

// causeText describes a transport's error without addresses and without what it
// may quote of the answer.
func causeText(err error) string {
	err = withoutURL(err)
	if cert, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return certificateText(cert)
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return scrub("DNS: " + dns.Err)
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
