package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// variable is an environment variable and the key of an account that it sets.
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

// FromEnv returns the configuration of one account from the environment:
// ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET, each with the
// alternative suffix _FILE, and the other ZOOM_ variables. Everything else has its
// default. An empty variable counts as unset. The error is of type [Errors], whose
// paths are variables; absent files are treated as by [Load].
//
// The optional environ is the whole environment, as os.Environ returns it. It is
// searched for misspelt names, which are reported as warnings, or as errors if
// there are others.
func FromEnv(getenv func(string) (string, bool), environ ...string) (*Config, error) {
	d := newDecoder("", getenv)
	c := defaultConfig()
	a := d.account(d.environment())
	a.Name = cmp.Or(a.Name, defaultAccountName)
	c.Accounts = []Account{a}
	d.reportUnknown(unknownVariables(environ))
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
		// With the tag, true and null are text like any other.
		node := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
		v := value{path: variable.name, node: node}
		o.keys = append(o.keys, key{name: variable.key, at: v, value: v})
	}
	return o
}

const (
	prefix = "ZOOM_"
	// ownPrefix is the prefix of the variables that set flags.
	ownPrefix = "ZOOM_QOS_"
)

// serviceLink matches the variables that Kubernetes sets in every container for
// each service, so also for one named zoom.
var serviceLink = regexp.MustCompile(`_SERVICE_(HOST|PORT(_.+)?)$|_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$`)

// unknownVariables returns the names in environ that have our prefix but no meaning.
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

// reportUnknown warns of unknown variables. If there are other errors, one that
// resembles a known variable is an error, too, as it may be their cause.
func (d *decoder) reportUnknown(names []string) {
	failed := len(d.errs) > 0
	for _, name := range names {
		near := nearestVariable(name)
		switch {
		case failed && near != "":
			d.fail(value{path: name}, "is set, but there is no variable of this name; did you mean %s?", near)
		case near != "":
			d.warnings = append(d.warnings, fmt.Sprintf("%s in the environment is unknown and ignored; did you mean %s?", name, near))
		default:
			d.warnings = append(d.warnings, fmt.Sprintf("%s in the environment is unknown and ignored; known are %s", name, strings.Join(variableNames(), ", ")))
		}
	}
}

// nearestVariable returns the variable that name most likely stands for, or "". It
// ignores the prefix, which would make all names similar.
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
