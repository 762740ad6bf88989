package web

import (
	"net/http"
	"slices"
)

func reload(load func() error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := load(); err != nil {
			http.Error(w, "configuration not reloaded, the old one stays: "+err.Error(), http.StatusInternalServerError)
			return
		}
		say(reloaded)(w, r)
	}
}

// notFromPages refuses what a page in a browser has sent, from whatever origin:
// by DNS rebinding another site's page has the same origin as we.
func notFromPages(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, origin := r.Header["Origin"]
		site := r.Header["Sec-Fetch-Site"]
		if origin || len(site) > 0 && !slices.Equal(site, []string{"none"}) {
			http.Error(w, "A page in a browser may not reload the configuration. Send the POST with a program such as curl.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func postOnly(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Allow", http.MethodPost)
	http.Error(w, "Reloading changes something: it takes a POST, such as curl -X POST.", http.StatusMethodNotAllowed)
}

func reloadOff(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "Reloading over HTTP is switched off. Send the exporter SIGHUP, or start it without --no-web.enable-reload.", http.StatusForbidden)
}
