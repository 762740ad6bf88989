package page

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// state is the state of an account.
type state string

const (
	stateUp      state = "up"
	stateDown    state = "down"
	stateWaiting state = "no answer yet"
)

// Class returns the class of the state in the style sheet.
func (s state) Class() string {
	if s == stateWaiting {
		return "waiting"
	}
	return string(s)
}

// account is the card of an account as text.
type account struct {
	ID       string
	Name     string
	State    state
	Advice   []string
	Live     string
	Interval string
	Coverage string
	Token    string
	Pools    []pool
	Tasks    []task
	Failing  int // tasks
	Remarks  []string
}

func newAccount(s *poll.Snapshot) account {
	a := account{
		ID:       anchor("a", s.Account),
		Name:     clip(s.Account),
		State:    stateOf(s),
		Live:     notKnown,
		Interval: span(s.Interval),
		Coverage: notKnown,
		Token:    "none yet",
		Remarks:  remarks(s),
	}
	if heard(s) {
		a.Live, a.Coverage = liveTotals(s.Kinds), coverage(s)
	}
	switch {
	case s.TokenExpiry.IsZero():
	case s.TokenExpiry.After(s.At):
		a.Token = "expires " + until(s.At, s.TokenExpiry)
	default:
		a.Token = "expired " + until(s.At, s.TokenExpiry)
	}
	for i := range s.Pools {
		a.Pools = append(a.Pools, newPool(&s.Pools[i], s.ZoomAt))
	}
	for _, t := range s.Tasks {
		a.Tasks = append(a.Tasks, newTask(t, s.At))
		if !t.Success {
			a.Failing++
		}
	}
	a.Advice = advice(s, a.State)
	return a
}

func stateOf(s *poll.Snapshot) state {
	succeeded := func(t poll.Task) bool { return t.Success }
	switch {
	case s.Up:
		return stateUp
	case s.TokenExpiry.IsZero() && !slices.ContainsFunc(s.Tasks, succeeded):
		return stateWaiting
	default:
		return stateDown
	}
}

// notKnown stands for numbers without an answer from Zoom, which differ from 0.
const notKnown = "unknown"

// heard reports whether the snapshot is current, as opposed to what was left when
// Zoom stopped answering.
func heard(s *poll.Snapshot) bool {
	return len(s.Meetings) > 0 || s.Up && s.At.Sub(lastSuccess(s)) <= quiet
}

// liveTotals describes what is live, such as "40 meetings · 3 webinars · 212 people".
func liveTotals(totals map[zoomapi.Kind]live.Totals) string {
	if len(totals) == 0 {
		return notKnown
	}
	var words []string
	participants := 0
	if t, collected := totals[zoomapi.Meeting]; collected {
		words = append(words, plural(t.Meetings, "meeting", "meetings"))
		participants += t.Participants
	}
	if t, collected := totals[zoomapi.Webinar]; collected {
		words = append(words, plural(t.Meetings, "webinar", "webinars"))
		participants += t.Participants
	}
	return strings.Join(append(words, people(participants)), " · ")
}

func coverage(s *poll.Snapshot) string {
	// Rounded down, so that 100 % means everybody.
	return percent(math.Floor(s.Coverage*100+1e-9)/100) + " of people have figures newer than " + span(2*s.Interval)
}

// advice says what to do about failures.
func advice(s *poll.Snapshot, is state) []string {
	if is == stateWaiting {
		return []string{
			"No data yet. The exporter polls Zoom when it is scraped: let Prometheus scrape /metrics, or open it once.",
			"If it is already scraped, Zoom is unreachable or refuses the credentials. The log and zoom-qos-exporter check say which.",
		}
	}
	var lines []string
	for _, t := range s.Tasks {
		if t.Success {
			continue
		}
		if t.Name == zoomapi.OAuthToken {
			// Without a token nothing else can succeed.
			return []string{"Zoom issues no access token. Check the account ID, client ID and client secret, that the app is activated, and that Zoom's token endpoint is reachable. For details, run zoom-qos-exporter check."}
		}
		lines = append(lines, taskAdvice(t.Name))
	}
	if newest := lastSuccess(s); is == stateUp && s.At.Sub(newest) > quiet {
		lines = append(lines, "No scrape for "+span(s.At.Sub(newest))+". The exporter polls Zoom only when it is scraped. Is Prometheus running?")
	}
	return lines
}

func taskAdvice(endpoint zoomapi.Endpoint) string {
	line := "No answer for " + taskName(endpoint) + ". If this persists, check that Zoom is reachable"
	if scopes := endpoint.Scopes(); len(scopes) > 0 {
		line += ", that the account has the Dashboard, and that the app has the scope " + scopes[0]
	}
	return line + ". For details, run zoom-qos-exporter check."
}

func lastSuccess(s *poll.Snapshot) time.Time {
	var newest time.Time
	for _, t := range s.Tasks {
		if t.LastSuccess.After(newest) {
			newest = t.LastSuccess
		}
	}
	return newest
}

// remarks describe what is missing from the figures.
func remarks(s *poll.Snapshot) []string {
	var lines []string
	if s.Backfills > 0 {
		lines = append(lines, "The last minutes of "+plural(s.Backfills, "ended meeting", "ended meetings")+" have not been fetched from Zoom yet.")
	}
	lost := uint64(0)
	for _, n := range s.Readings.Lost {
		lost += n
	}
	if lost > 0 {
		lines = append(lines, plural(int(min(lost, math.MaxInt32)), "participant-minute", "participant-minutes")+" could not be counted, "+
			plural(int(min(s.Readings.Minutes, math.MaxInt32)), "was", "were")+" counted; see zoom_participant_lost_seconds_total for the reasons.")
	}
	dropped := 0
	for _, n := range s.Dropped {
		dropped += n
	}
	if dropped > 0 {
		lines = append(lines, people(dropped)+" in the latest answers not shown; see zoom_participants_dropped for the reasons.")
	}
	unread := uint64(0)
	for _, n := range s.Failures {
		unread += n
	}
	if unread > 0 {
		lines = append(lines, plural(int(min(unread, math.MaxInt32)), "value", "values")+
			" from Zoom could not be parsed so far; see zoom_parse_failures_total for the fields.")
	}
	return lines
}

// task is the row of an endpoint.
type task struct {
	Name     string
	Endpoint string
	Success  bool
	Last     string
}

func newTask(t poll.Task, now time.Time) task {
	row := task{taskName(t.Name), string(t.Name), t.Success, until(now, t.LastSuccess)}
	if !t.Success {
		row.Last = "none for " + span(now.Sub(t.LastSuccess)) // there may have been no success yet
	}
	return row
}

func taskName(endpoint zoomapi.Endpoint) string {
	switch endpoint {
	case zoomapi.OAuthToken:
		return "access token"
	case zoomapi.ListMeetings:
		return "live meetings"
	case zoomapi.ListMeetingParticipants:
		return "meetings' participants"
	case zoomapi.ListMeetingParticipantsQoS:
		return "meetings' QoS"
	case zoomapi.ListMeetingParticipantsQoSSummary:
		return "ended meetings' summaries"
	case zoomapi.ListWebinars:
		return "live webinars"
	case zoomapi.ListWebinarParticipants:
		return "webinars' participants"
	case zoomapi.ListWebinarParticipantsQoS:
		return "webinars' QoS"
	case zoomapi.ListWebinarParticipantsQoSSummary:
		return "ended webinars' summaries"
	default:
		return string(endpoint)
	}
}
