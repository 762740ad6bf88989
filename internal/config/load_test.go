package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"maps"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/plan"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func TestDefaults(t *testing.T) {
	c := mustLoad(t, account(""))
	a := c.Accounts[0]
	if a.APIURL.String() != "https://api.zoom.us/v2" || a.OAuthURL.String() != "https://zoom.us/oauth/token" {
		t.Errorf("addresses are %v and %v", a.APIURL, a.OAuthURL)
	}
	a.APIURL, a.OAuthURL = nil, nil
	want := Account{
		Name: "default", AccountID: "a", ClientID: "c", ClientSecret: secretWord,
		Plan:       budget.Business,
		RateLimits: budget.Limits{HeavyPerSecond: 40, ResourceIntensivePerMinute: 20, PerDay: 60_000},
		Reserve:    0.3, TimeZone: time.UTC,
		Weights: plan.Weights{Bad: 2, Watched: 4},
		Collect: Collect{
			Meetings: true, Webinars: Auto, RoomConnector: true, WebGateway: true,
			CPU: true, WiFi: true, ParticipantsList: ParticipantsListLarge, QoSSummary: true,
		},
	}
	if !reflect.DeepEqual(a, want) {
		t.Errorf("account\n%+v, want\n%+v", a, want)
	}
	wantPrivacy := qos.Privacy{
		User: qos.Hash, UserName: qos.Drop, Email: qos.Hash, Topic: qos.Drop, Host: qos.Drop,
		IPAddress: qos.Drop, InternalIPAddress: qos.Drop, PCName: qos.Drop, Domain: qos.Drop,
		MeetingID: qos.Plain, Department: qos.Plain, Location: qos.Plain, Device: qos.Plain,
		SubnetIPv4: 24, SubnetIPv6: 48,
	}
	if !reflect.DeepEqual(c.Privacy, wantPrivacy) || c.HashKey != "" {
		t.Errorf("privacy %+v, want %+v", c.Privacy, wantPrivacy)
	}
	wantReadings := readings.Config{
		Thresholds: qos.Thresholds{
			Latency: qos.Bounds{Good: 0.150, Fair: 0.300, Poor: 0.500},
			Jitter:  qos.Bounds{Good: 0.040, Fair: 0.060, Poor: 0.100},
			Loss:    qos.Bounds{Good: 0.02, Fair: 0.05, Poor: 0.10},

			Degraded: 0.3, CPU: 0.95, WiFi: -75,
		},
		Dimensions: []readings.Dimension{readings.Site, readings.NetworkType}, HistogramDimensions: []readings.Dimension{readings.Site},
		VersionDepth: 2, MaxSets: 12_000, MaxHistogramSets: 3000, Hold: 130 * time.Second,
	}
	if !reflect.DeepEqual(c.Readings, wantReadings) {
		t.Errorf("readings %+v, want %+v", c.Readings, wantReadings)
	}
	wantLimits := Limits{ParticipantsPerAccount: 20_000, MaxAge: 10 * time.Minute, BodySize: 16 << 20, RequestTimeout: 30 * time.Second}
	if c.Limits != wantLimits {
		t.Errorf("limits %+v, want %+v", c.Limits, wantLimits)
	}
	if c.Sites != nil || c.Warnings != nil {
		t.Errorf("sites %v, warnings %v", c.Sites, c.Warnings)
	}
}

