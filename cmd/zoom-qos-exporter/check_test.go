package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// A check fails because of another exporter, but not because of the one with the
// same flags.
func TestCheckBesideExporter(t *testing.T) {
	env := newRig(t)
	dir := t.TempDir()
	held, other := filepath.Join(dir, "held"), filepath.Join(dir, "other")
	if err := os.Mkdir(other, 0o700); err != nil {
		t.Fatal(err)
	}
	r := start(t, env, nil, "--storage.path="+held)
	at := "--web.listen-address=" + strings.TrimPrefix(r.url, "http://")
	for name, c := range map[string]struct {
		args   []string
		status int
		says   []string
	}{
		"the same flags": {
			[]string{at, "--storage.path=" + held}, exitOK,
			[]string{"note storage " + held + " is in use by the running exporter, which answers at", "ok hash key in the storage", "note listen address", "in use by the exporter that answers there", "READY: everything"},
		},
		"no storage": {
			[]string{at}, exitOK, []string{"note listen address", "in use by the exporter that answers there", "READY: everything"},
		},
		"another storage": {
			[]string{at, "--storage.path=" + other}, exitFailed,
			[]string{"ok storage", "FAILED listen address", "is in use by another exporter, which does not use the storage " + other, "NOT READY: the exporter would not start"},
		},
		"another address": {
			[]string{free, "--storage.path=" + held}, exitFailed,
			[]string{"FAILED storage", "no exporter answers at 127.0.0.1:0", "run check with the exporter's --web.listen-address", "ok listen address"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := runToEnd(t, env, append(c.args, "check")...)
			if o.status != c.status {
				t.Errorf("status %d, want %d", o.status, c.status)
			}
			for _, want := range c.says {
				if !strings.Contains(o.words(), want) {
					t.Errorf("it does not say %q", want)
				}
			}
			if t.Failed() {
				t.Log(o.stdout, o.stderr)
			}
		})
	}
	if status := r.stop(); status != exitOK {
		t.Errorf("the exporter exited with status %d:\n%s", status, r.stderr)
	}
}

// check and healthcheck recognize an exporter behind TLS or a password.
func TestCheckBesideGuardedExporter(t *testing.T) {
	env := newRig(t)
	for name, config := range map[string]string{
		"TLS": "tls_server_config: {cert_file: web.crt, key_file: web.key}\n", "a password": password,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			certificate(t, dir)
			file := filepath.Join(dir, "web.yaml")
			write(t, file, config)
			args := []string{"--web.config.file=" + file, "--storage.path=" + filepath.Join(dir, "storage")}
			r := start(t, env, nil, args...)
			o := runToEnd(t, env, append(args, "--web.listen-address="+strings.TrimPrefix(r.url, "http://"), "check")...)
			if o.status != exitOK || !strings.Contains(o.words(), "in use by the exporter that answers there") {
				t.Errorf("status %d:\n%s", o.status, o.stdout)
			}
			if status, stderr := checkHealth(t, r.url+"/-/healthy"); status != exitOK {
				t.Errorf("not healthy: %s", stderr)
			}
		})
	}
}

