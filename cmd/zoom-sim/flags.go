package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/alecthomas/kingpin/v2"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/cli"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
)

// flags are those of the command line.
type flags struct {
	listen string
	sim    zoomsim.Options

	plan                        string
	noLimits                    bool
	maxConcurrent               int
	scopes                      []string // each may be a list
	foreign                     float64
	headers, retryAfter, minute string
}

// parse reads the command line; without flags it returns the exit status.
func parse(args []string, stdout, stderr io.Writer) (f *flags, status int) {
	f = &flags{}
	app := kingpin.New("zoom-sim",
		"Serve a simulated Zoom over HTTP until interrupted. The first lines printed are the environment variables by which the exporter uses it. "+
			"GET /admin/ lists the actions that change it while it runs: faults, incidents, and people who join and leave.")
	app.UsageWriter(stdout)
	app.ErrorWriter(stderr)
	ended := -1
	app.Terminate(func(status int) { ended = status })
	app.HelpFlag.Short('h')

	app.Flag("listen", "Address to listen on; port 0 chooses a free one.").
		Default("127.0.0.1:0").StringVar(&f.listen)
	f.worldFlags(app)
	f.limitFlags(app)
	f.moodFlags(app)

	_, err := app.Parse(args)
	if ended >= 0 {
		return nil, ended
	}
	if err == nil {
		err = f.check()
	}
	if err != nil {
		fmt.Fprintf(stderr, "zoom-sim: %v; see zoom-sim --help\n", err)
		return nil, exitUsage
	}
	return f, exitOK
}

func (f *flags) worldFlags(app *kingpin.Application) {
	o := &f.sim
	app.Flag("seed", "Seed of everything that is drawn.").Default("1").Uint64Var(&o.Seed)
	app.Flag("meetings", "Number of meetings that are live at any time.").Default("40").IntVar(&o.Meetings)
	app.Flag("webinars", "Number of webinars that are live at any time.").Default("3").IntVar(&o.Webinars)
	app.Flag("participants", "Mean number of participants in a meeting.").Default("6").Float64Var(&o.Participants)
	app.Flag("town-halls", "Number of the meetings that are town halls.").Default("0").IntVar(&o.TownHalls)
	app.Flag("town-hall-size", "Number of participants in a town hall.").Default("2000").IntVar(&o.TownHallSize)
	app.Flag("history", "Minutes before the start of which there are figures.").Default("5").IntVar(&o.History)
	app.Flag("fixed", "Nobody joins or leaves, and all meetings have the mean number of participants.").BoolVar(&o.Fixed)
	app.Flag("workday", "The number of live meetings follows the hours of a working day (UTC).").BoolVar(&o.Workday)
	app.Flag("calm", "No incidents except those set by /admin/incidents.").BoolVar(&o.Calm)
	app.Flag("latency", "Time that every answer takes.").Default("50ms").DurationVar(&o.Latency)
	app.Flag("token-life", "Time for which a token is valid.").Default("3599s").DurationVar(&o.Token.Life)
	app.Flag("single-token", "A new token revokes the previous one.").BoolVar(&o.Token.Single)
	app.Flag("no-api-url", "Token answers have no api_url.").BoolVar(&o.Token.NoAPIURL)
	app.Flag("scopes", "Scopes of the app, classic or granular, separated by commas; none if empty. The default is dashboard_meetings:read:admin and dashboard_webinars:read:admin.").
		PlaceHolder("LIST").StringsVar(&f.scopes)
	app.Flag("no-dashboard", "The account has no Dashboard.").BoolVar(&o.NoDashboard)
	app.Flag("no-webinar-plan", "The account has no webinar add-on.").BoolVar(&o.NoWebinars)
	app.Flag("past-delay", "Time for which an ended meeting is neither live nor past.").Default("5m").DurationVar(&o.PastDelay)
}

func (f *flags) limitFlags(app *kingpin.Application) {
	cli.ChoiceVar(app, &f.plan, "plan", "Plan whose rate limits apply", "business", "free", "pro", "business")
	app.Flag("no-limits", "No rate limits.").BoolVar(&f.noLimits)
	app.Flag("max-concurrent", "Maximum of concurrent requests; others are answered with 429. 0 means no limit.").
		Default("0").IntVar(&f.maxConcurrent)
	app.Flag("foreign", "Heavy requests per minute of the account's other apps.").Default("0").Float64Var(&f.foreign)
	cli.ChoiceVar(app, &f.headers, "headers", "Which answers have X-RateLimit headers", "often", "often", "always", "never")
	cli.ChoiceVar(app, &f.retryAfter, "retry-after", "Form of Retry-After on a daily 429", "iso", "iso", "http-date", "seconds", "absent")
	app.Flag("minute-type", "X-RateLimit-Type of a per-minute 429.").Default("QPS").StringVar(&f.minute)
}

