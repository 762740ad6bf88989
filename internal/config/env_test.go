package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
)

func TestFromEnv(t *testing.T) {
	dir := t.TempDir()
	c, err := FromEnv(env(
		"ZOOM_ACCOUNT_NAME", "main", "ZOOM_ACCOUNT_ID", "a", "ZOOM_ACCOUNT_ID_FILE", "", "ZOOM_CLIENT_ID", "c",
		"ZOOM_CLIENT_SECRET_FILE", write(t, dir, "secret", secretWord+"\n"),
		"ZOOM_PLAN", "unlimited", "ZOOM_API_URL", "http://192.0.2.1:8080/v2/", "ZOOM_OAUTH_URL", "https://zoom.example.com/token",
		"ZOOM_ALLOW_HTTP", "true", "ZOOM_RESERVE", "0", "ZOOM_TIME_ZONE", "Asia/Tokyo",
	))
	if err != nil {
		t.Fatal(err)
	}
	a := c.Accounts[0]
	if a.Name != "main" || a.AccountID != "a" || a.ClientID != "c" || a.ClientSecret != secretWord ||
		a.Plan != budget.Unlimited || a.RateLimits != (budget.Limits{}) || a.Reserve != 0 || a.TimeZone.String() != "Asia/Tokyo" ||
		a.APIURL.String() != "http://192.0.2.1:8080/v2" || !a.APIURLFixed || a.OAuthURL.String() != "https://zoom.example.com/token" || !a.AllowHTTP {
		t.Errorf("account %+v", a)
	}

	c, err = FromEnv(env("ZOOM_ACCOUNT_ID", "a", "ZOOM_CLIENT_ID", "c", "ZOOM_CLIENT_SECRET", secretWord))
	if err != nil {
		t.Fatal(err)
	}
	file := mustLoad(t, account(""))
	if got, want := c.Accounts[0], file.Accounts[0]; got.Name != "default" || got.RateLimits != want.RateLimits || got.Collect != want.Collect || got.Reserve != want.Reserve || *got.APIURL != *want.APIURL {
		t.Errorf("from the environment %+v, from a file %+v", got, want)
	}
	if !reflect.DeepEqual(c.Privacy, file.Privacy) || c.Limits != file.Limits {
		t.Error("the defaults differ from those of a file")
	}
}

func TestFromEnvErrors(t *testing.T) {
	_, err := FromEnv(nil)
	want := []string{
		"ZOOM_ACCOUNT_ID: is missing; set one of ZOOM_ACCOUNT_ID, ZOOM_ACCOUNT_ID_FILE",
		"ZOOM_CLIENT_ID: is missing; set one of ZOOM_CLIENT_ID, ZOOM_CLIENT_ID_FILE",
		"ZOOM_CLIENT_SECRET: is missing; set one of ZOOM_CLIENT_SECRET, ZOOM_CLIENT_SECRET_FILE",
	}
	if got := errorLines(t, err); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}

	_, err = FromEnv(env(
		"ZOOM_ACCOUNT_NAME", "a b", "ZOOM_ACCOUNT_ID", "a", "ZOOM_CLIENT_ID", secretWord+"\n",
		"ZOOM_CLIENT_SECRET", secretWord, "ZOOM_CLIENT_SECRET_FILE", secretWord,
		"ZOOM_PLAN", "enterprise", "ZOOM_API_URL", "http://192.0.2.1/v2", "ZOOM_OAUTH_URL", secretWord,
		"ZOOM_ALLOW_HTTP", "1", "ZOOM_RESERVE", "100%", "ZOOM_TIME_ZONE", "Local",
	))
	got := errorLines(t, err)
	var names []string
	for _, line := range got {
		name, message, _ := strings.Cut(line, ": ")
		names = append(names, name)
		if message == "" || strings.Contains(line, secretWord) {
			t.Errorf("message %q", line)
		}
	}
	wantNames := []string{
		"ZOOM_ACCOUNT_NAME", "ZOOM_ALLOW_HTTP", "ZOOM_API_URL", "ZOOM_OAUTH_URL", "ZOOM_PLAN",
		"ZOOM_RESERVE", "ZOOM_TIME_ZONE", "ZOOM_CLIENT_ID", "ZOOM_CLIENT_SECRET_FILE",
	}
	if !slices.Equal(names, wantNames) {
		t.Errorf("errors of %q:\n%s", names, strings.Join(got, "\n"))
	}
}

// credentialsAnd returns pairs of variables with the required ones.
func credentialsAnd(pairs ...string) []string {
	return append([]string{"ZOOM_ACCOUNT_ID", "a", "ZOOM_CLIENT_ID", "c", "ZOOM_CLIENT_SECRET", secretWord}, pairs...)
}

