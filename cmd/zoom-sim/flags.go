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

// flags are the command line's.
type flags struct {
	listen string
	sim    zoomsim.Options

	plan                        string
	noLimits                    bool
	maxConcurrent               int
	scopes                      []string // each of them one or several
	foreign                     float64
	headers, retryAfter, minute string
}

// parse reads the command line; without flags it returns the exit status.
func parse(args []string, stdout, stderr io.Writer) (f *flags, status int) {
	f = &flags{}
	app := kingpin.New("zoom-sim",
		"A simulated Zoom over HTTP. It first prints the environment variables to use it with, then serves until it is interrupted. "+
			"GET /admin/ there lists what can be done to it while it runs: faults, incidents, and people who come and go.")
	app.UsageWriter(stdout)
	app.ErrorWriter(stderr)
	ended := -1
	app.Terminate(func(status int) { ended = status })
	app.HelpFlag.Short('h')

	app.Flag("listen", "Address to listen on; port 0 takes any free one.").
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
	app.Flag("seed", "What everything is drawn from.").Default("1").Uint64Var(&o.Seed)
	app.Flag("meetings", "Meetings that are live at any time.").Default("40").IntVar(&o.Meetings)
	app.Flag("webinars", "Webinars that are live at any time.").Default("3").IntVar(&o.Webinars)
	app.Flag("participants", "Mean of a meeting's participants.").Default("6").Float64Var(&o.Participants)
	app.Flag("town-halls", "How many of the meetings are town halls.").Default("0").IntVar(&o.TownHalls)
	app.Flag("town-hall-size", "Participants of a town hall.").Default("2000").IntVar(&o.TownHallSize)
	app.Flag("history", "Minutes that are already held at the start.").Default("5").IntVar(&o.History)
	app.Flag("fixed", "Nobody comes or goes, and all meetings are of the mean's size.").BoolVar(&o.Fixed)
	app.Flag("workday", "Live meetings follow the hours of a working day (UTC).").BoolVar(&o.Workday)
	app.Flag("calm", "No incidents but those that are asked for.").BoolVar(&o.Calm)
	app.Flag("latency", "How long every answer takes.").Default("50ms").DurationVar(&o.Latency)
	app.Flag("token-life", "Life of a token.").Default("3599s").DurationVar(&o.Token.Life)
	app.Flag("single-token", "A new token revokes the one before.").BoolVar(&o.Token.Single)
	app.Flag("no-api-url", "Token answers hold no api_url.").BoolVar(&o.Token.NoAPIURL)
	app.Flag("scopes", "Scopes that the app has, classic or granular, with commas between them; none if empty. Without the flag they are dashboard_meetings:read:admin and dashboard_webinars:read:admin.").
		PlaceHolder("LIST").StringsVar(&f.scopes)
	app.Flag("no-dashboard", "The account has no Dashboard.").BoolVar(&o.NoDashboard)
	app.Flag("no-webinar-plan", "The account has no webinar add-on.").BoolVar(&o.NoWebinars)
	app.Flag("past-delay", "How long after its end a meeting is neither live nor past.").Default("5m").DurationVar(&o.PastDelay)
}

func (f *flags) limitFlags(app *kingpin.Application) {
	cli.ChoiceVar(app, &f.plan, "plan", "Plan whose rate limits hold", "business", "free", "pro", "business")
	app.Flag("no-limits", "No rate limits at all.").BoolVar(&f.noLimits)
	app.Flag("max-concurrent", "Requests under way at once before one is answered with 429; 0 is no limit.").
		Default("0").IntVar(&f.maxConcurrent)
	app.Flag("foreign", "Heavy requests a minute that other apps of the account make.").Default("0").Float64Var(&f.foreign)
	cli.ChoiceVar(app, &f.headers, "headers", "When answers carry X-RateLimit headers", "often", "often", "always", "never")
	cli.ChoiceVar(app, &f.retryAfter, "retry-after", "Form of Retry-After on a daily 429", "iso", "iso", "http-date", "seconds", "absent")
	app.Flag("minute-type", "X-RateLimit-Type of a per-minute 429.").Default("QPS").StringVar(&f.minute)
}

func (f *flags) moodFlags(app *kingpin.Application) {
	m := &f.sim.Moods
	cli.ChoiceVar(app, (*string)(&m.History), "history-mode", "What live QoS answers hold of a participant", "full", "full", "newest", "since-last-request", "late")
	app.Flag("plain", "Everybody is an ordinary member of the account.").BoolVar(&m.Plain)
	app.Flag("odd", "Share (0 to 1) of streams with an oddly written figure.").Default("0").Float64Var(&m.Odd)
	app.Flag("no-quality-words", "The lists have no quality words.").BoolVar(&m.NoQualityWords)
	app.Flag("blank-people", "Names, e-mails, addresses and locations are blank.").BoolVar(&m.BlankPeople)
	app.Flag("newest-first", "Who joined last is listed first: pages shift.").BoolVar(&m.NewestFirst)
	app.Flag("double-rows", "A page begins with the last row of the page before.").BoolVar(&m.DoubleRows)
	app.Flag("leavers-gone", "Live answers do not list who left.").BoolVar(&m.LeaversGone)
	app.Flag("other-past-ids", "Past answers name people by another user_id.").BoolVar(&m.OtherPastIDs)
	app.Flag("swapped-rssi", "max_rssi is the weakest signal, not the strongest.").BoolVar(&m.SwappedRSSI)
	app.Flag("strict-page-size", "A page_size above the maximum is refused, not cut down.").BoolVar(&m.StrictPageSize)
	app.Flag("numbers-only", "Every UUID is answered with 404.").BoolVar(&m.NumbersOnly)
	app.Flag("status-300", "Error 300 comes with HTTP status 300.").BoolVar(&m.Status300)
}

// check refuses what makes no world.
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
		return fmt.Errorf("--foreign must not be negative, as %v is", f.foreign)
	case o.Latency < 0 || o.PastDelay < 0:
		return fmt.Errorf("--latency and --past-delay must not be negative")
	case o.Token.Life < time.Second:
		return fmt.Errorf("--token-life must be at least a second, not %v", o.Token.Life)
	}
	return nil
}

// options are those of the simulated Zoom.
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
		o.Token.Scopes = splitScopes(f.scopes) // not nil, even if there are none
	}
	if o.PastDelay == 0 {
		o.PastDelay = -1 // none, where the zero value is the usual
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

// splitScopes takes lists apart as Zoom's pages and answers write them.
func splitScopes(lists []string) []string {
	return strings.FieldsFunc(strings.Join(lists, ","), func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
}
