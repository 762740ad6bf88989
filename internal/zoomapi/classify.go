package zoomapi

import "net/http"

// Zoom's codes that mean something to this client.
const (
	codePlan           = 200
	codeNoAccess       = 300
	codeRateLimited    = 429
	codeOldScope       = 104
	codeToken          = 124
	codeNotLive        = 3001
	codeOlderScope     = 4700
	codeScope          = 4711
	statusNoAccess     = 300 // the documentation's own; perhaps 400 with code 300
	statusServerErrors = 500
)

// errorBody is what Zoom says of an error.
type errorBody struct {
	Code    Count `json:"code"`
	Message Text  `json:"message"`
	Reason  Text  `json:"reason"` // the token endpoint's message
}

// code returns Zoom's code; 0 if the body has none that is a number.
func (b errorBody) code() int {
	if b.Code == NoCount {
		return 0
	}
	return int(b.Code)
}

// isZooms reports whether the body has one of Zoom's codes that this client
// knows. The errors of gateways have no code, or repeat the status as theirs.
func (b errorBody) isZooms() bool { return reasonOf(0, b.Code) != ReasonOther }

// reasonOf classes an answer other than 200 of a counted endpoint.
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

// oauthReasonOf classes an answer other than 2xx of the token endpoint. A 403
// without an OAuth error code is a proxy's, and may pass.
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