func TestResolved(t *testing.T) {
	c, err := loadText(t, `
accounts:
- name: eu.main_1-a
  account_id_env: ID
  client_id: 0123
  client_secret: "`+secretWord+`"
  cluster: government
  oauth_url: http://127.0.0.1:8080/oauth/token/
  plan: free
  limits: {heavy_per_second: 2, per_day: 1_000}
  reserve: 12.5%
  time_zone: Europe/Berlin
  proxy_url: http://me:`+secretWord+`@proxy.example.com:3128
  collect: {meetings: no, webinars: true, room_connector: off, web_gateway: false, cpu: No, wifi: FALSE, participants_list: false, qos_summary: no}
  include: [{id: 932-0123 5621, topic: "All*"}]
  exclude: [{host: "*@example.com"}]
privacy:
  fields: {topic: drop, ip_address: subnet}
  preset: helpdesk
  subnet: {ipv4: 16}
sites:
- {name: Berlin Mitte, internal: [10.10.0.0/16], public: [198.51.100.0/24, "2001:db8::/32"]}
limits: {participants_per_account: 5, max_age: 45m, body_size: 1 MiB, request_timeout: 1s}
`, env("ID", "from-variable"))
	if err != nil {
		t.Fatal(err)
	}
	a := c.Accounts[0]
	for _, x := range []struct {
		what      string
		got, want any
	}{
		{"name", a.Name, "eu.main_1-a"},
		{"account id", a.AccountID.Reveal(), "from-variable"},
		{"client id", a.ClientID.Reveal(), "0123"},
		{"api", a.APIURL.String(), "https://api.zoomgov.com/v2"},
		{"api fixed", a.APIURLFixed, false},
		{"oauth", a.OAuthURL.String(), "http://127.0.0.1:8080/oauth/token"},
		{"rate limits", a.RateLimits, budget.Limits{HeavyPerSecond: 2, ResourceIntensivePerMinute: 10, PerDay: 1_000, HeavyPerDay: 1_000, ResourceIntensivePerDay: 30_000}},
		{"reserve", a.Reserve, 0.125},
		{"time zone", a.TimeZone.String(), "Europe/Berlin"},
		{"proxy", a.Proxy.Reveal().String(), "http://me:" + secretWord + "@proxy.example.com:3128"},
		{"collect", a.Collect, Collect{Webinars: On, ParticipantsList: ParticipantsListOff}},
		{"included", a.Meetings.Keeps(&zoomapi.Live{ID: "93201235621", Topic: "ALL HANDS"}), true},
		{"not included", a.Meetings.Keeps(&zoomapi.Live{ID: "93201235621", Topic: "Hands"}), false},
		{"excluded", a.Meetings.Keeps(&zoomapi.Live{ID: "93201235621", Topic: "All", Email: "x@example.com"}), false},
		{"user name", c.Privacy.UserName, qos.Plain},
		{"email", c.Privacy.Email, qos.Plain},
		{"host", c.Privacy.Host, qos.Plain},
		{"topic", c.Privacy.Topic, qos.Drop},
		{"address", c.Privacy.IPAddress, qos.Subnet},
		{"user", c.Privacy.User, qos.Hash},
		{"ipv4", c.Privacy.SubnetIPv4, 16},
		{"ipv6", c.Privacy.SubnetIPv6, 48},
		{"sites", c.Sites, qos.Sites{{
			Site:     "Berlin Mitte",
			Internal: []netip.Prefix{netip.MustParsePrefix("10.10.0.0/16")},
			Public:   []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("2001:db8::/32")},
		}}},
		{"limits", c.Limits, Limits{ParticipantsPerAccount: 5, MaxAge: 45 * time.Minute, BodySize: 1 << 20, RequestTimeout: time.Second}},
	} {
		if !reflect.DeepEqual(x.got, x.want) {
			t.Errorf("%s is %v, want %v", x.what, x.got, x.want)
		}
	}
}

func TestPlans(t *testing.T) {
	for plan, want := range map[budget.Plan]budget.Limits{
		budget.Free:      {HeavyPerSecond: 1, ResourceIntensivePerMinute: 10, HeavyPerDay: 1_000, ResourceIntensivePerDay: 30_000},
		budget.Pro:       {HeavyPerSecond: 10, ResourceIntensivePerMinute: 10, PerDay: 30_000},
		budget.Business:  {HeavyPerSecond: 40, ResourceIntensivePerMinute: 20, PerDay: 60_000},
		budget.Unlimited: {},
	} {
		c := mustLoad(t, account("plan: "+string(plan)))
		if got := c.Accounts[0].RateLimits; got != want {
			t.Errorf("%s: %+v, want %+v", plan, got, want)
		}
	}
}

// Comparing configurations shows whether an account has changed.
func TestSameFileSameConfig(t *testing.T) {
	text := account(`time_zone: Europe/Berlin, proxy_url: "http://proxy.example.com:1", include: [{topic: x}]`) +
		"sites: [{name: a, public: [203.0.113.0/24]}]"
	a, b := mustLoad(t, text), mustLoad(t, text)
	a.Warnings, b.Warnings = nil, nil
	if !reflect.DeepEqual(a, b) {
		t.Errorf("%+v differs from %+v", a, b)
	}
}

