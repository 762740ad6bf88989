package zoomsim

import (
	"fmt"
	"strings"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// adminHelp is the page that lists what can be asked of /admin/.
func adminHelp() string {
	var b strings.Builder
	b.WriteString("What can be done to this simulated Zoom while it runs. Queries and bodies are examples.\n")
	for _, a := range actions() {
		method, path, _ := strings.Cut(a.name, " ")
		address := "/admin/" + path
		if a.query != "" {
			address += "?" + a.query
		}
		fmt.Fprintf(&b, "\n%-6s %s\n", method, address)
		if a.body != "" {
			fmt.Fprintf(&b, "       %s\n", a.body)
		}
		fmt.Fprintf(&b, "       %s\n", a.about)
	}
	fmt.Fprintf(&b, `
A fault's JSON; all but kind may be left out:
  "kind"         what goes wrong, see below
  "endpoint"     whose requests it befalls; all but the token's where it is left out
  "path"         must be part of the request's escaped path
  "probability"  0 to 1, how likely it befalls a request
  "count"        how many requests it befalls before it is over
  "delay"        of latency, such as "1.5s"
  "size"         of huge, in bytes
  "status", "code", "message"   of error; status also of html

Kinds of faults:
%s
Endpoints:
%s
An incident's JSON; its conditions must all hold, and none is for everybody:
  "name"         what it is ended by
  "site"         %s
  "network"      Wired, Wifi, PPP or Cellular
  "user"         a member's id
  "meeting"      a UUID
  "from", "to"   such as "2026-03-02T10:00:00Z"; from now on, until it is ended, where they are left out
  "loss"         0 to 1, added
  "latency_ms", "jitter_ms"   added
  "cpu"          0 to 1, the least that the system's load then is
  "rssi"         dB by which Wi-Fi is weaker
`, listOf(FaultKinds()), listOf(endpointNames()), strings.Join(siteNames(), ", "))
	return b.String()
}

// listOf has a few words a line.
func listOf[T ~string](words []T) string {
	const width = 90
	var b strings.Builder
	column := 0
	for _, w := range words {
		if column > 0 && column+len(w) > width {
			b.WriteString("\n")
			column = 0
		}
		n, _ := fmt.Fprintf(&b, "  %s", w)
		column += n
	}
	b.WriteString("\n")
	return b.String()
}

func endpointNames() []zoomapi.Endpoint {
	names := []zoomapi.Endpoint{zoomapi.OAuthToken}
	for _, kind := range []zoomapi.Kind{zoomapi.Meeting, zoomapi.Webinar} {
		t := endpoints(kind)
		for _, e := range []endpoint{t.list, t.single, t.participants, t.qos, t.person, t.summary} {
			names = append(names, e.name)
		}
	}
	return names
}

func siteNames() []string {
	var names []string
	for _, s := range Sites() {
		names = append(names, s.Name)
	}
	return names
}
