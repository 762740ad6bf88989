package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// An error names the flag, and the values that it accepts.
func TestRefusedFlags(t *testing.T) {
	const (
		levels  = `--log.level must be debug, info, warn or error, not `
		address = `--web.listen-address must be an address with a port, such as :19666, not `
	)
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--log.level=trace"}, levels + `"trace"`},
		{[]string{"--log.level", "INFO"}, levels + `"INFO"`},
		{[]string{"check", "--log.level=loud\n"}, levels + `"loud\n"`},
		{[]string{"--log.format=console"}, `--log.format must be logfmt or json, not "console"`},
		{[]string{"--log.level"}, `--log.level needs a value, as in --log.level=info`},
		{[]string{"--log.level", "--demo"}, `--log.level needs a value`},
		{[]string{"--config.file"}, `--config.file needs a value, as in --config.file=FILE`},
		{[]string{"--config.file=", "check"}, `--config.file needs a value`},
		{[]string{"hash", "--storage.path", ""}, `--storage.path needs a value, as in --storage.path=DIR`},
		{[]string{"--web.config.file"}, `--web.config.file needs a value`},
		{[]string{"--demo=yes"}, `--demo takes no value; write --demo or --no-demo, not "--demo=yes"`},
		{[]string{"--no-demo=true"}, `--demo takes no value`},
		{[]string{"--web.enable-reload=false"}, `--web.enable-reload takes no value; write --web.enable-reload or --no-web.enable-reload`},
		{[]string{"--web.systemd-socket=1"}, `--web.systemd-socket takes no value`},
		{[]string{"check", "--config-only=1"}, `--config-only takes no value`},
		{[]string{"--web.listen-address="}, `--web.listen-address needs a value, as in --web.listen-address=:19666`},
		{[]string{"--web.listen-address=19666"}, address + `"19666"`},
		{[]string{"--web.listen-address=:19666", "--web.listen-address=::1"}, address + `"::1"`},
		{[]string{"--web.listen-address=127.0.0.1:"}, address + `"127.0.0.1:"`},
		{[]string{"--web.listen-address=:70000"}, address + `":70000"`},
		{[]string{"--web.listen-address=localhost:nowhere"}, address + `"localhost:nowhere"`},
		{[]string{"--debug.listen-address=6060"}, `--debug.listen-address must be an address with a port, such as 127.0.0.1:6060, not "6060"`},
		{[]string{"--nope"}, `'--nope'`},
		{[]string{"-x"}, `'-x'`},
		{[]string{"--no-log.level"}, `'--no-log.level'`},
		{[]string{"--no-log.level=info"}, `'--no-log.level'`},
		{[]string{"--log.level=info", "--log.level=warn"}, `'log.level' cannot be repeated`},
		{[]string{"healthcheck", "--url"}, `--url needs a value`},
		{[]string{"frobnicate"}, `unexpected frobnicate`},
	} {
		var out, errs bytes.Buffer
		status := run(context.Background(), tt.args, process{
			stdin: strings.NewReader(""), stdout: &out, stderr: &errs,
			getenv: func(string) (string, bool) { return "", false },
		})
		got := errs.String()
		if status != exitUsage || !strings.HasPrefix(got, "zoom-qos-exporter: ") || !strings.Contains(got, tt.want) || !strings.HasSuffix(got, "; see zoom-qos-exporter --help\n") {
			t.Errorf("%q: status %d, want %d and %s in %s", tt.args, status, exitUsage, tt.want, got)
		}
		if out.Len() > 0 || strings.Count(got, "\n") != 1 {
			t.Errorf("%q: more than one line: %s%s", tt.args, out.String(), got)
		}
	}
}

func TestAcceptedFlags(t *testing.T) {
	env := map[string]string{"ZOOM_ACCOUNT_ID": "a", "ZOOM_CLIENT_ID": "c", "ZOOM_CLIENT_SECRET": "s"}
	for _, args := range [][]string{
		{"--log.level", "debug"}, {"--log.format=json"}, {"--log.format=logfmt", "--log.level=error"},
		{"--web.config.file="}, {"--no-demo"}, {"--no-web.enable-reload"},
		{"--web.listen-address=[::1]:0", "--web.listen-address", "localhost:http", "--web.listen-address=vsock://:9100"},
		{"--debug.listen-address=127.0.0.1:6060"},
	} {
		var out bytes.Buffer
		status := run(context.Background(), append(args, "check", "--config-only"), process{
			stdin: strings.NewReader(""), stdout: &out, stderr: &out,
			getenv: func(name string) (string, bool) { s, ok := env[name]; return s, ok },
		})
		if status != exitOK {
			t.Errorf("%q: status %d: %s", args, status, out.String())
		}
	}
	var out bytes.Buffer
	if status := run(context.Background(), []string{"hash", "--config.file=testdata/none.yaml", "--", "--log.level"}, process{stderr: &out}); status != exitFailed || strings.Contains(out.String(), "needs a value") {
		t.Errorf("an argument is treated as a flag: status %d: %s", status, out.String())
	}
}
