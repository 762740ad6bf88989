package config

import (
	"net/url"
	"strings"
	"time"
)

const defaultAccountName = "default"

// cluster is a set of Zoom's addresses.
type cluster string

const (
	global     cluster = "global"
	government cluster = "government"
)

func (c cluster) apiURL() *url.URL {
	if c == government {
		return &url.URL{Scheme: "https", Host: "api.zoomgov.com", Path: "/v2"}
	}
	return &url.URL{Scheme: "https", Host: "api.zoom.us", Path: "/v2"}
}

func (c cluster) oauthURL() *url.URL {
	if c == government {
		return &url.URL{Scheme: "https", Host: "zoomgov.com", Path: "/oauth/token"}
	}
	return &url.URL{Scheme: "https", Host: "zoom.us", Path: "/oauth/token"}
}

func defaultConfig() *Config {
	return &Config{
		Privacy:  Privacy{Fields: preset(presetDefault), SubnetIPv4: 24, SubnetIPv6: 48},
		Readings: defaultReadings(),
		Metrics:  Metrics{Participants: true},
		Limits: Limits{
			ParticipantsPerAccount: 20_000,
			MaxAge:                 10 * time.Minute,
			BodySize:               16 << 20,
			RequestTimeout:         30 * time.Second,
		},
	}
}

func defaultAccount() Account {
	return Account{
		Plan:     Business,
		Reserve:  0.3,
		TimeZone: time.UTC,
		Weights:  Weights{Bad: 2, Watched: 4},
		Collect: Collect{
			Meetings: true, Webinars: Auto,
			RoomConnector: true, WebGateway: true, CPU: true, WiFi: true,
			ParticipantsList: ParticipantsListWebinars, QoSSummary: true,
		},
	}
}

// config reads the whole file.
func (d *decoder) config(v value) *Config {
	c := defaultConfig()
	o := d.object(v)
	d.read(o, d.sections(c)...)
	if _, ok := o.get("accounts"); !ok && !o.broken {
		v.path = "accounts"
		v.line = max(v.line, 1)
		d.fail(v, "is missing; list at least one account")
	}
	return c
}

// sections are the file's, in the order of reading: readings heed privacy.
func (d *decoder) sections(c *Config) []field {
	return []field{
		{"accounts", func(v value) { c.Accounts = d.accounts(v) }},
		{"privacy", func(v value) { d.privacy(v, &c.Privacy) }},
		{"sites", func(v value) { c.Sites = d.sites(v) }},
		{"readings", func(v value) { d.readings(v, &c.Readings, &c.Privacy.Fields) }},
		{"metrics", func(v value) { d.metrics(v, &c.Metrics) }},
		{"limits", func(v value) { d.limits(v, &c.Limits) }},
		{"probe", func(v value) { d.read(d.object(v), field{"enabled", d.boolean(&c.Probe.Enabled)}) }},
	}
}

func (d *decoder) metrics(v value, m *Metrics) {
	d.read(d.object(v), field{"participants", d.boolean(&m.Participants)})
}

func (d *decoder) limits(v value, l *Limits) {
	d.read(d.object(v),
		field{"participants_per_account", d.integer(&l.ParticipantsPerAccount, 1, 1_000_000)},
		field{"max_age", d.duration(&l.MaxAge, 10*time.Minute, time.Hour)},
		field{"body_size", d.size(&l.BodySize, 64<<10, 1<<30)},
		field{"request_timeout", d.duration(&l.RequestTimeout, time.Second, 5*time.Minute)},
	)
}

func (d *decoder) accounts(v value) []Account {
	values, ok := d.items(v)
	if ok && len(values) == 0 {
		d.fail(v, "is empty; list at least one account")
	}
	accounts := make([]Account, len(values))
	for i, v := range values {
		if v.isNull() {
			d.fail(v, "is empty; write an account or remove the \"-\"")
			continue
		}
		o := d.object(v)
		accounts[i] = d.account(o)
		switch _, named := o.get("name"); {
		case named || o.broken:
		case len(values) == 1:
			accounts[i].Name = defaultAccountName
		default:
			d.fail(v, "has no name; where there are several accounts each needs one of its own")
		}
	}
	d.checkAccounts(accounts, values)
	return accounts
}