func TestYAML(t *testing.T) {
	const tabbedLine = "is not valid YAML: the line is indented with a tab; YAML requires spaces"
	for name, x := range map[string]struct {
		text string
		want []string // prefixes of the errors
	}{
		"aliases":           {"accounts:\n- &a {name: a, " + credentials + ", collect: &c {cpu: false}}\n- {name: b, account_id: b, client_id: c, client_secret: d, collect: *c}\n", nil},
		"empty sections":    {account("limits: , collect: , include: ") + "privacy:\nsites:\nlimits:\n", nil},
		"byte order mark":   {"\ufeff" + account(""), nil},
		"CRLF":              {strings.ReplaceAll(account(""), "\n", "\r\n"), nil},
		"document marks":    {"---\n" + account("") + "...\n", nil},
		"nothing":           {"", []string{"config.yaml:1:1: accounts: is missing; list at least one account"}},
		"a comment":         {"# nothing\n", []string{"config.yaml:1"}},
		"null":              {"\n~", []string{"config.yaml:2:1: accounts: is missing"}},
		"a list":            {"- a\n", []string{"config.yaml:1:1: must be a mapping"}},
		"no account":        {"accounts: []\n", []string{"config.yaml:1:11: accounts: is empty; list at least one"}},
		"null accounts":     {"accounts:\n", []string{"config.yaml:1:10: accounts: is empty; list at least one"}},
		"empty account":     {"accounts: [~]\n", []string{"config.yaml:1:12: accounts[0]: is empty; write an account"}},
		"two documents":     {account("") + "---\n" + account(""), []string{"config.yaml:3:1: a second document begins"}},
		"broken second":     {account("") + "---\n{", []string{"config.yaml:"}},
		"unclosed":          {"accounts:\n  - {", []string{"config.yaml:2: is not valid YAML"}},
		"tab":               {"accounts:\n\t- a", []string{"config.yaml:2:1: " + tabbedLine}},
		"tab in a mapping":  {"accounts:\n  - name: a\n    plan: pro\n\treserve: 30%\n", []string{"config.yaml:4:1: " + tabbedLine}},
		"tab after spaces":  {"privacy:\n  preset: helpdesk\n  \tfields: {}\n", []string{"config.yaml:3:3: " + tabbedLine}},
		"tab after a dash":  {"accounts:\n  -\tname: a\n    plan: pro\n", []string{"config.yaml:2:4: " + tabbedLine}},
		"tab further down":  {"limits:\n  max_age: 10m\n\n# \tno indentation\n\n\tbody_size: 1MiB\n", []string{"config.yaml:6:1: " + tabbedLine}},
		"tab at the start":  {"\tprivacy: {}\n", []string{"config.yaml:1:1: " + tabbedLine}},
		"tabs elsewhere":    {"accounts:\n- { account_id: a,\n\tclient_id:\tc,\n\tclient_secret: s }\t# ok\n", nil},
		"another error":     {"accounts:\n- name: @\n\t- a\n", []string{"config.yaml:2: is not valid YAML: found character that cannot start any token"}},
		"control character": {"accounts:\n\n- name: \x01", []string{"config.yaml:3: is not valid YAML: control characters are not allowed"}},
		"invalid UTF-8":     {"accounts:\n- name: \xff", []string{"config.yaml:2: is not valid YAML"}},
		"secret with star":  {"accounts:\n- client_secret: *" + secretWord, []string{"config.yaml:2: is not valid YAML: a value begins with *"}},
		"secret with and": {"accounts:\n- {account_id: a, client_id: c, client_secret: &" + secretWord + " }",
			[]string{"config.yaml:2:48: accounts[0].client_secret: is empty; set it to text (in quotes, if it begins with one of &"}},
		"self": {"accounts: &a [*a]", []string{"config.yaml:1:11: accounts[0]: must be a mapping"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := loadText(t, x.text, nil)
			got := errorLines(t, err)
			if !slices.EqualFunc(got, x.want, strings.HasPrefix) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(x.want, "\n"))
			}
			if strings.Contains(strings.Join(got, ""), secretWord) {
				t.Error("a message contains a secret")
			}
		})
	}
}