func (f *flags) moodFlags(app *kingpin.Application) {
	m := &f.sim.Moods
	cli.ChoiceVar(app, (*string)(&m.History), "history-mode", "Minutes of a participant that live QoS answers have", "full", "full", "newest", "since-last-request", "late")
	app.Flag("plain", "Everybody is an account member with a camera: no guests, rooms, odd names or interruptions.").BoolVar(&m.Plain)
	app.Flag("odd", "Share of streams with an oddly written figure, 0 to 1.").Default("0").Float64Var(&m.Odd)
	app.Flag("no-quality-words", "The quality words of the lists are blank.").BoolVar(&m.NoQualityWords)
	app.Flag("blank-people", "Names, e-mails, addresses and locations are blank.").BoolVar(&m.BlankPeople)
	app.Flag("newest-first", "The latest join is listed first, so that rows move to later pages.").BoolVar(&m.NewestFirst)
	app.Flag("double-rows", "Each page begins with the last row of the previous page.").BoolVar(&m.DoubleRows)
	app.Flag("leavers-gone", "Live answers omit people who left.").BoolVar(&m.LeaversGone)
	app.Flag("other-past-ids", "Past answers give people another user_id.").BoolVar(&m.OtherPastIDs)
	app.Flag("swapped-rssi", "max_rssi is the weakest signal, not the strongest.").BoolVar(&m.SwappedRSSI)
	app.Flag("strict-page-size", "A page_size above the maximum is refused, not reduced.").BoolVar(&m.StrictPageSize)
	app.Flag("numbers-only", "Every UUID is answered with 404.").BoolVar(&m.NumbersOnly)
	app.Flag("status-300", "Error 300 has HTTP status 300, not 400.").BoolVar(&m.Status300)
}

// check returns an error for a value out of range.
func (f *flags) check() error {
	o := f.sim
	for _, n := range []struct {
		name  string
		value int
		most  int
	}{
		{"meetings", o.Meetings, 100_000},
		{"webinars", o.Webinars, 100_000},
		{"town-halls", o.TownHalls, o.Meetings},
		{"town-hall-size", o.TownHallSize, 100_000},
		{"history", o.History, 24 * 60},
		{"max-concurrent", f.maxConcurrent, 100_000},
	} {
		if n.value < 0 || n.value > n.most {
			return fmt.Errorf("--%s must be between 0 and %d, not %d", n.name, n.most, n.value)
		}
	}
	switch {
	case o.Participants < 1 || o.Participants > 100_000:
		return fmt.Errorf("--participants must be between 1 and 100000, not %v", o.Participants)
	case o.Moods.Odd < 0 || o.Moods.Odd > 1:
		return fmt.Errorf("--odd must be between 0 and 1, not %v", o.Moods.Odd)
	case f.foreign < 0:
		return fmt.Errorf("--foreign must be at least 0, not %v", f.foreign)
	case o.Latency < 0 || o.PastDelay < 0:
		return fmt.Errorf("--latency and --past-delay must be at least 0")
	case o.Token.Life < time.Second:
		return fmt.Errorf("--token-life must be at least a second, not %v", o.Token.Life)
	}
	return nil
}

// options returns those of the simulated Zoom.
func (f *flags) options() zoomsim.Options {
	o := f.sim
	limits := zoomsim.PlanLimits(f.plan)
	if f.noLimits {
		limits = zoomsim.Limits{}
	}
	limits.ForeignPerMinute = f.foreign
	limits.MinuteType = f.minute
	limits.MaxConcurrent = f.maxConcurrent
	o.Limits = &limits
	if len(f.scopes) > 0 {
		o.Token.Scopes = splitScopes(f.scopes) // not nil, even if empty
	}
	if o.PastDelay == 0 {
		o.PastDelay = -1 // none, as 0 means the default
	}
	if o.Moods.History == "full" {
		o.Moods.History = zoomsim.HistoryFull
	}
	if f.headers != "often" {
		o.Headers = zoomsim.HeaderMode(f.headers)
	}
	if f.retryAfter != "iso" {
		o.RetryAfter = zoomsim.RetryAfterForm(f.retryAfter)
	}
	return o
}

// splitScopes splits lists in the forms that Zoom's pages and answers have.
func splitScopes(lists []string) []string {
	return strings.FieldsFunc(strings.Join(lists, ","), func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
}
