package main

import (
	"bufio"
	"encoding/json"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
)

func TestLogFormats(t *testing.T) {
	const at = `20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`
	for format, want := range map[string]string{
		formatLogfmt: `^ts=` + at + ` level=warn logger=web msg="it \\"fails\\"" account=default within=1m30s\n$`,
		formatJSON:   `^\{"level":"warn","ts":"` + at + `","logger":"web","msg":"it \\"fails\\"","account":"default","within":"1m30s"\}\n$`,
	} {
		var out strings.Builder
		log := newLogger(&out, "warn", format).Named("web").With(zap.String("account", "default"))
		log.Info("left out")
		log.Warn(`it "fails"`, zap.Duration("within", 90*time.Second))
		if err := log.Sync(); err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("%s: %s", format, out.String())
		}
	}
}

// Libraries log by slog in the same format.
func TestSlogFormat(t *testing.T) {
	var out strings.Builder
	log := newLogger(&out, "info", formatLogfmt)
	slogger(log).Info("Listening on", "address", "127.0.0.1:19666", "http2", false)
	if err := log.Sync(); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(out.String(), ` level=info logger=web msg="Listening on" address=127.0.0.1:19666 http2=false`+"\n") {
		t.Error(out.String())
	}
}

// A standard error that takes no more lines, such as a stopped terminal's, delays
// nobody who logs.
func TestStuckLogDelaysNobody(t *testing.T) {
	read, write := io.Pipe()
	log := newLogger(write, "info", formatLogfmt)
	log.Info("first")
	log.Info("second") // returns although nobody reads
	line, err := bufio.NewReader(read).ReadString('\n')
	if err != nil || !strings.HasSuffix(line, "msg=first\n") {
		t.Errorf("%q (%v)", line, err)
	}
	_ = read.Close() // ends the writing
	if err := log.Sync(); err != nil {
		t.Error(err)
	}
}

// The default is logfmt; with --log.format=json every line is JSON.
func TestLogFormatFlag(t *testing.T) {
	sim := newRig(t)
	r := start(t, sim, nil)
	r.stop()
	for line := range strings.Lines(r.stderr.String()) {
		if !strings.HasPrefix(line, "ts=") {
			t.Errorf("no logfmt: %s", line)
		}
	}
	r = start(t, sim, nil, "--log.format=json")
	r.stop()
	for line := range strings.Lines(r.stderr.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("no JSON: %s", line)
		}
	}
}
