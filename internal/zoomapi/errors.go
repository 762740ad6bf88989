package zoomapi

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Sentinels for errors.Is, one for each Reason.
var (
	ErrNotLive     error = reasonError(ReasonNotLive)
	ErrNoAccess    error = reasonError(ReasonNoAccess)
	ErrScope       error = reasonError(ReasonScope)
	ErrPlan        error = reasonError(ReasonPlan)
	ErrToken       error = reasonError(ReasonToken)
	ErrCredentials error = reasonError(ReasonCredentials)
	ErrRateLimited error = reasonError(ReasonRateLimited)
	ErrServer      error = reasonError(ReasonServer)
	ErrBody        error = reasonError(ReasonBody)
	ErrTimeout     error = reasonError(ReasonTimeout)
	ErrNetwork     error = reasonError(ReasonNetwork)
	ErrCanceled    error = reasonError(ReasonCanceled)
	ErrOther       error = reasonError(ReasonOther)
)

// ErrClosed is the cause of failures of a closed client.
var ErrClosed = errors.New("the client is closed")

type reasonError Reason

func (r reasonError) Error() string { return "zoom: " + strings.ReplaceAll(string(r), "_", " ") }

// Error is the failure of one request to Zoom. It is safe to log: it holds no
// credential, no token and no e-mail address.
type Error struct {
	// Endpoint is the endpoint that failed: OAuthToken if another one was to be
	// asked, but no token could be obtained.
	Endpoint Endpoint
	// Status is the HTTP status; 0 if no answer came.
	Status int
	// Server describes the server that answered instead of Zoom, by its own
	// headers; "" if Zoom answered, or nobody.
	Server string
	// Address is the host and port that did not answer, and those of the proxy, if
	// there is one; "" if an answer came or the caller stopped waiting.
	Address string
	// Code is the code in the body; 0 if it has none.
	Code int
	// Message is the message in the body, or the cause as far as it is known, on
	// one line of at most 200 bytes.
	Message string
	// Reason is the class of the failure.
	Reason Reason
	// Scopes are the missing scopes that Zoom's message names.
	Scopes []string
	// RetryAt is when another attempt may succeed, by our clock; zero if that is
	// unknown.
	RetryAt time.Time

	err error // never printed: it may hold addresses
}

// Error says what failed, what it means and what to do.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "zoom %s: ", e.Endpoint)
	if origin := e.Origin(); origin != "" {
		b.WriteString(origin + ": ")
	}
	b.WriteString(e.meaning())
	if e.Message != "" && e.isMessageSafe() {
		fmt.Fprintf(&b, " (%s)", e.Message)
	}
	if !e.RetryAt.IsZero() {
		fmt.Fprintf(&b, "; no further attempt before %s", e.RetryAt.UTC().Format(time.RFC3339))
	}
	return b.String()
}

// Origin returns the status and which server sent it, or which server did not
// answer; "" if neither is known.
func (e *Error) Origin() string {
	if e.Status == 0 {
		return e.Address
	}
	text := fmt.Sprintf("HTTP %d", e.Status)
	if e.Code != 0 {
		text += fmt.Sprintf(", code %d", e.Code)
	}
	if e.Server != "" {
		text += " from " + e.Server + ", not from Zoom's API"
	}
	return text
}

// isMessageSafe reports whether Message may be in the error's text, which is
// logged: the client's own messages may, and those about the app or the account.
// One about a meeting or a person may hold a name that no masking finds.
func (e *Error) isMessageSafe() bool {
	if e.Status == 0 || e.err != nil {
		return true
	}
	switch e.Reason {
	case ReasonScope, ReasonPlan, ReasonToken, ReasonCredentials, ReasonRateLimited:
		return true
	}
	return false
}

// Unwrap returns the cause, if there is one. Its text may hold the address of a
// server.
func (e *Error) Unwrap() error { return e.err }

// Is reports whether target is the sentinel of e's Reason.
func (e *Error) Is(target error) bool {
	reason, ok := target.(reasonError)
	return ok && Reason(reason) == e.Reason
}

func (e *Error) meaning() string {
	if e.Status == http.StatusProxyAuthRequired {
		return "the proxy requires a user and a password, which are missing or wrong: set both in proxy_url or HTTPS_PROXY"
	}
	if e.Server != "" && (e.Reason == ReasonCredentials || e.Reason == ReasonToken) {
		return "access refused, but not by Zoom: check the address and any proxy in between, then the credentials"
	}
	switch e.Reason {
	case ReasonNotLive:
		return "neither live nor available as a past meeting: it has just ended, has not begun, or does not exist"
	case ReasonNoAccess:
		return "no access to this meeting, or the page token has expired: the exporter starts over from the first page, once"
	case ReasonScope:
		return "the app lacks a scope: " + e.scopeAdvice() + " in the Zoom App Marketplace"
	case ReasonPlan:
		if e.Endpoint == ListMeetingParticipantsQoSSummary || e.Endpoint == ListWebinarParticipantsQoSSummary {
			return "the account has no summaries: they require the Quality of Service Subscription (QSS), an add-on"
		}
		return "the account lacks this part of the Dashboard: it requires a Business plan or higher, for webinars their add-on"
	case ReasonToken:
		return "Zoom rejects the token: if this persists, check that the app is activated " +
			"and that nothing else uses its credentials"
	case ReasonCredentials:
		return "Zoom refuses the credentials: check the account id, client id and client secret, " +
			"and that the app is a Server-to-Server OAuth app and activated"
	case ReasonRateLimited:
		return "Zoom's rate limit is reached: if this persists, reserve more for the account's other apps"
	case ReasonServer:
		if e.Server != "" {
			return "Zoom, or a server in front of it, has failed: the exporter will retry"
		}
		return "Zoom has failed: the exporter will retry"
	case ReasonBody:
		return "the answer cannot be read: if this persists, check the address and any proxy in between"
	case ReasonTimeout:
		return "no answer in time: if this persists, check the network, or raise limits.request_timeout"
	case ReasonNetwork:
		return networkMeaning(e.err)
	case ReasonCanceled:
		return "canceled before the answer came"
	}
	if e.Server != "" {
		return "check the address and any proxy in between"
	}
	return "an answer that Zoom does not document: check the address"
}

func networkMeaning(err error) string {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the server's certificate is not trusted: if a proxy inspects TLS, set ca_file to its CA certificate"
	}
	if _, ok := errors.AsType[*proxyRefusal](err); ok {
		return "the proxy does not connect to Zoom: check that it allows this host, and that it can reach Zoom"
	}
	if isProxyconnect(err) {
		return "cannot be reached: check proxy_url, DNS and the firewall"
	}
	return "Zoom cannot be reached: check the address, DNS, the proxy and the firewall"
}

func (e *Error) scopeAdvice() string {
	if len(e.Scopes) > 0 {
		return "add one that Zoom names (" + strings.Join(e.Scopes, ", ") + ")"
	}
	scopes := e.Endpoint.Scopes()
	if len(scopes) == 0 {
		return "add the one that Zoom names"
	}
	return "add " + scopes[0] + " (for a classic app " + scopes[1] + ")"
}

// ReasonOf classifies err: by the Error that it wraps, else as ReasonCanceled if
// it wraps a context's error, else as ReasonOther. It is "" for nil.
func ReasonOf(err error) Reason {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return ReasonCanceled
	}
	return ReasonOther
}
