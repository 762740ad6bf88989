package collector

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors/version"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/difftest"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// label is a label's entry in docs/metrics.md.
type label struct {
	name string
	// of names the metrics that the entry is about; nil stands for all metrics
	// with the label.
	of      []string
	meaning string
	// values are all possible values besides the empty one; nil if there is no
	// fixed set.
	values []string
}

// labels returns the labels of all metrics.
func labels(t *testing.T) []label {
	endpoints := constants(t, "../zoomapi", ofType("Endpoint"))
	tasks := (&poll.Options{
		Settings: live.Settings{
			Meetings: true, Webinars: true,
			ParticipantsLists: map[zoomapi.Kind]bool{zoomapi.Meeting: true, zoomapi.Webinar: true},
		},
		Summaries: true,
	}).Endpoints()
	return []label{
		{name: "account", meaning: "the account's configured name"},
		{name: "meeting", meaning: "UUID of the meeting's or webinar's instance, as Zoom writes it; it may contain `+`, `/` and `=`"},
		{name: "participant", meaning: "Zoom's user_id: one join of one person. A person who rejoins is another participant"},
		{name: "kind", values: constants(t, "../zoomapi", ofType("Kind")), meaning: "whether it is a meeting or a webinar"},
		{name: "media", values: words(medias[:]...), meaning: "what the stream carries; `share` is a screen share"},
		{name: "direction", values: words(directions[:]...), meaning: "seen from the participant; Zoom calls the two input and output"},
		{
			name: "via", values: words(qos.Client, qos.CRC, qos.RWG),
			meaning: "how the participant takes part: with Zoom's own client, from a room system through a Cloud Room Connector, or from a browser through a web gateway",
		},
		{name: "verdict", values: words(readings.Verdicts()...), meaning: "the quality of a reading or a session, by the configured thresholds"},

		{name: "user", meaning: "the person's Zoom ID, the same over rejoins and meetings; empty for guests"},
		{name: "participant_uuid", meaning: "Zoom's participant_uuid, which stays the same when the person rejoins the meeting"},
		{name: "user_name", meaning: "the name shown in the meeting"},
		{name: "email", meaning: "the person's e-mail address"},
		{name: "ip_address", meaning: "the person's public IP address"},
		{name: "internal_ip_address", meaning: "the first IP address of the person's machine in its local network"},
		{name: "pc_name", meaning: "the name of the person's machine"},
		{name: "domain", meaning: "the domain of the person's machine"},
		{name: "location", meaning: "the location that Zoom derives from the public address"},
		{name: "site", meaning: "the configured site that contains the person's addresses"},
		{name: "device", meaning: "the kind of device"},
		{name: "os", meaning: "the device's operating system"},
		{name: "os_version", meaning: "the version of the operating system"},
		{name: "client", meaning: "the kind of client"},
		{name: "client_version", meaning: "the version of the client; for counted readings only its leading parts, as configured"},
		{name: "network_type", meaning: "the device's connection, such as wired or Wi-Fi, in Zoom's words"},
		{name: "connection_type", meaning: "the protocol between client and Zoom"},
		{name: "data_center", meaning: "the Zoom data center that the client is connected to"},
		{name: "role", of: []string{participantInfo.name}, meaning: "the person's role, in Zoom's words; empty unless `participants_list` covers the meeting"},

		{
			name: "role", of: []string{meetingSpeakers.name}, values: words(live.Host, live.Panelist),
			meaning: "`host` includes co-hosts",
		},
		{name: "load", values: []string{loadNormal, loadHigh}, meaning: "the CPU load of the person's machine, by `zoom_threshold_cpu_ratio`"},
		{name: "signal", values: []string{signalGood, signalWeak}, meaning: "the Wi-Fi signal, by `zoom_threshold_wifi_rssi_dbm`"},

		{name: "meeting_id", meaning: "the number that people dial"},
		{name: "topic", meaning: "the meeting's topic"},
		{name: "host", meaning: "the name of the meeting's host"},
		{name: "department", meaning: "the host's department"},

		{name: "table", values: []string{tableReadings, tableHistograms}, meaning: "the table of label sets that was full: `readings` is for readings and sessions"},
		{name: "collapsed", values: []string{collapsedNetworkType, collapsedAll}, meaning: "the dimensions that were counted as `other`: `network_type` collapses first"},
		{
			name: "reason", of: []string{participantLost.name}, values: words(readings.Reasons()...),
			meaning: "why the minutes were lost; see [readings.md](readings.md#the-last-minutes-of-a-meeting)",
		},
		{name: "task", values: words(tasks...), meaning: "an endpoint that the exporter polls"},
		{name: "field", meaning: "the field in Zoom's answer"},
		{
			name: "reason", of: []string{parseFailures.name},
			values:  slices.Concat(constants(t, "../parse", withPrefix("Reason")), constants(t, "../live", withPrefix("reasonMissing"))),
			meaning: "the kind of error",
		},
		{
			name: "reason", of: []string{participantsDropped.name}, values: constants(t, "../live", withPrefix("Dropped")),
			meaning: "`degraded_limit`: beyond the number of people [that the mode `degraded` shows](#modes-of-participants); `limit`: above `limits.participants_per_account`; `no_id`: the row does not identify a participant; `unreadable`: the row could not be decoded",
		},
		{name: "endpoint", values: endpoints, meaning: "a Zoom endpoint, named after its granular scope if it has its own; only probes use those of a single meeting or participant"},
		{name: "code", meaning: "the HTTP status; 0 if no answer arrived"},
		{
			name: "reason", of: []string{apiFailuresName}, values: constants(t, "../zoomapi", ofType("Reason")),
			meaning: "the class of failure; the log has the error itself",
		},
		{name: "pool", values: constants(t, "../budget", ofType("Pool")), meaning: "one of Zoom's rate limits; the last two apply to the Free plan, which has separate daily limits for the two classes of requests"},

		{
			name: "reason", of: []string{probeFailureInfo.name}, values: constants(t, "../poll", ofType("ProbeFailure")),
			meaning: "why the probe failed; see [probe.md](probe.md#what-it-answers)",
		},

		{name: "mode", values: words(qos.ParticipantsModes()...), meaning: "which participants have series: [modes of participants](#modes-of-participants)"},
		{name: "version", meaning: "the exporter's version"},
		{name: "revision", meaning: "the commit it was built from"},
		{name: "branch", meaning: "the branch it was built from"},
		{name: "goversion", meaning: "the version of Go it was built with"},
		{name: "goos", meaning: "the operating system it was built for"},
		{name: "goarch", meaning: "the processor it was built for"},
		{name: "tags", meaning: "the build tags it was built with"},
	}
}

