package zoomsim

import (
	"crypto/subtle"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// tokens are the access tokens that were issued and are valid.
type tokens struct {
	mu     sync.Mutex
	issued uint64
	expiry map[string]time.Time
}

// issue returns a new token. Its text depends on the seed and the number of
// tokens before it.
func (t *tokens) issue(seed hash, now time.Time, life time.Duration, single bool) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if single {
		clear(t.expiry)
	}
	maps.DeleteFunc(t.expiry, func(_ string, at time.Time) bool { return !at.After(now) })
	t.issued++
	token := "eyJz" + seed.text("token").with(t.issued).token(48)
	t.expiry[token] = now.Add(life)
	return token
}

func (t *tokens) valid(token string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	at, ok := t.expiry[token]
	return ok && at.After(now)
}

func (t *tokens) revoke() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.expiry)
}

// token returns the body of the token endpoint's answer.
func (s *Sim) token(r *http.Request) ([]byte, *failure) {
	refuse := func(status int, reason, kind string) ([]byte, *failure) {
		return nil, &failure{status: status, reason: reason, message: kind}
	}
	if r.Method != http.MethodPost {
		return refuse(http.StatusMethodNotAllowed, "Method Not Allowed", "invalid_request")
	}
	id, secret, ok := r.BasicAuth()
	// RFC 6749, 2.3.1: clients form-encode both before anything else.
	id, secret = formDecoded(id), formDecoded(secret)
	want := s.opts.Credentials
	if !ok || !same(id, want.ClientID) || !same(secret, want.ClientSecret) {
		return refuse(s.opts.Token.RefusalStatus, "Invalid client_id or client_secret", "invalid_client")
	}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return refuse(http.StatusBadRequest, "The request body is not a form", "invalid_request")
	}
	r.Body = http.MaxBytesReader(nil, r.Body, 1<<16)
	if err := r.ParseForm(); err != nil {
		return refuse(http.StatusBadRequest, "Bad Request", "invalid_request")
	}
	// PostForm, not Form: Zoom ignores the query string.
	if r.PostForm.Get("grant_type") != "account_credentials" {
		return refuse(http.StatusBadRequest, "unsupported grant type", "unsupported_grant_type")
	}
	if !same(r.PostForm.Get("account_id"), want.AccountID) {
		return refuse(http.StatusBadRequest, "Invalid account_id", "invalid_client")
	}
	o := s.opts.Token
	e := encoder{words: s.words}
	e.object("")
	e.str("access_token", s.tokens.issue(hash(s.opts.Seed), s.opts.Now(), o.Life, o.Single))
	e.str("token_type", "bearer")
	e.num("expires_in", int64(o.Life.Seconds()))
	e.str("scope", strings.Join(o.Scopes, " "))
	if !o.NoAPIURL {
		address := o.APIURL
		if address == "" {
			address = "http://" + r.Host
		}
		e.str("api_url", address)
	}
	e.end('}')
	return e.b, nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func formDecoded(s string) string {
	if decoded, err := url.QueryUnescape(s); err == nil {
		return decoded
	}
	return s
}

// authorise checks the token of a request.
func (s *Sim) authorise(r *http.Request) *failure {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return badToken("Invalid access token.")
	}
	if !s.tokens.valid(token, s.opts.Now()) {
		return badToken("Access token is expired.")
	}
	return nil
}

func classicScope(kind zoomapi.Kind) string { return "dashboard_" + string(kind) + "s:read:admin" }

// permit checks that the app has a scope for an endpoint.
func (s *Sim) permit(e endpoint) *failure {
	for _, scope := range []string{"dashboard:read:admin", classicScope(e.kind), e.granular} {
		if slices.Contains(s.opts.Token.Scopes, scope) {
			return nil
		}
	}
	return noScope(e)
}

// noScope returns Zoom's answer to an app without a scope for an endpoint. The
// token endpoint has none.
func noScope(e endpoint) *failure {
	f := &failure{status: http.StatusBadRequest, code: 4711, message: "Invalid access token, does not contain scopes."}
	if e.granular != "" {
		f.message = "Invalid access token, does not contain scopes:[" + classicScope(e.kind) + ", " + e.granular + "]."
	}
	return f
}
