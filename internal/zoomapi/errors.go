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

// ErrClosed is the cause of what fails because the client was closed.
var ErrClosed = errors.New("the client is closed")

type reasonError Reason

func (r reasonError) Error() string { return "zoom: " + strings.ReplaceAll(string(r), "_", " ") }

// Error is a failure of one request to Zoom. It holds no credential, no token
// and nobody's e-mail address, and may be logged.
type Error struct {
	// Endpoint is the endpoint that failed: OAuthToken where no token could
	// be had for another one.
	Endpoint Endpoint
	// Status is the HTTP status; 0 where no answer came.
	Status int
	// Answerer describes the server that answered, by what it says of itself,
	// unless the answer is recognisably Zoom's; "" if it is, or if none came.
	Answerer string
	// Address is the host and port that did not answer, with those of the proxy
	// if there is one; "" if an answer came or was not waited for.
	Address string
	// Code is Zoom's own code; 0 where the body has none.
	Code int
	// Message is Zoom's own text, or what is known of the cause, on one line
	// of at most 200 bytes.
	Message string
	// Reason classes the failure.
	Reason Reason
	// Scopes are the scopes that Zoom's message names as missing.
	Scopes []string
	// RetryAt is the instant, by our clock, before which a further attempt is
	// pointless; zero where that is unknown.
	RetryAt time.Time

	err error // not to be printed: it may hold addresses
}

// Error says what failed, what that means and what to do.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "zoom %s: ", e.Endpoint)
	if origin := e.Origin(); origin != "" {
		b.WriteString(origin + ": ")
	}
	b.WriteString(e.meaning())
	if e.Message != "" && e.tells() {
		fmt.Fprintf(&b, " (%s)", e.Message)
	}
	if !e.RetryAt.IsZero() {
		fmt.Fprintf(&b, "; no further attempt before %s", e.RetryAt.UTC().Format(time.RFC3339))
	}
	return b.String()
}

// Origin is the status and who sent it, or who did not answer; "" if neither is
// known.
func (e *Error) Origin() string {
	if e.Status == 0 {
		return e.Address
	}
	text := fmt.Sprintf("HTTP %d", e.Status)
	if e.Code != 0 {
		text += fmt.Sprintf(", code %d", e.Code)
	}
	if e.Answerer != "" {
		text += " from " + e.Answerer + ", not from Zoom's API"
	}
	return text
}

// tells reports whether Message may stand in the error's text, which goes to
// logs: our own words may, and Zoom's where they speak of the app or the
// account. Of a meeting or a person they may hold a name that no masking finds.
func (e *Error) tells() bool {
	if e.Status == 0 || e.err != nil {
		return true
	}
	switch e.Reason {
	case ReasonScope, ReasonPlan, ReasonToken, ReasonCredentials, ReasonRateLimited:
		return true
	}
	return false
}

// Unwrap gives the cause, where there is one. Its text may hold the address
// of a server.
func (e *Error) Unwrap() error { return e.err }

// Is makes the sentinels work with errors.Is.
func (e *Error) Is(target error) bool {
	reason, ok := target.(reasonError)
	return ok && Reason(reason) == e.Reason
}

func (e *Error) meaning() string {
	if e.Status == http.StatusProxyAuthRequired {
		return "the proxy requires a user and a password, and got none or wrong ones: set both in proxy_url or HTTPS_PROXY"
	}
	if e.Answerer != "" && (e.Reason == ReasonCredentials || e.Reason == ReasonToken) {
		return "access refused, but not by Zoom: check the address and any proxy in between, then the credentials"
	}
	switch e.Reason {
	case ReasonNotLive:
		return "not live, nor past yet: it has just ended, has not begun or is not known"
	case ReasonNoAccess:
		return "no access to this meeting, or its page token has expired: start its pages again, once"
	case ReasonScope:
		return "the app lacks a scope: " + e.scopeAdvice() + " in the Zoom App Marketplace"
	case ReasonPlan:
		if e.Endpoint == ListMeetingParticipantsQoSSummary || e.Endpoint == ListWebinarParticipantsQoSSummary {
			return "the account has no summaries: they take the Quality of Service Subscription (QSS), an add-on"
		}
		return "the account has no Dashboard for this: it takes a Business plan or higher, for webinars the add-on"
	case ReasonToken:
		return "Zoom does not take the token: if this lasts, check that the app is activated " +
			"and that nothing else uses its credentials"
	case ReasonCredentials:
		return "Zoom refuses the credentials: check the account id, client id and client secret, " +
			"and that the app is a Server-to-Server OAuth app and activated"
	case ReasonRateLimited:
		return "Zoom's rate limit is reached: if this lasts, reserve more for the account's other apps"
	case ReasonServer:
		if e.Answerer != "" {
			return "Zoom, or a server in front of it, has failed: the exporter tries again"
		}
		return "Zoom has failed: the exporter tries again"
	case ReasonBody:
		return "the answer cannot be read: if this lasts, check the address and any proxy in between"
	case ReasonTimeout:
		return "no answer in time: if this lasts, check the network, or raise limits.request_timeout"
	case ReasonNetwork:
		if _, ok := errors.AsType[*tls.CertificateVerificationError](e.err); ok {
			return "the server's certificate is not trusted: if a proxy inspects TLS, set ca_file to its CA certificate"
		}
		if _, ok := errors.AsType[*proxyRefusal](e.err); ok {
			return "the proxy does not connect to Zoom: check that it allows this host, and that it reaches Zoom itself"
		}
		if isProxyconnect(e.err) {
			return "cannot be reached: check proxy_url, the name service and the firewall"
		}
		return "Zoom cannot be reached: check the address, the name service, the proxy and the firewall"
	case ReasonCanceled:
		return "given up before the answer came"
	}
	if e.Answerer != "" {
		return "check the address and any proxy in between"
	}
	return "not an answer that Zoom documents: check the address"
}

func (e *Error) scopeAdvice() string {
	if len(e.Scopes) > 0 {
		return "add one of these that Zoom names: " + strings.Join(e.Scopes, ", ")
	}
	scopes := e.Endpoint.Scopes()
	if len(scopes) == 0 {
		return "add what Zoom names"
	}
	return "add " + scopes[0] + " (for a classic app " + scopes[1] + ")"
}

// ReasonOf classes err: by the Error within it, as canceled if a context's
// end is all there is, otherwise as ReasonOther. It is "" for nil.
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