// account reads an account of the file or of the environment. Its name may be
// missing. The order matters: what others build upon is read before them.
func (d *decoder) account(o object) Account {
	a := defaultAccount()
	zoom := global
	d.read(o,
		field{"name", d.accountName(&a.Name)},
		field{"account_id", nil}, field{"account_id_file", nil}, field{"account_id_env", nil},
		field{"client_id", nil}, field{"client_id_file", nil}, field{"client_id_env", nil},
		field{"client_secret", nil}, field{"client_secret_file", nil}, field{"client_secret_env", nil},
		field{"cluster", choice(d, &zoom, global, government)},
		field{"allow_http", d.boolean(&a.AllowHTTP)},
		field{"api_url", d.apiURL(o, &a.APIURL, &a.AllowHTTP)},
		field{"oauth_url", d.baseURL(o, &a.OAuthURL, &a.AllowHTTP)},
		field{"plan", choice(d, &a.Plan, Free, Pro, Business, Unlimited)},
		field{"limits", nil},
		field{"reserve", d.share(&a.Reserve)},
		field{"time_zone", d.zone(&a.TimeZone)},
		field{"proxy_url", d.proxyURL(&a.Proxy)},
		field{"ca_file", d.certificates(&a.CA)},
		field{"collect", func(v value) { d.collect(v, &a.Collect) }},
		field{"include", func(v value) { a.Meetings.Include = d.matches(v) }},
		field{"exclude", func(v value) { a.Meetings.Exclude = d.matches(v) }},
		field{"watch", func(v value) { a.Watch = d.matches(v) }},
		field{"weights", func(v value) { d.weights(v, &a.Weights) }},
	)
	a.AccountID = d.credential(o, "account_id")
	a.ClientID = d.credential(o, "client_id")
	a.ClientSecret = d.credential(o, "client_secret")
	a.RateLimits = a.Plan.RateLimits()
	if v, ok := o.get("limits"); ok {
		d.rateLimits(v, &a.RateLimits)
	}
	a.APIURLFixed = a.APIURL != nil
	if a.APIURL == nil {
		a.APIURL = zoom.apiURL()
	}
	if a.OAuthURL == nil {
		a.OAuthURL = zoom.oauthURL()
	}
	return a
}

// accountName reads a name that needs no quoting wherever a label or a URL's
// parameter is written.
func (d *decoder) accountName(p *string) func(value) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
	return func(v value) {
		s, ok := d.text(v)
		switch {
		case !ok:
		case len(s) > 64 || strings.Trim(s, alphabet) != "":
			d.fail(v, "must be 1 to 64 of the letters A-Z and a-z, digits, \"_\", \".\" and \"-\"")
		default:
			*p = s
		}
	}
}

func (d *decoder) rateLimits(v value, l *RateLimits) {
	d.read(d.object(v),
		field{"heavy_per_second", d.integer(&l.HeavyPerSecond, 0, 10_000)},
		field{"resource_intensive_per_minute", d.integer(&l.ResourceIntensivePerMinute, 0, 100_000)},
		field{"per_day", d.integer(&l.PerDay, 0, 100_000_000)},
		field{"heavy_per_day", d.integer(&l.HeavyPerDay, 0, 100_000_000)},
		field{"resource_intensive_per_day", d.integer(&l.ResourceIntensivePerDay, 0, 100_000_000)},
	)
}

func (d *decoder) collect(v value, c *Collect) {
	d.read(d.object(v),
		field{"meetings", d.boolean(&c.Meetings)},
		field{"webinars", choice(d, &c.Webinars, Auto, On, Off)},
		field{"room_connector", d.boolean(&c.RoomConnector)},
		field{"web_gateway", d.boolean(&c.WebGateway)},
		field{"cpu", d.boolean(&c.CPU)},
		field{"wifi", d.boolean(&c.WiFi)},
		field{"participants_list", choice(d, &c.ParticipantsList, ParticipantsListOff, ParticipantsListWebinars, ParticipantsListAll)},
		field{"qos_summary", d.boolean(&c.QoSSummary)},
	)
	if !c.Meetings && c.Webinars == Off {
		d.fail(v, "leaves nothing to collect; switch meetings or webinars on, or remove the account")
	}
}

func (d *decoder) weights(v value, w *Weights) {
	d.read(d.object(v),
		field{"bad", d.number(&w.Bad, 1, 10)},
		field{"watched", d.number(&w.Watched, 1, 10)},
	)
}

// matches reads include, exclude or watch.
func (d *decoder) matches(v value) []Match {
	var matches []Match
	values, _ := d.items(v)
	for _, v := range values {
		o := d.object(v)
		var m Match
		d.read(o,
			field{"id", func(v value) {
				if s, ok := d.text(v); ok {
					if err := m.setID(s); err != nil {
						d.failWith(err, v, "%v", err)
					}
				}
			}},
			field{"host", d.pattern(&m.host)},
			field{"topic", d.pattern(&m.topic)},
		)
		if len(o.keys) == 0 && !o.broken {
			d.fail(v, "has no condition and would match every meeting; give it id, host or topic")
		}
		matches = append(matches, m)
	}
	return matches
}

func (d *decoder) pattern(p **pattern) func(value) {
	return func(v value) {
		switch s, ok := d.text(v); {
		case !ok:
		case len(s) > 1024:
			d.fail(v, "is longer than any name or topic; shorten it to at most 1024 bytes")
		default:
			*p = newPattern(s)
		}
	}
}
