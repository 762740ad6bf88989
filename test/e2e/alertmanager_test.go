package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// labels are an alert's.
type labels map[string]string

// alertmanager is an Alertmanager at work.
type alertmanager struct{ *process }

func startAlertmanager(t *testing.T, config string) alertmanager {
	t.Helper()
	return alertmanager{start(t, exec.Command(program(t, "alertmanager"),
		"--config.file="+config, "--storage.path="+t.TempDir(), "--cluster.listen-address=",
		"--web.listen-address=127.0.0.1:0", "--log.format=json"))}
}

// post gives it alerts, as Prometheus does.
func (a alertmanager) post(alerts ...labels) {
	a.t.Helper()
	var body []map[string]labels
	for _, alert := range alerts {
		body = append(body, map[string]labels{"labels": alert})
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		a.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, a.url("/api/v2/alerts"), bytes.NewReader(encoded))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if status, answer, err := do(client(), req); err != nil || status != http.StatusOK {
		a.t.Fatalf("it does not take %s: %d %s %v", encoded, status, answer, err)
	}
}

// alert is one that Alertmanager holds.
type alert struct {
	Labels labels
	Status struct{ InhibitedBy []string }
}

func (a alertmanager) alerts() (held []alert, err error) {
	a.t.Helper()
	status, body := ask(a.t, http.MethodGet, a.url("/api/v2/alerts"))
	if err := json.Unmarshal([]byte(body), &held); err != nil {
		return nil, fmt.Errorf("its alerts: %d %s", status, body)
	}
	return held, nil
}

func TestAlertmanagerConfig(t *testing.T) {
	t.Parallel()
	file := filepath.Join(alertmanagerDir, "alertmanager.yml")
	amtool(t, "check-config", file)

	var document yaml.Node
	if err := yaml.Unmarshal([]byte(read(t, "deploy/alertmanager/alertmanager.yml")), &document); err != nil {
		t.Fatal(err)
	}
	secret := regexp.MustCompile(`(^|_)(url|key|token|password|secret|credentials)$`)
	for key, value := range scalars(&document) {
		name := key[strings.LastIndex(key, ".")+1:]
		if secret.MatchString(name) {
			t.Errorf("%s is in the file itself, want a file of its own", key)
		}
		if strings.HasSuffix(name, "_file") && filepath.Dir(value) != "/etc/alertmanager/secrets" {
			t.Errorf("%s is %s, which is not in secrets/", key, value)
		}
	}
}

// scalars are a document's values by their paths.
func scalars(node *yaml.Node) map[string]string {
	found := make(map[string]string)
	var walk func(path string, node *yaml.Node)
	walk = func(path string, node *yaml.Node) {
		switch node.Kind {
		case yaml.ScalarNode:
			found[path] = node.Value
		case yaml.MappingNode:
			for i := 0; i < len(node.Content); i += 2 {
				walk(path+"."+node.Content[i].Value, node.Content[i+1])
			}
		default: // a document or a sequence; what an alias names is met elsewhere
			for i, child := range node.Content {
				walk(fmt.Sprintf("%s[%d]", path, i), child)
			}
		}
	}
	walk("", node)
	return found
}

// Who is told of an alert.
func TestAlertRoutes(t *testing.T) {
	t.Parallel()
	const (
		helpdesk, operations = "helpdesk", "operations"
		urgent               = "-urgent"
	)
	team := map[string]string{
		"ZoomMeetingQualityBad":   helpdesk,
		"ZoomSiteQualityBad":      helpdesk,
		"ZoomNetworkQualityBad":   helpdesk,
		"ZoomPanelistsQualityBad": helpdesk,
		"ZoomSiteCPUHigh":         helpdesk,
		"ZoomSiteWiFiWeak":        helpdesk,
		"ZoomAccountDown":         operations,
		"ZoomTokenFailing":        operations,
		"ZoomEndpointFailing":     operations,
		"ZoomDataStale":           operations,
		"ZoomBudgetRunningOut":    operations,
		"ZoomThrottled":           operations,
		"ZoomForeignUseHigh":      operations,
		"ZoomValuesUnparsed":      operations,
		"ZoomReadingsLost":        operations,
		"ZoomExporterDown":        operations,
		"ZoomReloadFailed":        operations,
		"ZoomStoreFailing":        operations,
	}
	for _, name := range slices.Sorted(maps.Keys(team)) {
		for severity, want := range map[string]string{
			"warning":  team[name],
			"critical": team[name] + urgent,
			"info":     "nobody",
		} {
			routed(t, want, "alertname="+name, "severity="+severity, "account=default")
		}
		routed(t, "nobody", "alertname="+name, "severity=critical", "account=demo")
	}
}