// Messages about a variable name variables, not keys of the file.
func TestFromEnvNamesVariables(t *testing.T) {
	for _, x := range []struct{ name, value, want string }{
		{"ZOOM_API_URL", "http://example.com/v2", "is plain http, which would expose the token to the network; write https, or set ZOOM_ALLOW_HTTP=true if the network is trusted"},
		{"ZOOM_OAUTH_URL", "http://example.com/token", "is plain http, which would expose the token to the network; write https, or set ZOOM_ALLOW_HTTP=true if the network is trusted"},
		{"ZOOM_API_URL", "https://u:p@example.com/v2", "must not contain a user or password; set ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET instead"},
		{"ZOOM_ALLOW_HTTP", "1", "must be true or false"},
	} {
		_, err := FromEnv(env(credentialsAnd(x.name, x.value)...))
		if got := errorLines(t, err); !slices.Equal(got, []string{x.name + ": " + x.want}) {
			t.Errorf("%s=%s gave %q", x.name, x.value, got)
		}
	}
}

// A variable is text, whatever YAML would make of it.
func TestFromEnvIsText(t *testing.T) {
	for _, name := range []string{"true", "null", "0x10", "2026-03-02"} {
		c, err := FromEnv(env(credentialsAnd("ZOOM_ACCOUNT_NAME", name)...))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := c.Accounts[0].Name; got != name {
			t.Errorf("%s became %q", name, got)
		}
	}
}

func TestFromEnvWarnsOfUnknownVariables(t *testing.T) {
	const known = "; known are ZOOM_ACCOUNT_NAME, ZOOM_ACCOUNT_ID, "
	for name, x := range map[string]struct {
		environ []string
		want    []string // the beginnings of the warnings
	}{
		"mistyped": {[]string{"ZOOM_RESERV=" + secretWord, "ZOOM_CLIENT_SECRT=" + secretWord}, []string{
			"ZOOM_CLIENT_SECRT in the environment is unknown and ignored; did you mean ZOOM_CLIENT_SECRET?",
			"ZOOM_RESERV in the environment is unknown and ignored; did you mean ZOOM_RESERVE?",
		}},
		"letters swapped": {[]string{"ZOOM_PALN=pro"}, []string{"ZOOM_PALN in the environment is unknown and ignored; did you mean ZOOM_PLAN?"}},
		"like none":       {[]string{"ZOOM_TOKEN=" + secretWord}, []string{"ZOOM_TOKEN in the environment is unknown and ignored" + known}},
		"known":           {[]string{"ZOOM_PLAN=pro", "ZOOM_CLIENT_SECRET_FILE=/x"}, nil},
		"flags":           {[]string{"ZOOM_QOS_STORAGE_PATH=/x", "ZOOM_QOS_EXPORTER_PORT=tcp://192.0.2.1:80"}, nil},
		"others' names":   {[]string{"HOME=/x", "ZOOMED=1", "XZOOM_PLAN=pro", "=ZOOM_X"}, nil},
		"empty":           {[]string{"ZOOM_RESERV=", "ZOOM_RESERV"}, nil},
		"no word":         {[]string{"ZOOM_A\nB=1", "ZOOM_" + strings.Repeat("A", 100) + "=1"}, nil},
		"a service's": {[]string{
			"ZOOM_SERVICE_HOST=192.0.2.1", "ZOOM_SERVICE_PORT=80", "ZOOM_SERVICE_PORT_HTTP=80", "ZOOM_PORT=tcp://192.0.2.1:80",
			"ZOOM_SIM_PORT_80_TCP=tcp://192.0.2.1:80", "ZOOM_SIM_PORT_80_TCP_PROTO=tcp", "ZOOM_SIM_PORT_80_TCP_PORT=80", "ZOOM_SIM_PORT_53_UDP_ADDR=192.0.2.1",
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := FromEnv(env(credentialsAnd()...), x.environ...)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(c.Warnings, x.want, strings.HasPrefix) || strings.Contains(strings.Join(c.Warnings, ""), secretWord) {
				t.Errorf("warnings %q, want %q", c.Warnings, x.want)
			}
		})
	}
}

// If a variable is missing, misspelt names of it are errors, too.
func TestFromEnvReportsMisspeltVariables(t *testing.T) {
	_, err := FromEnv(env("ZOOM_ACCOUNT_ID", "a", "ZOOM_CLIENT_ID", "c"),
		"ZOOM_ACCOUNT_ID=a", "ZOOM_CLIENT_ID=c", "ZOOM_CLIENT_SECRT="+secretWord, "ZOOM_TOKEN="+secretWord)
	want := []string{
		"ZOOM_CLIENT_SECRET: is missing; set one of ZOOM_CLIENT_SECRET, ZOOM_CLIENT_SECRET_FILE",
		"ZOOM_CLIENT_SECRT: is set, but there is no variable of this name; did you mean ZOOM_CLIENT_SECRET?",
	}
	if got := errorLines(t, err); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
