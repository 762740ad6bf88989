// Package page renders the status page: the state and the budget of each account,
// and the live meetings, worst first. It only reads snapshots, so viewing it spends
// no requests.
package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
)

// Options configure the page.
type Options struct {
	// Snapshots returns the snapshots of the accounts, in their order.
	Snapshots func() []poll.Snapshot
	// Version is the exporter's version, or empty.
	Version string
	// Notice is shown at the top of the page, unless it is empty.
	Notice string
	Log    *zap.Logger
}

var (
	//go:embed assets/*.gohtml
	templates embed.FS
	//go:embed assets/page.css
	css string
	//go:embed assets/page.js
	js string
)

// New returns a handler for the page. With refresh=off in the query, the page does
// not refresh itself.
func New(o Options) http.Handler {
	return &handler{
		options:  o,
		policy:   policy(),
		template: template.Must(template.New("page.gohtml").Funcs(template.FuncMap{"count": count}).ParseFS(templates, "assets/*.gohtml")),
	}
}

type handler struct {
	options  Options
	policy   string
	template *template.Template
}

// document is the data of the template.
type document struct {
	view
	Notice     string
	CSS        template.CSS
	JS         template.JS
	Refreshing bool
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d := document{
		view:       newView(h.options.Snapshots(), h.options.Version),
		Notice:     h.options.Notice,
		CSS:        template.CSS(css),
		JS:         template.JS(js),
		Refreshing: r.URL.Query().Get("refresh") != "off",
	}
	var body bytes.Buffer
	if err := h.template.Execute(&body, d); err != nil {
		// Do not log the error: it may contain names or topics.
		h.options.Log.Error("rendering the page failed; this is a bug in the exporter, its metrics are not affected")
		http.Error(w, "Rendering the page failed. Metrics are not affected: see /metrics?poll=0", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", h.policy)
	header.Set("Vary", "Accept-Encoding")
	if takesGzip(r.Header) {
		header.Set("Content-Encoding", "gzip")
		body = compressed(body.Bytes())
	}
	header.Set("Content-Length", strconv.Itoa(body.Len()))
	_, _ = body.WriteTo(w) // the client may have disconnected
}

// takesGzip reports whether the client accepts gzip.
func takesGzip(header http.Header) bool {
	for coding := range strings.SplitSeq(strings.Join(header.Values("Accept-Encoding"), ","), ",") {
		name, parameter, _ := strings.Cut(strings.ToLower(coding), ";")
		weight := strings.TrimPrefix(strings.TrimSpace(parameter), "q=")
		refused := weight != "" && strings.Trim(weight, "0.") == ""
		if strings.TrimSpace(name) == "gzip" && !refused {
			return true
		}
	}
	return false
}

// compressed returns the page in gzip, which takes about a tenth of its size.
func compressed(page []byte) bytes.Buffer {
	var body bytes.Buffer
	z := gzip.NewWriter(&body)
	_, _ = z.Write(page) // a buffer cannot fail
	_ = z.Close()
	return body
}

// policy allows only the page's style and script, by their hashes, and the script's
// request for a new page.
func policy() string {
	return strings.Join([]string{
		"default-src 'none'",
		"style-src " + source(css),
		"script-src " + source(js),
		"connect-src 'self'",
		"img-src data:", // the icon
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
	}, "; ")
}

func source(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
