package zoomsim

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
)

// ask sends a request to a simulated Zoom.
func ask(s *Sim, method, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w
}

// The page lists all kinds, endpoints and sites, and all fields.
func TestAdminListsItsActions(t *testing.T) {
	s := New(Options{})
	for _, path := range []string{"/admin/", "/admin"} {
		w := ask(s, "GET", path, "")
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
			t.Errorf("%s: status %d, %s", path, w.Code, w.Header().Get("Content-Type"))
		}
		if w.Body.String() != adminHelp() {
			t.Errorf("%s gives %s", path, w.Body)
		}
	}
	words := strings.FieldsFunc(adminHelp(), func(r rune) bool { return r == ' ' || r == '\n' || r == ',' })
	has := map[string]bool{}
	for _, w := range words {
		has[w] = true
	}
	for _, kind := range FaultKinds() {
		if !has[string(kind)] {
			t.Errorf("the page does not list the fault %s", kind)
		}
	}
	for _, e := range endpointNames() {
		if !has[string(e)] {
			t.Errorf("the page does not list the endpoint %s", e)
		}
	}
	for _, x := range []any{Fault{}, Incident{}} {
		fields := reflect.TypeOf(x)
		for i := range fields.NumField() {
			name, _, _ := strings.Cut(fields.Field(i).Tag.Get("json"), ",")
			if !has[`"`+name+`"`] {
				t.Errorf("the page does not list the field %s", name)
			}
		}
	}
	for _, site := range Sites() {
		if !has[site.Name] {
			t.Errorf("the page does not list the site %s", site.Name)
		}
	}
}

// The examples on the page are valid.
func TestAdminExamples(t *testing.T) {
	for _, a := range actions() {
		s := New(Options{Meetings: 1})
		s.SetIncident(Incident{Name: "storm"})
		method, path, _ := strings.Cut(a.name, " ")
		address := "/admin/" + path + "?" + a.query
		// The example's meeting does not exist.
		uuid := strings.Contains(a.query, "uuid=")
		w := ask(s, method, address, a.body)
		switch {
		case !strings.Contains(adminHelp(), strings.TrimSuffix(address, "?")+"\n") || a.about == "":
			t.Errorf("%s is not on the page", address)
		case uuid && (w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "jSkV+HfTTOK5p/y8yKoSqA==")),
			!uuid && w.Code >= 300:
			t.Errorf("%s %s: status %d, %s", method, address, w.Code, w.Body)
		}
	}
}

// Errors say where all actions are listed.
func TestAdminErrorsPointToTheList(t *testing.T) {
	for _, x := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/admin/nonsense", "", http.StatusNotFound},
		{"GET", "/admin/faults", "", http.StatusNotFound},
		{"POST", "/admin/", "", http.StatusNotFound},
		{"POST", "/admin/end?uuid=x", "", http.StatusNotFound},
		{"POST", "/admin/faults", "{", http.StatusBadRequest},
		{"POST", "/admin/incidents", `{"nmae": "x"}`, http.StatusBadRequest},
		{"POST", "/admin/open", "", http.StatusBadRequest},
	} {
		w := ask(New(Options{}), x.method, x.path, x.body)
		if w.Code != x.status || !strings.Contains(w.Body.String(), "GET /admin/") {
			t.Errorf("%s %s: status %d, %s", x.method, x.path, w.Code, w.Body)
		}
	}
}
