package config

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// A file or variable that is missing on this machine leaves the configuration valid.
func TestAbsent(t *testing.T) {
	dir := t.TempDir()
	empty := write(t, dir, "empty", "\n")
	for name, tt := range map[string]struct {
		text   string
		absent bool
	}{
		"a secret's file":                {"accounts: [{account_id: a, client_id: c, client_secret_file: nowhere}]", true},
		"a variable":                     {"accounts: [{account_id: a, client_id_env: NOWHERE, client_secret: s}]", true},
		"an authority, and a key":        {account("ca_file: nowhere.pem") + "privacy: {key_file: nowhere}", true},
		"an empty file":                  {"accounts: [{account_id: a, client_id: c, client_secret_file: " + empty + "}]", false},
		"a directory":                    {"accounts: [{account_id: a, client_id: c, client_secret_file: " + dir + "}]", false},
		"no secret at all":               {"accounts: [{account_id: a, client_id: c}]", false},
		"a file, and something else":     {"accounts: [{account_id: a, client_id: c, client_secret_file: nowhere, plan: golden}]", false},
		"a file, and a misspelt section": {"accounts: [{account_id: a, client_id: c, client_secret_file: nowhere}]\nsitse: []", false},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := loadText(t, tt.text, nil)
			errs, ok := errors.AsType[Errors](err)
			if !ok || errs.AllAbsent() != tt.absent || (c != nil) != tt.absent {
				t.Errorf("a configuration: %v; errors: %v", c != nil, err)
			}
			if c != nil && len(c.Accounts) != 1 {
				t.Errorf("%d accounts", len(c.Accounts))
			}
		})
	}
	c, err := FromEnv(env("ZOOM_ACCOUNT_ID", "a", "ZOOM_CLIENT_ID", "c", "ZOOM_CLIENT_SECRET_FILE", filepath.Join(dir, "nowhere")))
	if errs, ok := errors.AsType[Errors](err); !ok || !errs.AllAbsent() || c == nil || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("from the environment: %v", err)
	}
	if _, err := Load(filepath.Join(dir, "nowhere.yaml"), nil); err == nil {
		t.Error("a configuration that is not there is loaded")
	}
}
