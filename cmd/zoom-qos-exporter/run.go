package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/version"
	toolkit "github.com/prometheus/exporter-toolkit/web"
	"github.com/prometheus/exporter-toolkit/web/kingpinflag"
	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/cli"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
)

// defaultAddress has a port that is free in Prometheus's list of default ports; on
// the keys of a telephone, 9666 spells ZOOM.
const defaultAddress = ":19666"

// Environment variables that set flags, for containers.
const (
	storageVariable = "ZOOM_QOS_STORAGE_PATH" // --storage.path
	healthVariable  = "ZOOM_QOS_HEALTH_URL"   // healthcheck --url
)

// Exit statuses.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// process is the process around the program.
type process struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) (string, bool)
	environ        []string // as os.Environ returns it
	reload         <-chan os.Signal
}

// program is a run of the program, with its flags.
type program struct {
	process
	clock clock.Clock
	log   *zap.Logger
	load  func() (*config.Config, error) // reads the configuration

	configFile  string
	storagePath string
	// storageGiven is true if the flag is set, and not only the variable of the
	// container image.
	storageGiven bool
	demo         bool
	notice       string // for the page
	web          *toolkit.FlagConfig
	webReload    bool
	debugAddress string // "" for no profiles

	userID int // of the user who runs it
	// gracePeriod is how long a stopping process waits for a reload, and a
	// starting one for another process to release the storage.
	gracePeriod time.Duration

	checkConfigOnly bool
	noticeAfter     time.Duration // how long check waits before it says what for
	hashValues      []string
	healthURL       string
}

// run runs the program and returns its exit status.
func run(ctx context.Context, args []string, p process) int {
	pr := &program{process: p, clock: clock.System{}, userID: os.Geteuid(), gracePeriod: 2 * time.Second, noticeAfter: 2 * time.Second}
	pr.load = pr.configuration
	command, status := pr.parse(args)
	if command == nil {
		return status
	}
	return command(ctx)
}

// parse reads the command line and returns the command to run, or nil and the
// exit status where there is none.
func (p *program) parse(args []string) (command func(context.Context) int, status int) {
	app := kingpin.New("zoom-qos-exporter",
		"Prometheus exporter for the quality of live Zoom meetings and webinars.\n\n"+
			"A single account needs no configuration file: set ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET (each also with the suffix _FILE), "+
			"and ZOOM_PLAN if the plan is not business. To see a simulated company without an account: zoom-qos-exporter --demo")
	app.UsageWriter(p.stdout)
	app.ErrorWriter(p.stderr)
	ended := -1
	app.Terminate(func(status int) { ended = status })
	app.HelpFlag.Short('h')
	app.Version(version.Print("zoom-qos-exporter"))

	app.Flag("config.file", "YAML file with accounts, privacy, sites, readings, metrics and limits. Without it, environment variables configure one account.").
		PlaceHolder("FILE").StringVar(&p.configFile)
	app.Flag("storage.path", "Directory for what must survive restarts: the count of the day's requests, the counters of readings, and the key of hashed labels. It is created if missing.").
		PlaceHolder("DIR").Envar(storageVariable).StringVar(&p.storagePath)
	app.GetFlag("storage.path").IsSetByUser(&p.storageGiven)
	var logLevel, logFormat string
	cli.ChoiceVar(app, &logLevel, "log.level", "Least severe log lines to write", "info", "debug", "info", "warn", "error")
	cli.ChoiceVar(app, &logFormat, "log.format", "Format of log lines", formatLogfmt, formatLogfmt, formatJSON)

	app.Flag("demo", "Run with a built-in simulated Zoom, without an account, a configuration or a network. A --config.file may set privacy, sites, readings, metrics, limits and probe; for other sections the demo has its own settings.").BoolVar(&p.demo)
	p.web = kingpinflag.AddFlags(app, defaultAddress)
	var addressGiven bool
	app.GetFlag("web.listen-address").IsSetByUser(&addressGiven)
	app.Flag("web.enable-reload", "Reload the configuration on POST /-/reload. SIGHUP always reloads it.").
		Default("true").BoolVar(&p.webReload)
	app.Flag("debug.listen-address", "Address on which to serve Go's profiles at /debug/pprof/, such as "+debugExample+". By default they are not served. This address has neither TLS nor passwords, so keep it on loopback.").
		PlaceHolder("ADDRESS").StringVar(&p.debugAddress)

	commands := map[string]func(context.Context) int{}
	serve := app.Command("serve", "Answer scrapes (the default).").Default()
	commands[serve.FullCommand()] = p.simulated(p.configured(p.serve))

	check := app.Command("check", "Test what the exporter needs to start, then the token, its scopes and each endpoint once. Report what works, what is missing and what to do about it.")
	check.Flag("config-only", "Only read the configuration. Files and variables that it refers to may be missing.").BoolVar(&p.checkConfigOnly)
	commands[check.FullCommand()] = p.simulated(p.check)

	hash := app.Command("hash", "Print the hash by which an e-mail address or user id appears in hashed labels.")
	hash.Arg("value", "E-mail addresses or user ids. Without any, they are read from standard input, one per line, which keeps them out of the shell's history. Put -- before a value that begins with -: zoom-qos-exporter hash -- -abc").StringsVar(&p.hashValues)
	commands[hash.FullCommand()] = p.hash

	health := app.Command("healthcheck", "Check the health of a running exporter; for containers without a shell.").Hidden()
	health.Flag("url", "Address of its health page.").Default("http://127.0.0.1" + defaultAddress + "/-/healthy").Envar(healthVariable).StringVar(&p.healthURL)
	commands[health.FullCommand()] = p.healthcheck

	printVersion := app.Command("version", "Print the version.")
	commands[printVersion.FullCommand()] = func(context.Context) int {
		fmt.Fprintln(p.stdout, version.Print("zoom-qos-exporter"))
		return exitOK
	}

	var name string
	err := checkArguments(app, args)
	if err == nil {
		name, err = app.Parse(args)
	}
	if ended >= 0 {
		return nil, ended
	}
	if p.demo && !addressGiven {
		*p.web.WebListenAddresses = []string{"127.0.0.1" + defaultAddress} // nobody else needs to reach it
	}
	if err == nil {
		err = p.checkAddresses()
	}
	if err != nil {
		fmt.Fprintf(p.stderr, "zoom-qos-exporter: %v; see zoom-qos-exporter --help\n", err)
		return nil, exitUsage
	}
	p.log = newLogger(p.stderr, logLevel, logFormat)
	return func(ctx context.Context) int {
		defer func() { _ = p.log.Sync() }() // nobody reads why the last lines are missing
		return commands[name](ctx)
	}, exitOK
}

// simulated runs a command with the demo's simulated Zoom if --demo is set.
func (p *program) simulated(command func(context.Context) int) func(context.Context) int {
	return func(ctx context.Context) int {
		if p.demo {
			d, err := p.startDemo()
			if err != nil {
				return p.failed("the demo could not be started", err)
			}
			defer d.close()
		}
		return command(ctx)
	}
}

// configured runs a command with the configuration.
func (p *program) configured(command func(context.Context, *config.Config) int) func(context.Context) int {
	return func(ctx context.Context) int {
		cfg, err := p.load()
		if err != nil {
			fmt.Fprintln(p.stderr, err)
			return exitFailed
		}
		return command(ctx, cfg)
	}
}

// configuration reads the configuration from where the flags say it is.
func (p *program) configuration() (*config.Config, error) {
	if p.configFile != "" {
		return config.Load(p.configFile, p.getenv)
	}
	return config.FromEnv(p.getenv, p.environ...)
}
