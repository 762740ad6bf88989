package config

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/plan"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

const defaultAccountName = "default"

// cluster is one of Zoom's clusters, which determines the addresses.
type cluster string

const (
	global     cluster = "global"
	government cluster = "government"
)

func (c cluster) apiURL() *url.URL {
	if c == government {
		return mustParse("https://api.zoomgov.com/v2")
	}
	return mustParse(zoomapi.DefaultAPIURL)
}

func (c cluster) oauthURL() *url.URL {
	if c == government {
		return mustParse("https://zoomgov.com/oauth/token")
	}
	return mustParse(zoomapi.DefaultOAuthURL)
}

// mustParse parses a constant.
func mustParse(address string) *url.URL {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	return u
}

func defaultAccount() Account {
	return Account{
		Plan: budget.Business, RateLimits: budget.Business.Limits(),
		Reserve:  0.3,
		TimeZone: time.UTC,
		Weights:  plan.DefaultWeights(),
		Collect: Collect{
			Meetings: true, Webinars: Auto,
			RoomConnector: true, WebGateway: true, CPU: true, WiFi: true,
			ParticipantsList: ParticipantsListLarge, QoSSummary: true,
		},
	}
}

func (d *decoder) accounts(p *[]Account) reader {
	usual, zoom := defaultAccount(), global
	usual.Name = defaultAccountName
	return reader{kind: "list of mappings", required: true, list: true, fields: d.accountFields(object{}, &usual, &zoom), read: func(v value) {
		values, ok := d.items(v)
		if ok && len(values) == 0 {
			d.fail(v, "is empty; list at least one account")
		}
		*p = make([]Account, len(values))
		for i, v := range values {
			if v.isNull() {
				d.fail(v, "is empty; write an account or remove the \"-\"")
				continue
			}
			o := d.object(v)
			(*p)[i] = d.account(o)
			switch _, named := o.get("name"); {
			case named || o.broken:
			case len(values) == 1:
				(*p)[i].Name = defaultAccountName
			default:
				d.fail(v, "has no name; with several accounts, each needs its own")
			}
		}
		d.checkAccounts(*p, values)
	}}
}

// account decodes an account of the file or of the environment. Its name may be
// missing.
func (d *decoder) account(o object) Account {
	a, zoom := defaultAccount(), global
	d.read(o, d.accountFields(o, &a, &zoom)...)
	a.AccountID = d.credential(o, "account_id")
	a.ClientID = d.credential(o, "client_id")
	a.ClientSecret = d.credential(o, "client_secret")
	a.APIURLFixed = a.APIURL != nil
	if a.APIURL == nil {
		a.APIURL = zoom.apiURL()
	}
	if a.OAuthURL == nil {
		a.OAuthURL = zoom.oauthURL()
	}
	return a
}

// accountFields are in the order of decoding: a field comes after those that it
// depends on.
func (d *decoder) accountFields(o object, a *Account, zoom *cluster) []field {
	return slices.Concat(
		[]field{{"name", d.accountName(&a.Name), "The label `account`: 1 to 64 of the letters A-Z and a-z, digits, `_`, `.` and `-`. Required if there are several accounts."}},
		credentialFields("account_id", "AbCdEfGhIjKlMnOpQrStUv", "The account ID of the Server-to-Server OAuth app."),
		credentialFields("client_id", "AbCdEfGhIjKlMnOpQrStUv", "The app's client ID."),
		credentialFields("client_secret", "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeF", "The app's client secret. Keep it out of files that others can read."),
		[]field{
			{"cluster", choice(d, zoom, global, government), "Zoom's cluster; `government` is Zoom for Government."},
			{"allow_http", d.boolean(&a.AllowHTTP), "Whether `api_url` and `oauth_url` may be plain http beyond loopback, which exposes the token to the network."},
			{"api_url", d.apiURL(o, &a.APIURL, &a.AllowHTTP).withExample(zoomapi.DefaultAPIURL).withUnset("the cluster's"), "The API's base address, for a regional cluster, a gateway or a simulator. It overrides the one in Zoom's token response."},
			{"oauth_url", d.baseURL(o, &a.OAuthURL, &a.AllowHTTP).withExample(zoomapi.DefaultOAuthURL).withUnset("the cluster's"), "The address that issues tokens."},
			{"plan", d.plan(a), "The account's plan, which determines its rate limits. `business` includes Education and Enterprise; `unlimited` is for a simulator, or for a gateway that enforces the limits itself."},
			{"limits", d.rateLimits(&a.RateLimits), "Rate limits that override the plan's, one by one; 0 is no limit. The defaults shown are those of `business`."},
			{"reserve", d.share(&a.Reserve).withExample("0.5"), "The share of every limit that is left to the account's other apps. At most half of the limit per second is used in any case, as requests bunch up on the network: a reserve below 50 % has no effect on it."},
			{"time_zone", d.zone(&a.TimeZone), "The time zone of the account's working day: demand is learned for each hour of its week."},
			{"proxy_url", d.proxyURL(&a.Proxy).withUnset("`HTTPS_PROXY` and `NO_PROXY` of the environment"), "A proxy to Zoom: http, https, socks5 or socks5h."},
			{"ca_file", d.certificates(&a.CA).withExample("/etc/ssl/certs/proxy-ca.pem").withUnset("the system's only"), "PEM certificates to trust in addition to the system's, for a proxy that intercepts TLS."},
			{"collect", d.collect(&a.Collect), "What to request and show."},
			{"include", d.matches(&a.Meetings.Include, "- {topic: 'All hands*', host: '*@example.com'}\n- {id: 932 0123 5621}"), "Only these meetings and webinars: those that match all conditions of an entry."},
			{"exclude", d.matches(&a.Meetings.Exclude, "- {topic: 'Interview*'}"), "Never these, even if they are included."},
			{"watch", d.matches(&a.Watch, "- {topic: '*town hall*'}"), "Meetings and webinars to request more often, if the limits do not allow requesting all of them every minute."},
			{"weights", d.weights(&a.Weights), "How much more often. A weight of 4 counts a meeting as if it had four times as many people, which halves its interval at the expense of the others; 1 has no effect."},
		},
	)
}

