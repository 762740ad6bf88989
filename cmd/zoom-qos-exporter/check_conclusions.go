package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func (c *accountCheck) settings() {
	a := c.account
	limits := "plan " + string(a.Plan)
	if a.RateLimits != a.Plan.Limits() {
		limits += " with limits of its own"
	}
	c.add(works, "settings", "%s, of which %.0f%% is left to other apps", limits, a.Reserve*100)
	var collected []string
	if a.Collect.Meetings {
		collected = append(collected, "meetings")
	}
	switch a.Collect.Webinars {
	case config.On:
		collected = append(collected, "webinars")
	case config.Auto:
		collected = append(collected, "webinars if the account has them")
	}
	switch a.Collect.ParticipantsList {
	case config.ParticipantsListAll:
		collected = append(collected, "all participants lists")
	case config.ParticipantsListWebinars:
		collected = append(collected, "participants lists of webinars")
	}
	text := strings.Join(collected, ", ")
	if in, out := len(a.Meetings.Include), len(a.Meetings.Exclude); in+out > 0 {
		text += fmt.Sprintf("; filtered by %d include and %d exclude", in, out)
	}
	c.add(works, "collected", "%s", text)
	if a.Proxy.Reveal() != nil {
		c.add(works, "proxy", "%s", a.Proxy)
	}
}

// reportToken reports on the token, and on its scopes if it names all that are
// needed. If not, the answers decide.
func (c *accountCheck) reportToken() {
	origin := "as the token says"
	if c.account.APIURLFixed {
		origin = "as configured"
	}
	c.add(works, "token", "got; the API is asked at %s, %s; valid until %s",
		c.token.APIURL, origin, c.token.Expiry.UTC().Format("15:04:05 UTC"))
	kind := appKindOf(c.token.Scopes)
	switch {
	case kind == unknownApp:
		c.add(remark, "scopes", "the token names none, so only the answers below show whether they suffice")
	case len(c.lacking(false))+len(c.lacking(true)) == 0:
		c.add(works, "scopes", "the token names all that are needed (a %s app)", kind)
	}
}

// reportMissingScopes names the scopes to add, once all answers are known.
func (c *accountCheck) reportMissingScopes() {
	if needed := c.lacking(false); len(needed) > 0 {
		c.add(missing, "scopes", "add to the app in the Zoom App Marketplace: %s", strings.Join(needed, ", "))
	}
	if optional := c.lacking(true); len(optional) > 0 {
		c.add(remark, "scopes", "for webinars, if they are wanted, add to the app in the Zoom App Marketplace: %s; "+
			"else set collect.webinars to off", strings.Join(optional, ", "))
	}
}

func (c *accountCheck) reportList(k *kindSurvey) {
	subject := "live " + string(k.kind) + "s"
	if k.list.err != nil {
		v, text := c.judgeTrial(k, &k.list)
		c.add(v, subject, "%s", text)
		return
	}
	c.add(works, subject, "%s", k.found())
}

func (c *accountCheck) reportQoS(k *kindSurvey) {
	noun := string(k.kind)
	switch {
	case !k.qos.worked():
		c.reportFailure(k, &k.qos, noun+" QoS")
	case k.rows == 0:
		c.add(works, noun+" QoS", "answered; nobody is in it yet")
	default:
		c.add(works, noun+" QoS", "of %s on the page of one %s, %d have figures", counted(k.rows, "row"), noun, k.figures)
	}
	if k.byNumber {
		c.add(remark, noun+" QoS", "Zoom knows this %s by its number only, not by its UUID; the exporter makes do with that", noun)
	}
}

func (c *accountCheck) reportPeople(k *kindSurvey) {
	subject := string(k.kind) + " participants"
	switch {
	case !k.people.wanted:
	case k.people.worked():
		c.add(works, subject, "answered")
	default:
		c.reportFailure(k, &k.people, subject)
	}
}

// reportFailure reports on a trial that failed or could not be made.
func (c *accountCheck) reportFailure(k *kindSurvey, t *trial, subject string) {
	switch {
	case t.asked:
		v, text := c.judgeTrial(k, t)
		c.add(v, subject, "%s", text)
	case k.list.err != nil:
		c.add(skipped, subject, "it takes the list of live %ss", k.kind)
	case k.meetings > 0:
		c.add(skipped, subject, "include and exclude leave no live %s to try it with", k.kind)
	default:
		c.add(skipped, subject, "no live %s to try it with; check again during one", k.kind)
	}
}

