package web

import (
	"net/http"
	"slices"
)

func reload(load func() error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := load(); err != nil {
			http.Error(w, "reloading the configuration failed, the previous one stays in use: "+err.Error(), http.StatusInternalServerError)
			return
		}
		say(reloaded)(w, r)
	}
}

// notFromPages refuses requests from pages in browsers, regardless of their origin:
// with DNS rebinding another site's page has the same origin.
func notFromPages(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, origin := r.Header["Origin"]
		site := r.Header["Sec-Fetch-Site"]
		if origin || len(site) > 0 && !slices.Equal(site, []string{"none"}) {
			http.Error(w, "Pages in browsers cannot reload the configuration. Send the POST request with a program such as curl.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func postOnly(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Allow", http.MethodPost)
	http.Error(w, "Reloading needs a POST request, such as curl -X POST.", http.StatusMethodNotAllowed)
}

func reloadOff(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "Reloading over HTTP is disabled. Send SIGHUP to the exporter, or start it without --no-web.enable-reload.", http.StatusForbidden)
}
