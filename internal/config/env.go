package config

import (
	"cmp"

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
// good as none. Its error is of type [Errors], whose paths are variables.
func FromEnv(getenv func(string) (string, bool)) (*Config, error) {
	d := newDecoder("", getenv)
	c := defaultConfig()
	a := d.account(d.environment())
	a.Name = cmp.Or(a.Name, defaultAccountName)
	c.Accounts = []Account{a}
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