func words[T any](constants ...T) []string {
	words := make([]string, len(constants))
	for i, c := range constants {
		words[i] = fmt.Sprint(c)
	}
	return words
}

// constants returns the values of a package's string constants that wanted
// selects, in source order.
func constants(t *testing.T, directory string, wanted func(name, typ string) bool) (values []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(directory, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			if d, ok := declaration.(*ast.GenDecl); ok && d.Tok == token.CONST {
				values = append(values, literals(d, wanted)...)
			}
		}
	}
	if len(values) == 0 {
		t.Fatalf("%s has none of the constants", directory)
	}
	return values
}

func literals(declaration *ast.GenDecl, wanted func(name, typ string) bool) (values []string) {
	for _, spec := range declaration.Specs {
		s := spec.(*ast.ValueSpec)
		var typ string
		if named, ok := s.Type.(*ast.Ident); ok {
			typ = named.Name
		}
		for i, value := range s.Values {
			literal, ok := value.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING || !wanted(s.Names[i].Name, typ) {
				continue
			}
			if text, err := strconv.Unquote(literal.Value); err == nil {
				values = append(values, text)
			}
		}
	}
	return values
}

func ofType(wanted string) func(name, typ string) bool {
	return func(_, typ string) bool { return typ == wanted }
}

func withPrefix(prefix string) func(name, typ string) bool {
	return func(name, _ string) bool { return strings.HasPrefix(name, prefix) }
}

func (l *label) String() string {
	if l.of == nil {
		return l.name
	}
	return l.name + " of " + strings.Join(l.of, ", ")
}

// covers reports whether the entry describes the metric's label.
func (l *label) covers(m *metric, name string) bool {
	return l.name == name && (l.of == nil || slices.Contains(l.of, m.name))
}

