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

// defaultAddress has a port that Prometheus's list of default ports leaves
// free; on a telephone's keys 9666 spells ZOOM.
const defaultAddress = ":19666"

// What a container's environment may say in place of flags.
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

// process is what the program has of the world.
type process struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) (string, bool)
	environ        []string // all of it, as os.Environ gives it
	reload         <-chan os.Signal
}

// program is a run of the program: its flags and what it has of the world.
type program struct {
	process
	clock clock.Clock
	log   *zap.Logger
	load  func() (*config.Config, error) // the configuration, anew at each call

	configFile  string
	storagePath string
	// storageGiven is whether it was by a flag: the container image gives it
	// by a variable, so that arguments of the user's own do not lose it.
	storageGiven bool
	demo         bool
	notice       string // for the page
	web          *toolkit.FlagConfig
	webAddress   bool // set by the user
	webReload    bool
	debugAddress string // "" for no profiles

	user  int           // who runs it
	letGo time.Duration // how long a process that is ending waits for a reload, and may still hold the storage

	checkConfigOnly bool
	noticeAfter     time.Duration // how long check waits before it says for what
	hashValues      []string
	healthURL       string
}

// run is the program but for the process around it.
func run(ctx context.Context, args []string, p process) int {
	pr := &program{process: p, clock: clock.System{}, user: os.Geteuid(), letGo: 2 * time.Second, noticeAfter: 2 * time.Second}
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
		"Prometheus exporter of the quality of live Zoom meetings and webinars.\n\n"+
			"One account needs no file: set ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET (each also with _FILE), "+
			"and ZOOM_PLAN if it is not business. Or see a whole company of simulated meetings at once: zoom-qos-exporter --demo")
	app.UsageWriter(p.stdout)
	app.ErrorWriter(p.stderr)
	ended := -1
	app.Terminate(func(status int) { ended = status })
	app.HelpFlag.Short('h')
	app.Version(version.Print("zoom-qos-exporter"))

	app.Flag("config.file", "YAML file with accounts, privacy, sites, readings, metrics and limits. Without it the environment names one account.").
		PlaceHolder("FILE").StringVar(&p.configFile)
	app.Flag("storage.path", "Directory for what must last over restarts: what was spent of the day's requests, and the key of hashed labels. It is created if missing.").
		PlaceHolder("DIR").Envar(storageVariable).StringVar(&p.storagePath)
	app.GetFlag("storage.path").IsSetByUser(&p.storageGiven)
	var logLevel, logFormat string
	cli.ChoiceVar(app, &logLevel, "log.level", "Least severe log lines to write", "info", "debug", "info", "warn", "error")
	cli.ChoiceVar(app, &logFormat, "log.format", "Format of log lines", formatLogfmt, formatLogfmt, formatJSON)

	app.Flag("demo", "Run on a simulated Zoom inside: no account, configuration or network is needed. A --config.file may give privacy, sites, readings, metrics, limits and probe; for a section that it lacks the demo has its own.").BoolVar(&p.demo)
	p.web = kingpinflag.AddFlags(app, defaultAddress)
	app.GetFlag("web.listen-address").IsSetByUser(&p.webAddress)
	app.Flag("web.enable-reload", "Reload the configuration on POST /-/reload. SIGHUP always reloads it.").
		Default("true").BoolVar(&p.webReload)
	app.Flag("debug.listen-address", "Address to serve Go's profiles on, at /debug/pprof/, such as "+debugExample+"; none are served without it. Nobody is asked for a password there, so keep it on loopback.").
		PlaceHolder("ADDRESS").StringVar(&p.debugAddress)

	commands := map[string]func(context.Context) int{}
	serve := app.Command("serve", "Answer scrapes (the default).").Default()
	commands[serve.FullCommand()] = p.simulated(p.configured(p.serve))

	check := app.Command("check", "Test what the exporter needs to start, then the token, its scopes and each endpoint once. Report what works, what is missing and what to do about it.")
	check.Flag("config-only", "Only read the configuration. Files and variables that it refers to may be missing.").BoolVar(&p.checkConfigOnly)
	commands[check.FullCommand()] = p.simulated(p.check)

	hash := app.Command("hash", "Print the hash by which an e-mail address or user id appears in hashed labels.")
	hash.Arg("value", "E-mail addresses or user ids; without any they are read from standard input, one a line, where they stay out of the shell's history. Put -- before a value that begins with -: zoom-qos-exporter hash -- -abc").StringsVar(&p.hashValues)
	commands[hash.FullCommand()] = p.hash

	health := app.Command("healthcheck", "Ask a running exporter whether it is healthy; for containers without a shell.").Hidden()
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

// simulated gives a command the demo's simulated Zoom, where it is asked for, for
// as long as the command runs.
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

// configured gives a command its configuration.
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
