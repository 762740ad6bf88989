package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/accounts"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
)

// checkBeside runs check while an exporter runs.
func checkBeside(t *testing.T, env map[string]string, args ...string) outcome {
	t.Helper()
	var stdout, stderr output
	status := run(t.Context(), append(args, "check"), process{
		stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr,
		getenv: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
	})
	return outcome{stdout.String(), stderr.String(), status}
}

// The running exporter itself is no reason to fail, but any other one is.
func TestCheckBesideAnExporter(t *testing.T) {
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
			o := checkBeside(t, env, c.args...)
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
		t.Errorf("the exporter ended with %d:\n%s", status, r.stderr)
	}
}

// An exporter behind TLS or a password is recognised by check and healthcheck.
func TestCheckBesideAGuardedExporter(t *testing.T) {
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
			o := checkBeside(t, env, append(args, "--web.listen-address="+strings.TrimPrefix(r.url, "http://"))...)
			if o.status != exitOK || !strings.Contains(o.words(), "in use by the exporter that answers there") {
				t.Errorf("status %d:\n%s", o.status, o.stdout)
			}
			if status, stderr := checkHealth(t, r.url+"/-/healthy"); status != exitOK {
				t.Errorf("not healthy: %s", stderr)
			}
		})
	}
}

// Files created by root would lock out the user that the storage belongs to.
func TestCheckAsRootLeavesOthersStoragesAlone(t *testing.T) {
	r := newCheckRig(t, live(zoomsim.Options{}))
	r.user = 0
	dir := t.TempDir()
	if os.Geteuid() == 0 { // else it is somebody's already
		if err := os.Chown(dir, 1234, 1234); err != nil {
			t.Fatal(err)
		}
	}
	o := r.run(t.Context(), "check", "--storage.path="+dir)
	for _, want := range []string{"note storage " + dir + " belongs to user", "to check the storage", "ok hash key none yet", "READY, but the storage was not tried, see the note above."} {
		if !strings.Contains(o.words(), want) {
			t.Errorf("it does not say %q:\n%s", want, o.stdout)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 || o.status != exitOK {
		t.Errorf("status %d; it leaves %v (%v)", o.status, left, err)
	}
	write(t, filepath.Join(dir, accounts.KeyFile), "short")
	if o := r.run(t.Context(), "check", "--storage.path="+dir); o.status != exitFailed || !strings.Contains(o.words(), "FAILED hash key") {
		t.Errorf("with a bad key: status %d\n%s", o.status, o.stdout)
	}
}

// A storage that does not exist yet does not exist after a check either.
func TestCheckLeavesNothingBehind(t *testing.T) {
	r := newCheckRig(t, live(zoomsim.Options{}))
	dir := t.TempDir()
	for range 2 {
		o := r.run(t.Context(), "check", "--storage.path="+filepath.Join(dir, "not", "yet"))
		if o.status != exitOK || !strings.Contains(o.words(), "does not exist yet and can be created") {
			t.Errorf("status %d:\n%s", o.status, o.stdout)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("it leaves %v (%v)", left, err)
	}
}

// Without an account's secret the other accounts are checked all the same, and
// --config-only succeeds.
func TestCheckWithoutASecret(t *testing.T) {
	r := newCheckRig(t, live(zoomsim.Options{}))
	file := r.file("", "", "")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	first, second, _ := strings.Cut(string(text), "name: account-2")
	second = strings.Replace(second, "client_secret: ", "client_secret_file: /nowhere/secret # ", 1)
	write(t, file, first+"name: account-2"+second)
	storage := t.TempDir()

	o := r.run(t.Context(), "check", "--config.file", file, "--storage.path="+storage)
	for _, want := range []string{
		"FAILED configuration " + file, "accounts[1].client_secret_file: the file cannot be read",
		"account account-1 ok settings", "ok meeting QoS", "account account-2 ok settings", "skipped token the credentials cannot be read",
		"NOT READY: the exporter would not start: see",
	} {
		if !strings.Contains(o.words(), want) {
			t.Errorf("it does not say %q:\n%s", want, o.stdout)
		}
	}
	if started, served := r.serve(free, "--config.file", file); started || o.status != exitFailed || served.status != exitFailed {
		t.Errorf("check ends with %d, and serve starts: %v", o.status, started)
	}

	o = r.run(t.Context(), "check", "--config-only", "--config.file", file)
	for _, want := range []string{"note not here " + file, "client_secret_file", "The configuration is right, but not all that it refers to is here"} {
		if !strings.Contains(o.words(), want) {
			t.Errorf("by --config-only it does not say %q:\n%s", want, o.stdout)
		}
	}
	if o.status != exitOK || o.stderr != "" {
		t.Errorf("by --config-only: status %d, %s", o.status, o.stderr)
	}
}

// --config-only needs nothing but the configuration.
func TestCheckConfigOnlyNeedsNothingElse(t *testing.T) {
	r := newCheckRig(t, live(zoomsim.Options{}))
	dir := t.TempDir()
	write(t, filepath.Join(dir, "file"), "")
	args := slices.Concat([]string{"check", "--config-only", "--config.file", r.file("", "")}, []string{
		"--storage.path=" + filepath.Join(dir, "file"), "--web.config.file=" + filepath.Join(dir, "nowhere"), "--web.listen-address=192.0.2.1:1",
	})
	if o := r.run(t.Context(), args...); o.status != exitOK || strings.Contains(o.stdout, "FAILED") || o.stderr != "" {
		t.Errorf("status %d:\n%s%s", o.status, o.stdout, o.stderr)
	}
	if counts := r.sim.Counts(); counts.Tokens != 0 {
		t.Errorf("Zoom was asked for %d tokens", counts.Tokens)
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
			t.Fatalf("%v is not understood", c.args)
		}
		if got := p.addresses(); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%v: %v, want %s", c.args, got, c.want)
		}
	}
}
