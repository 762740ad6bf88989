package check

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// reportSettings reports how the account is configured.
func (c *accountCheck) reportSettings() {
	a := c.account
	limits := "plan " + string(a.Plan)
	if a.RateLimits != a.Plan.Limits() {
		limits += " with its own limits"
	}
	c.add(passed, "settings", "%s; %.0f%% is reserved for other apps", limits, a.Reserve*100)
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
	case config.ParticipantsListLarge:
		collected = append(collected, "participants lists of webinars and large meetings")
	case config.ParticipantsListWebinars:
		collected = append(collected, "participants lists of webinars")
	}
	text := strings.Join(collected, ", ")
	if in, out := len(a.Meetings.Include), len(a.Meetings.Exclude); in+out > 0 {
		text += fmt.Sprintf("; filtered by %d include and %d exclude", in, out)
	}
	c.add(passed, "collected", "%s", text)
	if a.Proxy.Reveal() != nil {
		c.add(passed, "proxy", "%s", a.Proxy)
	}
}

// reportToken reports on the token, and on its scopes if they suffice. If not, the
// answers decide.
func (c *accountCheck) reportToken() {
	origin := "as the token names it"
	if c.account.APIURLFixed {
		origin = "as configured"
	}
	c.add(passed, "token", "received; the API address is %s, %s; valid until %s",
		c.token.APIURL, origin, c.token.Expiry.UTC().Format("15:04:05 UTC"))
	kind := appKindOf(c.token.Scopes)
	switch {
	case kind == unknownApp:
		c.add(note, "scopes", "the token names none; only the answers below show whether they suffice")
	case len(c.lacking(nil))+len(c.lacking(&forHosts))+len(c.lacking(&forWebinars)) == 0:
		c.add(passed, "scopes", "the token has all that are needed (a %s app)", kind)
	}
}

// reportMissingScopes names the scopes to add, once all answers are known.
func (c *accountCheck) reportMissingScopes() {
	needed := c.lacking(nil)
	if len(needed) > 0 {
		c.add(missing, "scopes", "add to the app in the Zoom App Marketplace: %s", strings.Join(needed, ", "))
	}
	for _, p := range []*purpose{&forHosts, &forWebinars} {
		scopes := slices.DeleteFunc(c.lacking(p), func(s string) bool { return slices.Contains(needed, s) })
		if len(scopes) > 0 {
			c.add(note, "scopes", "to %s, add to the app in the Zoom App Marketplace: %s; otherwise set %s",
				p.text, strings.Join(scopes, ", "), p.without)
		}
	}
}

func (c *accountCheck) reportList(k *kindSurvey) {
	subject := "live " + string(k.kind) + "s"
	if k.list.err != nil {
		s, text := c.explainTrial(&k.list)
		c.add(s, subject, "%s", text)
		return
	}
	c.add(passed, subject, "%s", k.found())
}

func (c *accountCheck) reportQoS(k *kindSurvey) {
	noun := string(k.kind)
	switch {
	case !k.qos.worked():
		c.reportFailure(k, &k.qos, noun+" QoS")
	case k.rows == 0:
		c.add(passed, noun+" QoS", "answered; it has no participants yet")
	default:
		c.add(passed, noun+" QoS", "%d of %s on a page of one %s have figures", k.figures, counted(k.rows, "row"), noun)
	}
	if k.byNumber {
		c.add(note, noun+" QoS", "Zoom finds this %s only by its number, not by its UUID; the exporter copes with that", noun)
	}
}

func (c *accountCheck) reportParticipants(k *kindSurvey) {
	subject := string(k.kind) + " participants"
	switch {
	case !k.participantsList.wanted:
	case k.participantsList.worked():
		c.add(passed, subject, "answered")
	default:
		c.reportFailure(k, &k.participantsList, subject)
	}
}

// reportFailure reports on a trial that failed or could not be made.
func (c *accountCheck) reportFailure(k *kindSurvey, t *trial, subject string) {
	switch {
	case t.requested:
		s, text := c.explainTrial(t)
		c.add(s, subject, "%s", text)
	case k.list.err != nil:
		c.add(skipped, subject, "requires the list of live %ss", k.kind)
	case k.meetings > 0:
		c.add(skipped, subject, "include and exclude leave no live %s to try", k.kind)
	default:
		c.add(skipped, subject, "there is no live %s to try; check again during one", k.kind)
	}
}

