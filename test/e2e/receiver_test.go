package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// receiver is a chat and a pager, to which Alertmanager sends.
type receiver struct {
	url string

	mu   sync.Mutex
	told []string // a message each: where, and what is read there
}

func receive(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /chat", func(w http.ResponseWriter, req *http.Request) {
		var message struct {
			Channel     string
			Attachments []struct{ Title, Text string }
		}
		if !r.decoded(w, req, &message) {
			return
		}
		for _, a := range message.Attachments {
			r.take(message.Channel, a.Title, a.Text)
		}
		_, _ = io.WriteString(w, "ok") // as Slack says
	})
	mux.HandleFunc("POST /pager", func(w http.ResponseWriter, req *http.Request) {
		var message struct {
			Status       string
			CommonLabels labels
		}
		if r.decoded(w, req, &message) {
			r.take("pager", "["+message.Status+"] ", fmt.Sprint(message.CommonLabels))
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

func (r *receiver) decoded(w http.ResponseWriter, req *http.Request, message any) bool {
	err := json.NewDecoder(req.Body).Decode(message)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
	return err == nil
}

func (r *receiver) take(place, title, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, place+" "+title+"\n"+text)
}

func (r *receiver) messages() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.told)
}

// read says so if there is no message at a place, with a state at its title's
// beginning, that holds all of the words.
func (r *receiver) read(place, state string, words ...string) error {
	all := r.messages()
	for _, message := range all {
		without := func(word string) bool { return !strings.Contains(message, word) }
		if strings.HasPrefix(message, place+" "+state) && !slices.ContainsFunc(words, without) {
			return nil
		}
	}
	return fmt.Errorf("no message %s at %s holds %q: %q", state, place, words, all)
}
