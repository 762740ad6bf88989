package check

import (
	"errors"
	"slices"
	"strings"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// appKind is the way in which the scopes of a Zoom app are named.
type appKind string

// The kinds of apps. That of a token without scopes is unknown.
const (
	classicApp  appKind = "classic"
	granularApp appKind = "granular"
	unknownApp  appKind = ""
)

// appKindOf is the kind of the app that has these scopes.
func appKindOf(scopes []string) appKind {
	switch {
	case len(scopes) == 0:
		return unknownApp
	case slices.ContainsFunc(scopes, isGranular):
		return granularApp
	}
	return classicApp
}

// isGranular tells dashboard:read:list_meetings:admin from
// dashboard_meetings:read:admin.
func isGranular(scope string) bool {
	parts := strings.Split(scope, ":")
	switch len(parts) {
	case 4:
		return true
	case 3: // without a role, or classic with one
		return parts[2] != "admin" && parts[2] != "master"
	}
	return false
}

// advice is the scope that an app of this kind needs for endpoint: one that Zoom
// names in its answer err, or else a documented one.
func (k appKind) advice(endpoint zoomapi.Endpoint, err error) string {
	ours := endpoint.Scopes()
	known := ours
	if e, ok := errors.AsType[*zoomapi.Error](err); ok {
		known = append(slices.Clone(e.Scopes), known...)
	}
	if k == unknownApp {
		return ours[0] + " (for a classic app " + ours[1] + ")"
	}
	for _, scope := range known {
		if isGranular(scope) == (k == granularApp) {
			return scope
		}
	}
	return ours[0]
}

// lacking are the scopes to add for the endpoints of a purpose; nil is for the required
// ones.
func (s *survey) lacking(p *purpose) []string {
	var scopes []string
	kind := appKindOf(s.token.Scopes)
	for _, k := range s.kinds {
		for _, t := range k.trials() {
			if t.purpose != p || !s.lacks(t) {
				continue
			}
			if scope := kind.advice(t.endpoint, t.err); !slices.Contains(scopes, scope) {
				scopes = append(scopes, scope)
			}
		}
	}
	return scopes
}

// lacks reports whether a scope is missing, according to Zoom's answer or, if that
// is no answer to the question, to the scopes of the token.
func (s *survey) lacks(t *trial) bool {
	switch {
	case errors.Is(t.err, zoomapi.ErrScope):
		return true
	case t.worked() || len(s.token.Scopes) == 0:
		return false
	}
	return !s.token.Allows(t.endpoint)
}