// found says what is live.
func (k *kindSurvey) found() string {
	if k.meetings == 0 {
		return "none at the moment"
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

// explainTrial explains the failure of an endpoint, which may be optional.
func (c *accountCheck) explainTrial(t *trial) (status, string) {
	s, text := c.explain(t.err, t.endpoint)
	if s == missing && t.purpose != nil {
		return note, text + "; this is optional, " + t.purpose.optional
	}
	return s, text
}

// explain says how bad an error is, and what to do.
func (c *accountCheck) explain(err error, endpoint zoomapi.Endpoint) (status, string) {
	s, text := c.advise(err, endpoint)
	if text == "" {
		return s, errorText(err)
	}
	if e, ok := errors.AsType[*zoomapi.Error](err); ok && e.Origin() != "" {
		text += " (" + e.Origin() + ")"
	}
	return s, text
}

// advise says what to do about an error; "" if the error's own text suffices.
func (c *accountCheck) advise(err error, endpoint zoomapi.Endpoint) (status, string) {
	switch zoomapi.ReasonOf(err) {
	case zoomapi.ReasonScope:
		return missing, "the app lacks a scope: add " + appKindOf(c.token.Scopes).advice(endpoint, err)
	case zoomapi.ReasonPlan:
		if strings.Contains(string(endpoint), string(zoomapi.Webinar)) {
			return missing, "the account has no webinars: they require Zoom's webinar add-on and a Business plan or higher"
		}
		return missing, "the account has no Dashboard: it requires a Business, Education or Enterprise plan"
	case zoomapi.ReasonNotLive:
		if endpoint.Class() == zoomapi.ResourceIntensive {
			return failed, "this address does not exist: check api_url, which must end in /v2"
		}
		return failed, "Zoom lists meetings as live but then does not find them: if that persists, check api_url and the account"
	case zoomapi.ReasonNoAccess:
		return failed, "Zoom does not show this app any of the meetings tried: check that the role of the app's owner may view the Dashboard"
	case zoomapi.ReasonServer:
		return failed, "no answer from Zoom: check again later"
	case zoomapi.ReasonCanceled:
		return failed, "interrupted"
	}
	return failed, ""
}

// errorText is the text of an error, without what only a running exporter needs.
func errorText(err error) string {
	e, ok := errors.AsType[*zoomapi.Error](err)
	if !ok {
		return "not requested: " + err.Error()
	}
	short := *e
	if e.Reason != zoomapi.ReasonRateLimited {
		short.RetryAt = time.Time{}
	}
	return strings.TrimPrefix(short.Error(), "zoom "+string(e.Endpoint)+": ")
}

// reportFields reports what Zoom sends of participants and meetings, and what of
// it labels show.
func (c *accountCheck) reportFields() {
	names := c.fields["user_name"]
	switch setting := c.cfg.Privacy.UserName; {
	case setting == qos.Drop:
		c.add(passed, "names", "left blank, as privacy.fields.user_name is drop")
	case names.of == 0:
		c.add(skipped, "names", "unknown, as nobody is in a meeting")
	case names.sent == 0:
		c.add(note, "names", "will be blank: Zoom sends none")
	default:
		c.add(passed, "names", "shown (%s) where Zoom sends them: for %s people", setting, names)
	}
	if c.fields.allBlank("user_name", "email", "ip_address", "location") {
		c.add(note, "people", "Zoom leaves names, e-mails, addresses and locations blank, as it does for accounts "+
			"without a HIPAA agreement or with a legacy one (ask Zoom for the current one), and for people of other accounts")
	}
	if len(c.cfg.Sites) > 0 && c.fields.allBlank("ip_address", "internal_ip_address") {
		c.add(note, "sites", "will be blank: Zoom sends no addresses, from which they are derived")
	}
	rows := [][]string{{"field", "setting", "sent by Zoom for", "in labels"}}
	for _, s := range settings(&c.cfg.Privacy) {
		n := c.fields[s.name]
		rows = append(rows, []string{s.name, s.mode.String(), n.String(), s.shown(n)})
	}
	c.table(rows)
}

// reportSpending reports what the check itself has cost.
func (c *accountCheck) reportSpending() {
	heavy, lists := c.recorder.sent[zoomapi.Heavy], c.recorder.sent[zoomapi.ResourceIntensive]
	c.add(passed, "spent", "%s by this check (%s heavy, %s resource-intensive) and %s for a token",
		counted(heavy+lists, "request"), grouped(heavy), grouped(lists), counted(c.recorder.tokens, "attempt"))
}
