package zoomapi

import "net/http"

// Reason is a class of failures. Its text is the value of the label reason.
type Reason string

// The classes of failures.
const (
	ReasonNotLive     Reason = "not_live"     // 3001: ended, not begun, unknown
	ReasonNoAccess    Reason = "no_access"    // 300: no access, or the page token has expired
	ReasonScope       Reason = "scope"        // 4711, 4700, 104: the app lacks a scope
	ReasonPlan        Reason = "plan"         // 200: no Dashboard feature or add-on
	ReasonToken       Reason = "token"        // 124: token invalid or expired
	ReasonCredentials Reason = "credentials"  // the token endpoint refuses id, secret or account
	ReasonRateLimited Reason = "rate_limited" // 429
	ReasonServer      Reason = "server"       // 5xx
	ReasonBody        Reason = "body"         // cut off, too large, or not what the endpoint answers
	ReasonTimeout     Reason = "timeout"
	ReasonNetwork     Reason = "network"
	ReasonCanceled    Reason = "canceled" // the caller stopped waiting
	ReasonOther       Reason = "other"
)

// Reasons are all classes of failures.
var Reasons = [...]Reason{
	ReasonNotLive, ReasonNoAccess, ReasonScope, ReasonPlan, ReasonToken, ReasonCredentials, ReasonRateLimited,
	ReasonServer, ReasonBody, ReasonTimeout, ReasonNetwork, ReasonCanceled, ReasonOther,
}

// The codes of Zoom that this client acts on.
const (
	codePlan           = 200
	codeNoAccess       = 300
	codeRateLimited    = 429
	codeOldScope       = 104
	codeToken          = 124
	codeNotLive        = 3001
	codeOlderScope     = 4700
	codeScope          = 4711
	statusNoAccess     = 300 // as documented; it may be 400 with code 300
	statusServerErrors = 500
)

// errorBody is the body of Zoom's errors.
type errorBody struct {
	Code    Count `json:"code"`
	Message Text  `json:"message"`
	Reason  Text  `json:"reason"` // the token endpoint's message
}

// code returns Zoom's code; 0 if the body has none, or none that is a number.
func (b errorBody) code() int {
	if b.Code == NoCount {
		return 0
	}
	return int(b.Code)
}

// isZooms reports whether the body has one of Zoom's codes that this client
// knows. The errors of gateways have no code, or repeat the status as theirs.
func (b errorBody) isZooms() bool { return reasonOf(0, b.Code) != ReasonOther }

// reasonOf classifies an answer of the API other than 200.
func reasonOf(status int, code Count) Reason {
	switch {
	case status >= statusServerErrors:
		return ReasonServer
	case status == http.StatusTooManyRequests || code == codeRateLimited:
		return ReasonRateLimited
	}
	switch code {
	case codeToken:
		return ReasonToken
	case codeScope, codeOlderScope, codeOldScope:
		return ReasonScope
	case codeNotLive:
		return ReasonNotLive
	case codeNoAccess:
		return ReasonNoAccess
	case codePlan:
		return ReasonPlan
	}
	switch status {
	case http.StatusUnauthorized:
		return ReasonToken
	case statusNoAccess:
		return ReasonNoAccess
	}
	return ReasonOther
}

// oauthReasonOf classifies an answer of the token endpoint other than 2xx. A 403
// without an OAuth error code comes from a proxy and may pass.
func oauthReasonOf(status int, code string) Reason {
	switch {
	case status >= statusServerErrors:
		return ReasonServer
	case status == http.StatusTooManyRequests:
		return ReasonRateLimited
	case status == http.StatusBadRequest, status == http.StatusUnauthorized,
		status == http.StatusForbidden && code != "":
		return ReasonCredentials
	}
	return ReasonOther
}