// routed says so if an alert goes elsewhere.
func routed(t *testing.T, want string, labels ...string) {
	t.Helper()
	args := []string{"config", "routes", "test", "--config.file=" + filepath.Join(alertmanagerDir, "alertmanager.yml")}
	if got := strings.TrimSpace(amtool(t, append(args, labels...)...)); got != want {
		t.Errorf("%v goes to %s, want %s", labels, got, want)
	}
}

// What mutes what, in a real Alertmanager.
func TestInhibition(t *testing.T) {
	t.Parallel()
	named := func(name string, more ...string) labels {
		l := labels{"alertname": name, "severity": "warning"}
		for i := 0; i < len(more); i += 2 {
			l[more[i]] = more[i+1]
		}
		return l
	}
	for name, tt := range map[string]struct {
		source labels
		muted  []labels
		heard  []labels
	}{
		"exporter down": {
			source: named("ZoomExporterDown", "severity", "critical", "instance", "a"),
			muted: []labels{
				named("ZoomAccountDown", "account", "a", "severity", "critical"), named("ZoomDataStale", "account", "a"),
				named("ZoomTokenFailing", "account", "b"), named("ZoomReadingsLost", "account", "b"),
			},
			heard: []labels{
				named("ZoomSiteQualityBad", "account", "c", "site", "lisbon"), named("ZoomMeetingQualityBad", "account", "c", "meeting", "m"),
				named("ZoomExporterDown", "instance", "b"),
			},
		},
		"account down": {
			source: named("ZoomAccountDown", "severity", "critical", "account", "a"),
			muted: []labels{
				named("ZoomDataStale", "account", "a"), named("ZoomTokenFailing", "account", "a"), named("ZoomEndpointFailing", "account", "a"),
				named("ZoomSiteQualityBad", "account", "a", "site", "lisbon", "severity", "critical"),
				named("ZoomMeetingQualityBad", "account", "a", "meeting", "m"),
			},
			heard: []labels{
				named("ZoomDataStale", "account", "b"), named("ZoomMeetingQualityBad", "account", "b", "meeting", "m"),
				named("ZoomReloadFailed"), named("ZoomAccountDown", "account", "c", "severity", "critical"),
			},
		},
		"site bad": {
			source: named("ZoomSiteQualityBad", "account", "a", "site", "lisbon"),
			muted:  []labels{named("ZoomMeetingQualityBad", "account", "a", "site", "lisbon", "meeting", "m", "severity", "critical")},
			heard: []labels{
				named("ZoomMeetingQualityBad", "account", "a", "meeting", "m"),
				named("ZoomMeetingQualityBad", "account", "a", "site", "berlin", "meeting", "m"),
				named("ZoomMeetingQualityBad", "account", "b", "site", "lisbon", "meeting", "m"),
				named("ZoomSiteWiFiWeak", "account", "a", "site", "lisbon"),
				named("ZoomPanelistsQualityBad", "account", "a", "meeting", "m"),
			},
		},
		"network of a site bad": {
			source: named("ZoomNetworkQualityBad", "account", "a", "site", "lisbon", "network_type", "Wifi"),
			muted:  []labels{named("ZoomMeetingQualityBad", "account", "a", "site", "lisbon", "meeting", "m")},
			heard:  []labels{named("ZoomSiteQualityBad", "account", "a", "site", "lisbon")},
		},
		"network of no site bad": {
			source: named("ZoomNetworkQualityBad", "account", "a", "network_type", "Cellular"),
			heard:  []labels{named("ZoomMeetingQualityBad", "account", "a", "meeting", "m")},
		},
		"the worse of two": {
			source: named("ZoomSiteQualityBad", "account", "a", "site", "lisbon", "severity", "critical"),
			muted:  []labels{named("ZoomSiteQualityBad", "account", "a", "site", "lisbon")},
			heard: []labels{
				named("ZoomSiteQualityBad", "account", "a", "site", "berlin"),
				named("ZoomSiteCPUHigh", "account", "a", "site", "lisbon"),
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			am := startAlertmanager(t, filepath.Join(alertmanagerDir, "alertmanager.yml"))
			all := append(append([]labels{tt.source}, tt.muted...), tt.heard...)
			am.post(all...)
			eventually(t, func() error {
				held, err := am.alerts()
				if err == nil && len(held) != len(all) {
					err = fmt.Errorf("%d alerts held, want %d", len(held), len(all))
				}
				if err != nil {
					return err
				}
				for _, a := range held {
					want := slices.ContainsFunc(tt.muted, func(l labels) bool { return maps.Equal(l, a.Labels) })
					if muted := len(a.Status.InhibitedBy) > 0; muted != want {
						return fmt.Errorf("%v is muted: %t, want %t", a.Labels, muted, want)
					}
				}
				return nil
			})
		})
	}
}