// If an account's secret is missing, check still checks the other accounts, and
// --config-only succeeds.
func TestCheckWithoutSecret(t *testing.T) {
	env := newRig(t)
	file := filepath.Join(t.TempDir(), "config.yaml")
	second := strings.ReplaceAll(accountEntry("account-2", env), "client_secret_env: ZOOM_CLIENT_SECRET", "client_secret_file: /nowhere/secret")
	second = strings.Replace(second, "/v2", "/second/v2", 1) // one account may not be configured twice
	write(t, file, "accounts:\n"+accountEntry("account-1", env)+second)

	args := []string{free, "--config.file=" + file}
	o := runToEnd(t, env, append(args, "--storage.path="+t.TempDir(), "check")...)
	for _, want := range []string{
		"FAILED configuration " + file, "accounts[1].client_secret_file: the file cannot be read",
		"account account-1 ok settings", "ok meeting QoS", "account account-2 ok settings", "skipped token the credentials cannot be read",
		"NOT READY: the exporter would not start: see",
	} {
		if !strings.Contains(o.words(), want) {
			t.Errorf("it does not say %q:\n%s", want, o.stdout)
		}
	}
	if started, served := serveBriefly(t, env, args...); started || o.status != exitFailed || served.status != exitFailed {
		t.Errorf("check exits with status %d, and serve starts: %v", o.status, started)
	}

	o = runToEnd(t, env, append(args, "check", "--config-only")...)
	for _, want := range []string{"note unavailable " + file, "client_secret_file", "The configuration is valid, but not all that it refers to is available here"} {
		if !strings.Contains(o.words(), want) {
			t.Errorf("with --config-only it does not say %q:\n%s", want, o.stdout)
		}
	}
	if o.status != exitOK || o.stderr != "" {
		t.Errorf("with --config-only: status %d, %s", o.status, o.stderr)
	}
}

// --config-only needs nothing but the configuration.
func TestCheckConfigOnly(t *testing.T) {
	env := newRig(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "config.yaml")
	write(t, file, "accounts:\n"+accountEntry("default", env))
	args := []string{
		"check", "--config-only", "--config.file=" + file,
		"--storage.path=" + file, "--web.config.file=" + filepath.Join(dir, "nowhere"), "--web.listen-address=192.0.2.1:1",
	}
	if o := runToEnd(t, env, args...); o.status != exitOK || strings.Contains(o.stdout, "FAILED") || o.stderr != "" {
		t.Errorf("status %d:\n%s%s", o.status, o.stdout, o.stderr)
	}
	write(t, file, "accounts:\n"+strings.ReplaceAll(accountEntry("default", env), "unlimited", "none")+"    reserve: 2\nsites: 3\n")
	o := runToEnd(t, env, args...)
	for _, want := range []string{"accounts[0].plan", "accounts[0].reserve", "sites"} {
		if !strings.Contains(o.stderr, want) {
			t.Errorf("%q is not among the errors:\n%s", want, o.stderr)
		}
	}
	if o.status != exitFailed || o.stdout != "" {
		t.Errorf("status %d, output %q", o.status, o.stdout)
	}
}

func TestCheckDemo(t *testing.T) {
	if o := runToEnd(t, nil, free, "check", "--demo"); o.status != exitOK || !strings.Contains(o.words(), "read from the demo") || !strings.Contains(o.words(), "READY") {
		t.Errorf("status %d:\n%s%s", o.status, o.stdout, o.stderr)
	}
}

// fullDisk fails every write.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// A check must not succeed without its report.
func TestCheckWithUnwritableReport(t *testing.T) {
	env := newRig(t)
	for _, args := range [][]string{{"check", "--config-only"}, {free, "check"}} {
		var stderr output
		status := run(t.Context(), args, process{
			stdin: strings.NewReader(""), stdout: fullDisk{}, stderr: &stderr,
			getenv: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		})
		if status != exitFailed || !strings.Contains(stderr.String(), "writing the report failed") || !strings.Contains(stderr.String(), "no space left") {
			t.Errorf("%v: status %d, %q", args, status, stderr.String())
		}
	}
}

// The demo listens on loopback by default, and check tries the same address.
func TestDemoAddress(t *testing.T) {
	p := &program{process: process{stdout: io.Discard, stderr: io.Discard}}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--demo"}, "127.0.0.1:19666"}, {[]string{"--demo", "--web.listen-address=:1"}, ":1"}, {nil, ":19666"},
	} {
		*p = program{process: p.process}
		if command, _ := p.parse(c.args); command == nil {
			t.Fatalf("%v: not accepted", c.args)
		}
		if got := *p.web.WebListenAddresses; !slices.Equal(got, []string{c.want}) {
			t.Errorf("%v: %v, want %s", c.args, got, c.want)
		}
	}
}
