// Package page is the page for people: the accounts' state and budget, and the
// live meetings, those with the worst figures first. It reads snapshots and
// can't poll: looking spends nothing.
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

// Options are what the page shows.
type Options struct {
	// Snapshots are what is known of the accounts, in their order.
	Snapshots func() []poll.Snapshot
	// Version is the exporter's; "" for a build without one.
	Version string
	// Notice is said above everything else; "" for nothing.
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

// New makes the page's handler. It answers GET and HEAD; refresh=off in the
// query keeps the page from renewing itself.
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

// document is what the layout is filled with.
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
		// The error may quote what it stumbled over: a name, a topic.
		h.options.Log.Error("the page could not be rendered; this is a bug of the exporter, its metrics are not concerned")
		http.Error(w, "The page could not be rendered. Metrics are not concerned: see /metrics?poll=0", http.StatusInternalServerError)
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
	_, _ = body.WriteTo(w) // a reader that went away is not our failure
}

// takesGzip reports whether the client names gzip without a weight of zero.
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

// compressed is the page in about a tenth of its size: its lines are much alike.
func compressed(page []byte) bytes.Buffer {
	var body bytes.Buffer
	z := gzip.NewWriter(&body)
	_, _ = z.Write(page) // a buffer takes everything
	_ = z.Close()
	return body
}

// policy allows the page's own style and script, by their hashes, the script's
// request for a fresh page, and nothing else.
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
