package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// variable is an environment variable and the key of an account it stands for.
type variable struct{ name, key string }

func variables() []variable {
	return []variable{
		{"ZOOM_ACCOUNT_NAME", "name"},
		{"ZOOM_ACCOUNT_ID", "account_id"},
		{"ZOOM_ACCOUNT_ID_FILE", "account_id_file"},
		{"ZOOM_CLIENT_ID", "client_id"},
		{"ZOOM_CLIENT_ID_FILE", "client_id_file"},
		{"ZOOM_CLIENT_SECRET", "client_secret"},
		{"ZOOM_CLIENT_SECRET_FILE", "client_secret_file"},
		{"ZOOM_ALLOW_HTTP", "allow_http"},
		{"ZOOM_API_URL", "api_url"},
		{"ZOOM_OAUTH_URL", "oauth_url"},
		{"ZOOM_PLAN", "plan"},
		{"ZOOM_RESERVE", "reserve"},
		{"ZOOM_TIME_ZONE", "time_zone"},
	}
}

func variableNames() []string {
	var names []string
	for _, v := range variables() {
		names = append(names, v.name)
	}
	return names
}

// FromEnv is the configuration of the one account that ZOOM_ACCOUNT_ID,
// ZOOM_CLIENT_ID, ZOOM_CLIENT_SECRET, each of them or its _FILE, and the other
// ZOOM_ variables give; the rest has its defaults. An empty variable is as
// good as none. Its error is of type [Errors], whose paths are variables;
// absent files are treated as by [Load].
//
// Environ, which may be left out, is all of the environment as os.Environ
// gives it. Only the names in it are looked at, for such as were mistyped:
// they are among the warnings, or the errors where there are any.
func FromEnv(getenv func(string) (string, bool), environ ...string) (*Config, error) {
	d := newDecoder("", getenv)
	c := defaultConfig()
	a := d.account(d.environment())
	a.Name = cmp.Or(a.Name, defaultAccountName)
	c.Accounts = []Account{a}
	d.judgeUnknown(unknownVariables(environ))
	return d.result(c)
}

func (d *decoder) environment() object {
	o := object{names: map[string]string{}}
	for _, variable := range variables() {
		o.names[variable.key] = variable.name
		s, _ := d.getenv(variable.name)
		if s == "" {
			continue
		}
		// The tag keeps YAML's hands off: true and null are names like others.
		node := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
		v := value{path: variable.name, node: node}
		o.keys = append(o.keys, key{name: variable.key, at: v, value: v})
	}
	return o
}

const (
	prefix = "ZOOM_"
	// ownPrefix begins the variables that stand for flags.
	ownPrefix = "ZOOM_QOS_"
)

// serviceLink is what Kubernetes calls the variables by which it tells every
// container of a service: nobody mistyped those of one named zoom.
var serviceLink = regexp.MustCompile(`_SERVICE_(HOST|PORT(_.+)?)$|_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$`)

// unknownVariables are the names in environ that look like ours and are not.
func unknownVariables(environ []string) []string {
	var (
		known   = variableNames()
		unknown []string
	)
	for _, assignment := range environ {
		name, s, _ := strings.Cut(assignment, "=")
		if s == "" || !strings.HasPrefix(name, prefix) || strings.HasPrefix(name, ownPrefix) ||
			slices.Contains(known, name) || serviceLink.MatchString(name) || !word.MatchString(name) {
			continue
		}
		unknown = append(unknown, name)
	}
	slices.Sort(unknown)
	return unknown
}

// judgeUnknown warns of unknown variables. Where something else is wrong, one
// that is near to a known one may well be why.
func (d *decoder) judgeUnknown(names []string) {
	failed := len(d.errs) > 0
	for _, name := range names {
		near := nearestVariable(name)
		switch {
		case failed && near != "":
			d.fail(value{path: name}, "is set, but no variable of this name is known; did you mean %s?", near)
		case near != "":
			d.warnings = append(d.warnings, fmt.Sprintf("%s in the environment is unknown and ignored; did you mean %s?", name, near))
		default:
			d.warnings = append(d.warnings, fmt.Sprintf("%s in the environment is unknown and ignored; known are %s", name, strings.Join(variableNames(), ", ")))
		}
	}
}

// nearestVariable is the variable that name was most likely meant to be, or "".
// The prefix is left out: it would make all of them alike.
func nearestVariable(name string) string {
	var options []string
	for _, known := range variableNames() {
		options = append(options, strings.ToLower(strings.TrimPrefix(known, prefix)))
	}
	near := nearest(strings.TrimPrefix(name, prefix), options)
	if near == "" {
		return ""
	}
	return prefix + strings.ToUpper(near)
}