// gaps returns the labels of metrics that have no entry or several, and the
// entries that describe no label.
func gaps(metrics []*metric, entries []label) (gaps []string) {
	used := make([]bool, len(entries))
	for _, m := range metrics {
		for _, name := range m.labels {
			found := 0
			for i := range entries {
				if entries[i].covers(m, name) {
					used[i] = true
					found++
				}
			}
			if found != 1 {
				gaps = append(gaps, fmt.Sprintf("the label %s of %s has %d entries, want 1", name, m.name, found))
			}
		}
	}
	for i, ok := range used {
		if !ok {
			gaps = append(gaps, "no metric has the label "+entries[i].String())
		}
	}
	return gaps
}

func TestEveryLabelIsExplained(t *testing.T) {
	for _, gap := range gaps(documented(), labels(t)) {
		t.Error(gap)
	}
}

func TestGaps(t *testing.T) {
	kept := gauge("kept", "", "kind", "reason")
	other := gauge("other", "", "reason")
	account, kind, reason := label{name: "account"}, label{name: "kind"}, label{name: "reason"}
	ofKept, ofOther := label{name: "reason", of: []string{"kept"}}, label{name: "reason", of: []string{"other"}}
	for name, x := range map[string]struct {
		entries []label
		want    []string
	}{
		"none":            {[]label{account, kind, reason}, nil},
		"none, by metric": {[]label{account, kind, ofKept, ofOther}, nil},
		"renamed label": {
			[]label{account, {name: "kinds"}, reason},
			[]string{"the label kind of kept has 0 entries, want 1", "no metric has the label kinds"},
		},
		"only of one metric": {[]label{account, kind, ofKept}, []string{"the label reason of other has 0 entries, want 1"}},
		"two entries":        {[]label{account, kind, ofOther, reason}, []string{"the label reason of other has 2 entries, want 1"}},
		"renamed metric": {
			[]label{account, kind, reason, {name: "reason", of: []string{"gone"}}},
			[]string{"no metric has the label reason of gone"},
		},
	} {
		if diff := difftest.Diff(x.want, gaps([]*metric{kept, other}, x.entries)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// The series of a busy company have no labels or values that docs/metrics.md does
// not list.
func TestLabelsHaveTheirValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		api := NewAPIMetrics()
		bed := testbed.New(t, testbed.Options{
			Sim:      zoomsim.Options{Seed: 5, Meetings: 12, Webinars: 2, History: 20, Moods: zoomsim.Moods{Odd: 0.05}},
			Observer: api.Observer("test"),
		})
		api.Expect("test", slices.Concat(bed.Options.Endpoints(), bed.Options.ProbeEndpoints()))
		c := New(bed)
		c.Refresh(t.Context())
		r := prometheus.NewRegistry()
		r.MustRegister(c, api, version.NewCollector("zoom_exporter"))
		families, err := r.Gather()
		if err != nil {
			t.Fatal(err)
		}
		metrics, entries := documented(), labels(t)
		seen := make(map[string]bool)
		for _, family := range families {
			i := slices.IndexFunc(metrics, func(m *metric) bool { return m.name == family.GetName() })
			if i < 0 {
				t.Errorf("the reference does not tell of %s", family.GetName())
				continue
			}
			m := metrics[i]
			for _, series := range family.Metric {
				for _, pair := range series.Label {
					name, value := pair.GetName(), pair.GetValue()
					seen[name+" "+value] = true
					if !slices.Contains(m.labels, name) {
						t.Fatalf("%s has a label %s that the reference does not tell of", m.name, name)
					}
					i := slices.IndexFunc(entries, func(l label) bool { return l.covers(m, name) })
					if i < 0 {
						t.Fatalf("the reference does not explain the label %s of %s", name, m.name)
					}
					if values := entries[i].values; values != nil && value != "" && !slices.Contains(values, value) {
						t.Errorf("the label %s of %s is %q, which is not among %q", name, m.name, value, values)
					}
				}
			}
		}
		for _, want := range []string{"via crc", "via rwg", "media share", "direction sent", "kind webinar", "verdict bad", "reason plan", "endpoint meeting", "pool per_day", "table histograms"} {
			if !seen[want] {
				t.Errorf("no series has %s: the test proves little", want)
			}
		}
	})
}
