package zoomsim

import (
	"fmt"
	"strings"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// adminHelp returns the page that lists the actions of /admin/.
func adminHelp() string {
	var b strings.Builder
	b.WriteString("Actions that change this simulated Zoom while it runs. Queries and bodies are examples.\n")
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
The JSON of a fault; everything except kind is optional:
  "kind"         what goes wrong; see below
  "endpoint"     the endpoint affected; default: all except oauth_token
  "path"         a part of the request's escaped path
  "probability"  of affecting a request, 0 to 1; default: always
  "count"        the number of requests affected; default: no limit
  "delay"        for latency, such as "1.5s"
  "size"         for huge, in bytes
  "status", "code", "message"   for error; status also for html

Kinds of faults:
%s
Endpoints:
%s
The JSON of an incident; it affects the people who meet all conditions, by default everybody:
  "name"         to replace or end it by
  "site"         %s
  "network"      Wired, Wifi, PPP or Cellular
  "user"         the id of an account member
  "meeting"      a UUID
  "from", "to"   such as "2026-03-02T10:00:00Z"; default: from now until it is ended
  "loss"         added packet loss, 0 to 1
  "latency_ms", "jitter_ms"   added latency and jitter
  "cpu"          the lowest load of the system, 0 to 1
  "rssi"         dB by which the Wi-Fi signal is weaker
`, listOf(FaultKinds()), listOf(endpointNames()), strings.Join(siteNames(), ", "))
	return b.String()
}

// listOf returns the words in indented lines.
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