func TestUnreadableFiles(t *testing.T) {
	dir := t.TempDir()
	big := write(t, dir, "big.yaml", strings.Repeat("#", maxConfig+1))
	for _, path := range []string{filepath.Join(dir, "missing.yaml"), dir, big} {
		_, err := Load(path, nil)
		var one *Error
		if !errors.As(err, &one) || one.File != path || one.Err == nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := Load(filepath.Join(dir, "missing.yaml"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
}

func TestCredentialFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "id", "an-id\n")
	write(t, dir, "windows", "a-client\r\n")
	secret := write(t, dir, "secret", secretWord)
	write(t, dir, "key", strings.Repeat("k", 32)+"\n")
	path := write(t, dir, "config.yaml", `
accounts:
- {account_id_file: id, client_id_file: ./windows, client_secret_file: `+secret+`}
privacy: {key_file: key}`)
	c, err := Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := c.Accounts[0]
	if a.AccountID != "an-id" || a.ClientID != "a-client" || a.ClientSecret != secretWord || c.HashKey.Reveal() != strings.Repeat("k", 32) {
		t.Errorf("got %q %q %q %q", a.AccountID.Reveal(), a.ClientID.Reveal(), a.ClientSecret.Reveal(), c.HashKey.Reveal())
	}

	write(t, dir, "empty", "\n\n")
	write(t, dir, "two", "one\ntwo\n")
	write(t, dir, "huge", strings.Repeat("x", maxSecret+1))
	for file, want := range map[string]string{
		"nowhere": "cannot be read: no such file",
		".":       "cannot be read: it is a directory",
		"empty":   "the file is empty",
		"two":     "contains white space",
		"huge":    "it is larger than 64 KiB",
	} {
		path := write(t, dir, "config.yaml", "accounts:\n- account_id: a\n  client_id: c\n  client_secret_file: "+file)
		_, err := Load(path, nil)
		got := errorLines(t, err)
		if len(got) != 1 || !strings.HasPrefix(got[0], "config.yaml:4:23: accounts[0].client_secret_file: ") || !strings.Contains(got[0], want) {
			t.Errorf("%s: %q", file, got)
		}
	}
}

func TestCertificates(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: day, NotAfter: day.AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	good := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	dir := t.TempDir()
	write(t, dir, "good.pem", "a comment\n"+string(good))
	write(t, dir, "bad.pem", string(good)+string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der[:40]})))
	c, err := Load(write(t, dir, "config.yaml", account("ca_file: good.pem")), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cert.Verify(x509.VerifyOptions{Roots: c.Accounts[0].RootCAs(), CurrentTime: day}); err != nil {
		t.Errorf("the certificate is not among the roots: %v", err)
	}
	if mustLoad(t, account("")).Accounts[0].RootCAs() != nil {
		t.Error("roots without ca_file")
	}
	_, err = Load(write(t, dir, "config.yaml", account("ca_file: bad.pem")), nil)
	if got := errorLines(t, err); len(got) != 1 || !strings.Contains(got[0], "certificate 2 of the file cannot be read") {
		t.Errorf("errors: %q", got)
	}
}

