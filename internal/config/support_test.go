package config

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// secretWord is every secret; no message may contain it.
const secretWord = "s3cr3tw0rd"

const credentials = `account_id: a, client_id: c, client_secret: ` + secretWord

// account returns a file with one account, which has credentials and these keys.
func account(keys string) string {
	if keys != "" {
		keys = ", " + keys
	}
	return "accounts:\n- {" + credentials + keys + "}\n"
}

func env(pairs ...string) func(string) (string, bool) {
	m := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return func(name string) (string, bool) {
		s, ok := m[name]
		return s, ok
	}
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func loadText(t *testing.T, text string, getenv func(string) (string, bool)) (*Config, error) {
	t.Helper()
	return Load(write(t, t.TempDir(), "config.yaml", text), getenv)
}

func mustLoad(t *testing.T, text string) *Config {
	t.Helper()
	c, err := loadText(t, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// errorLines returns the errors in err, without the file's directory.
func errorLines(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var errs Errors
	if !errors.As(err, &errs) {
		t.Fatalf("%T is not Errors: %v", err, err)
	}
	var lines []string
	for _, e := range errs {
		short := *e
		if short.File != "" {
			short.File = filepath.Base(short.File)
		}
		lines = append(lines, short.Error())
	}
	return lines
}
