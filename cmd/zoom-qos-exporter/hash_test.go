package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/accounts"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// runHash runs the subcommand.
func runHash(stdin string, args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	status = run(context.Background(), append([]string{"hash"}, args...), process{
		stdin: strings.NewReader(stdin), stdout: &out, stderr: &errs,
		getenv: func(string) (string, bool) { return "", false },
	})
	return status, out.String(), errs.String()
}

// configWithKey writes a configuration with a key, and with an account whose
// credentials are unavailable.
func configWithKey(t *testing.T, key string) (configFile string) {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "key"), key+"\n")
	configFile = filepath.Join(dir, "config.yaml")
	write(t, configFile, "accounts: [{account_id_env: A, client_id_env: B, client_secret_file: /nowhere/secret}]\nprivacy: {key_file: key}\n")
	return configFile
}

func TestHashNeedsNoCredentials(t *testing.T) {
	key := strings.Repeat("k", 32)
	file := configWithKey(t, key)
	want := qos.HashOf([]byte(key), "person@example.com") + "\n"
	if status, stdout, stderr := runHash("", "--config.file="+file, "person@example.com"); status != exitOK || stdout != want || stderr != "" {
		t.Errorf("status %d, %q, %s", status, stdout, stderr)
	}
	// The configured key takes precedence over the storage directory's, as in serve.
	storage := t.TempDir()
	write(t, filepath.Join(storage, accounts.KeyFile), strings.Repeat("s", 32)+"\n")
	if _, stdout, stderr := runHash("", "--config.file="+file, "--storage.path="+storage, "person@example.com"); stdout != want {
		t.Errorf("beside a storage directory: %q, %s", stdout, stderr)
	}
	write(t, file, "privcy: {key_file: key}\n")
	if status, stdout, stderr := runHash("", "--config.file="+file, "--storage.path="+storage, "x"); status != exitFailed || stdout != "" || !strings.Contains(stderr, "did you mean privacy?") {
		t.Errorf("with a misspelt section: status %d, %q, %s", status, stdout, stderr)
	}
	write(t, file, "privacy: {}\n")
	if status, _, stderr := runHash("", "--config.file="+file, "x"); status != exitFailed || !strings.Contains(stderr, "no persistent key") {
		t.Errorf("without a key: status %d, %s", status, stderr)
	}
}

// User ids are in base64 and may begin with a hyphen.
func TestHashOfValuesThatLookLikeFlags(t *testing.T) {
	key := strings.Repeat("k", 32)
	file := configWithKey(t, key)
	want := qos.HashOf([]byte(key), "-abc") + "\n" + qos.HashOf([]byte(key), "--help") + "\n"
	if status, stdout, stderr := runHash("", "--config.file="+file, "--", "-abc", "--help"); status != exitOK || stdout != want {
		t.Errorf("behind --: status %d, %q, %s", status, stdout, stderr)
	}
	if status, stdout, stderr := runHash("-abc\n--help\n", "--config.file="+file); status != exitOK || stdout != want {
		t.Errorf("by standard input: status %d, %q, %s", status, stdout, stderr)
	}
	if status, _, _ := runHash("", "--config.file="+file, "-abc"); status != exitUsage {
		t.Errorf("as a flag: status %d", status)
	}
	_, stdout, stderr := runHash("", "--help")
	for _, want := range []string{"standard input", "hash -- -abc"} {
		if help := strings.Join(strings.Fields(stdout+stderr), " "); !strings.Contains(help, want) {
			t.Errorf("the help does not mention %q:\n%s", want, help)
		}
	}
}

func TestHashFailsIfItCannotWrite(t *testing.T) {
	var stderr bytes.Buffer
	status := run(t.Context(), []string{"hash", "--config.file=" + configWithKey(t, strings.Repeat("k", 32)), "x"}, process{
		stdin: strings.NewReader(""), stdout: fullDisk{}, stderr: &stderr,
		getenv: func(string) (string, bool) { return "", false },
	})
	if status != exitFailed || !strings.Contains(stderr.String(), "no space left") {
		t.Errorf("status %d, %s", status, stderr.String())
	}
}

// A value that begins with @ is a value, not a file to read arguments from.
func TestMainDoesNotExpandArguments(t *testing.T) {
	key := strings.Repeat("k", 32)
	file := configWithKey(t, key)
	existing := filepath.Join(filepath.Dir(file), "key")
	stdout, stderr, err := runMain(t, nil, "hash", "--config.file="+file, "@example.com", "@"+existing)
	want := qos.HashOf([]byte(key), "@example.com") + "\n" + qos.HashOf([]byte(key), "@"+existing) + "\n"
	if err != nil || stdout != want {
		t.Errorf("%v: %q, %s", err, stdout, stderr)
	}
}