func TestWarnings(t *testing.T) {
	zoom := env("ZOOM_ACCOUNT_ID", "x", "ZOOM_CLIENT_SECRET_FILE", "/y", "ZOOM_PLAN", "")
	c, err := loadText(t, account(""), zoom)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "are ignored: ZOOM_ACCOUNT_ID, ZOOM_CLIENT_SECRET_FILE; refer") {
		t.Errorf("warnings: %q", c.Warnings)
	}
	c, err = loadText(t, "accounts: [{account_id_env: ZOOM_ACCOUNT_ID, client_id: c, client_secret_env: S}]", env("ZOOM_ACCOUNT_ID", "x", "S", "y"))
	if err != nil || len(c.Warnings) != 0 {
		t.Errorf("a variable that the file asks for: %v, %v", c, err)
	}

	if runtime.GOOS == "windows" {
		return
	}
	readable := func(text string) []string {
		path := write(t, t.TempDir(), "config.yaml", text)
		if err := os.Chmod(path, 0o644); err != nil { //nolint:gosec // what the warning is about
			t.Fatal(err)
		}
		c, err := Load(path, env("S", "y"))
		if err != nil {
			t.Fatal(err)
		}
		return c.Warnings
	}
	if got := readable(account("")); len(got) != 1 || !strings.Contains(got[0], "config.yaml:2: accounts[0].client_secret is a secret") || strings.Contains(got[0], secretWord) {
		t.Errorf("warnings: %q", got)
	}
	noSecret := "accounts: [{account_id: a, client_id: c, client_secret_env: S"
	if got := readable(noSecret + ", proxy_url: 'http://a:b@proxy.example.com'}]"); len(got) != 1 || !strings.Contains(got[0], "proxy_url is a secret") {
		t.Errorf("warnings: %q", got)
	}
	if got := readable(noSecret + "}]"); len(got) != 0 {
		t.Errorf("warnings: %q", got)
	}
}

// Each section of the file replaces the program's, and starts from the exporter's
// defaults.
func TestLoadOver(t *testing.T) {
	own := func() *Config {
		c := defaultConfig()
		c.Accounts = []Account{{Name: "own"}}
		c.Privacy = qos.Privacy{Topic: qos.Plain, Department: qos.Plain, Device: qos.Plain}
		c.HashKey, c.Sites = "a key of its own", qos.Sites{{Site: "own"}}
		c.Readings.VersionDepth, c.Metrics.Participants = 4, qos.NoParticipants
		c.Limits.ParticipantsPerAccount, c.Probe.Enabled = 7, true
		return c
	}
	tests := map[string]func(*Config){
		"":            func(*Config) {},
		"privacy: {}": func(c *Config) { c.Privacy, c.HashKey = defaultConfig().Privacy, "" },
		"privacy: {fields: {host: plain}}": func(c *Config) {
			c.Privacy, c.HashKey = defaultConfig().Privacy, ""
			c.Privacy.Host = qos.Plain
		},
		"sites:":                        func(c *Config) { c.Sites = nil },
		"readings: {max_label_sets: 9}": func(c *Config) { c.Readings = readings.DefaultConfig(); c.Readings.MaxSets = 9 },
		"readings: {dimensions: [os]}": func(c *Config) {
			c.Readings = readings.DefaultConfig()
			c.Readings.Dimensions = []readings.Dimension{readings.OS}
		},
		"metrics: {}":                          func(c *Config) { c.Metrics.Participants = qos.AllParticipants },
		"limits: {max_age: 20m}":               func(c *Config) { c.Limits = defaultConfig().Limits; c.Limits.MaxAge = 20 * time.Minute },
		"probe: {}":                            func(c *Config) { c.Probe.Enabled = false },
		"metrics: {participants: true}\n# end": func(c *Config) { c.Metrics.Participants = qos.AllParticipants },
	}
	for _, section := range schema() {
		tested := func(text string) bool { return strings.HasPrefix(text, section.key+":") }
		if section.key != "accounts" && !slices.ContainsFunc(slices.Collect(maps.Keys(tests)), tested) {
			t.Errorf("%s is not tested", section.key)
		}
	}
	for text, change := range tests {
		want := own()
		change(want)
		got, err := LoadOver(own(), write(t, t.TempDir(), "config.yaml", text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v\n%+v, want\n%+v", text, err, got, want)
		}
	}
	for text, want := range map[string]string{
		account(""):   "config.yaml:2:1: accounts: cannot be set here",
		"acounts: []": "config.yaml:1:1: acounts: unknown key; did you mean accounts?",
		"privacy: {fields: {device: drop}}\nreadings: {dimensions: [os]}": "config.yaml:2:25: readings.dimensions[0]: os is hidden by privacy.fields.device: drop",
		"probe: {": "config.yaml:1: is not valid YAML",
	} {
		_, err := LoadOver(own(), write(t, t.TempDir(), "config.yaml", text))
		if got := errorLines(t, err); len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("%q: %q", text, got)
		}
	}
	if _, err := LoadOver(own(), filepath.Join(t.TempDir(), "missing.yaml")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
}