// accountName decodes a name that needs no quoting as a label or as a parameter of
// a URL.
func (d *decoder) accountName(p *string) reader {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
	return reader{kind: "text", value: *p, example: "emea", read: func(v value) {
		s, ok := d.text(v)
		switch {
		case !ok:
		case len(s) > 64 || strings.Trim(s, alphabet) != "":
			d.fail(v, "must be 1 to 64 of the letters A-Z and a-z, digits, \"_\", \".\" and \"-\"")
		default:
			*p = s
		}
	}}
}

// plan decodes the plan and sets its limits.
func (d *decoder) plan(a *Account) reader {
	return choice(d, &a.Plan, budget.Free, budget.Pro, budget.Business, budget.Unlimited).then(func(value) { a.RateLimits = a.Plan.Limits() })
}

func (d *decoder) rateLimits(l *budget.Limits) reader {
	return d.mapping(nil,
		field{"heavy_per_second", d.integer(&l.HeavyPerSecond, 0, 10_000), "Requests with the rate limit label Heavy per second."},
		field{"resource_intensive_per_minute", d.integer(&l.ResourceIntensivePerMinute, 0, 100_000), "Requests with the rate limit label Resource-intensive per minute."},
		field{"per_day", d.integer(&l.PerDay, 0, 100_000_000), "Requests with either label per UTC day."},
		field{"heavy_per_day", d.integer(&l.HeavyPerDay, 0, 100_000_000), "Requests with the rate limit label Heavy per UTC day."},
		field{"resource_intensive_per_day", d.integer(&l.ResourceIntensivePerDay, 0, 100_000_000), "Requests with the rate limit label Resource-intensive per UTC day."},
	)
}

func (d *decoder) collect(c *Collect) reader {
	check := func(o object) {
		if !c.Meetings && c.Webinars == Off {
			d.fail(o.value, "leaves nothing to collect; enable meetings or webinars, or remove the account")
		}
	}
	return d.mapping(check,
		field{"meetings", d.boolean(&c.Meetings), "Live meetings."},
		field{"webinars", choice(d, &c.Webinars, Auto, On, Off), "Live webinars; `auto` quietly does without them if the add-on or the scope is missing."},
		field{"room_connector", d.boolean(&c.RoomConnector), "Streams of room systems through a Cloud Room Connector, `via=\"crc\"`."},
		field{"web_gateway", d.boolean(&c.WebGateway), "Streams of browsers through a web gateway, `via=\"rwg\"`."},
		field{"cpu", d.boolean(&c.CPU), "Processor load."},
		field{"wifi", d.boolean(&c.WiFi), "Wi-Fi signal."},
		field{"participants_list", choice(d, &c.ParticipantsList, ParticipantsListOff, ParticipantsListWebinars, ParticipantsListLarge, ParticipantsListAll), "Which participants lists to request, at one more request for 300 people: of no meeting, of webinars, of webinars and meetings of 100 people and more, or of all. They contain roles, by which hosts and panelists are judged, and waiting rooms."},
		field{"qos_summary", d.boolean(&c.QoSSummary), "Judge ended sessions by Zoom's own summary, at one more request for 10 people, if the account has the add-on (Quality of Service Subscription); otherwise by their readings."},
	)
}

func (d *decoder) weights(w *plan.Weights) reader {
	return d.mapping(nil,
		field{"bad", d.number(&w.Bad, 1, plan.MaxWeight), "The weight of meetings of poor quality, by Zoom's own words or by their latest figures."},
		field{"watched", d.number(&w.Watched, 1, plan.MaxWeight), "The weight of meetings that `watch` matches."},
	)
}

// matches decodes include, exclude or watch.
func (d *decoder) matches(p *[]Match, example string) reader {
	return reader{kind: "list of mappings", value: "[]", example: example, list: true, fields: d.matchFields(&Match{}), read: func(v value) {
		values, _ := d.items(v)
		for _, v := range values {
			var m Match
			o := d.object(v)
			d.read(o, d.matchFields(&m)...)
			if len(o.keys) == 0 && !o.broken {
				d.fail(v, "has no condition and would match every meeting; give it id, host or topic")
			}
			*p = append(*p, m)
		}
	}}
}

func (d *decoder) matchFields(m *Match) []field {
	return []field{
		{"id", d.matchID(m), "The meeting's number, with or without spaces and dashes, or the UUID of an instance."},
		{"host", d.pattern(&m.host).withExample(`"*@example.com"`), "The host's name or e-mail address."},
		{"topic", d.pattern(&m.topic).withExample(`"All hands*"`), "The topic."},
	}
}

func (d *decoder) matchID(m *Match) reader {
	return reader{kind: "text", example: "932 0123 5621", read: func(v value) {
		if s, ok := d.text(v); ok {
			if err := m.setID(s); err != nil {
				d.failWith(err, v, "%v", err)
			}
		}
	}}
}

func (d *decoder) pattern(p **pattern) reader {
	return reader{kind: "pattern", read: func(v value) {
		switch s, ok := d.text(v); {
		case !ok:
		case len(s) > 1024:
			d.fail(v, "is longer than any name or topic; shorten it to at most 1024 bytes")
		default:
			*p = newPattern(s)
		}
	}}
}