// found words what is live.
func (k *kindSurvey) found() string {
	if k.meetings == 0 {
		return "none just now"
	}
	about := ""
	if k.partial {
		about = "about "
	}
	text := fmt.Sprintf("%s%s", about, grouped(int(k.meetings)))
	if k.kept != k.meetings {
		text += fmt.Sprintf(", of which include and exclude keep %s,", grouped(int(k.kept)))
	}
	return text + " with " + counted(int(k.participants), "participant")
}

// judgeTrial judges a failure of an endpoint: what is optional may be missing.
func (c *accountCheck) judgeTrial(k *kindSurvey, t *trial) (verdict, string) {
	v, text := c.judge(t.err, t.endpoint)
	if v == missing && k.optional {
		return remark, text + "; the exporter does without, as collect.webinars is auto"
	}
	return v, text
}

// judge says how bad an error is, and what to do.
func (c *accountCheck) judge(err error, endpoint zoomapi.Endpoint) (verdict, string) {
	v, text := c.words(err, endpoint)
	if text == "" {
		return v, plainly(err)
	}
	if e, ok := errors.AsType[*zoomapi.Error](err); ok && e.Origin() != "" {
		text += " (" + e.Origin() + ")"
	}
	return v, text
}

// words are for the errors that a person can act upon; "" leaves it to the
// error itself.
func (c *accountCheck) words(err error, endpoint zoomapi.Endpoint) (verdict, string) {
	switch zoomapi.ReasonOf(err) {
	case zoomapi.ReasonScope:
		return missing, "the app lacks a scope: add " + appKindOf(c.token.Scopes).advice(endpoint, err)
	case zoomapi.ReasonPlan:
		if strings.Contains(string(endpoint), string(zoomapi.Webinar)) {
			return missing, "the account has no webinars: they take Zoom's webinar add-on and a Business plan or higher"
		}
		return missing, "the account has no Dashboard: it takes a Business, Education or Enterprise plan"
	case zoomapi.ReasonNotLive:
		if endpoint.Class() == zoomapi.ResourceIntensive {
			return failed, "there is no such address: check api_url, which ends in /v2"
		}
		return failed, "Zoom lists meetings as live but does not know them: if it is so again in a minute, check api_url and the account"
	case zoomapi.ReasonNoAccess:
		return failed, "Zoom shows none of the meetings tried to this app: check that the role of the app's owner may view the Dashboard"
	case zoomapi.ReasonServer:
		return failed, "no answer from Zoom: check again in a while"
	case zoomapi.ReasonCanceled:
		return failed, "interrupted"
	}
	return failed, ""
}

// plainly is the text of an error, without what only a running exporter needs.
func plainly(err error) string {
	e, ok := errors.AsType[*zoomapi.Error](err)
	if !ok {
		return "not asked: " + err.Error()
	}
	short := *e
	if e.Reason != zoomapi.ReasonRateLimited {
		short.RetryAt = time.Time{}
	}
	return strings.TrimPrefix(short.Error(), "zoom "+string(e.Endpoint)+": ")
}

// people tells what of people and meetings can be seen.
func (c *accountCheck) people() {
	fields := settings(&c.cfg.Privacy)
	names := c.facts["user_name"]
	switch setting := c.cfg.Privacy.UserName; {
	case setting == qos.Drop:
		c.add(works, "names", "left blank, as privacy.fields.user_name is drop")
	case names.of == 0:
		c.add(skipped, "names", "nobody live to see whether Zoom sends them")
	case names.filled == 0:
		c.add(remark, "names", "will be blank: Zoom sends none")
	default:
		c.add(works, "names", "shown (%s) where Zoom sends them: for %s people", setting, names.sent())
	}
	if c.facts.none("user_name", "email", "ip_address", "location") {
		c.add(remark, "people", "Zoom sends names, e-mails, addresses and locations blank. It does so for accounts "+
			"without a HIPAA agreement or with a legacy one (ask Zoom for the present one), and for people of other accounts")
	}
	if len(c.cfg.Sites) > 0 && c.facts.none("ip_address", "internal_ip_address") {
		c.add(remark, "sites", "will be blank: Zoom sends no addresses to tell them by")
	}
	rows := [][]string{{"fact", "setting", "sent by Zoom for", "in labels"}}
	for _, s := range fields {
		t := c.facts[s.name]
		rows = append(rows, []string{s.name, s.mode.String(), t.sent(), s.shown(t)})
	}
	c.table(rows)
}

// spent tells what the check itself has cost.
func (c *accountCheck) spent() {
	heavy, lists := c.witness.sent[zoomapi.Heavy], c.witness.sent[zoomapi.ResourceIntensive]
	c.add(works, "spent", "%s by this check (%s heavy, %s resource-intensive) and %s for a token",
		counted(heavy+lists, "request"), grouped(heavy), grouped(lists), counted(c.witness.tokens, "attempt"))
}
