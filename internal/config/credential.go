package config

import (
	"strings"
	"unicode"
)

// The suffixes of the keys that say where a credential is.
const (
	fileForm = "_file"
	envForm  = "_env"
)

// credentialFields declares the forms in which a credential may be given; the
// method credential decodes it.
func credentialFields(key, example, meaning string) []field {
	file := reader{kind: "file", example: "/run/secrets/zoom_" + key}
	env := reader{kind: "variable", example: "ZOOM_" + strings.ToUpper(key), required: true}
	inPlace := "instead of `" + key + envForm + "`"
	return []field{
		{key, reader{kind: "text", example: example, unset: inPlace}, meaning},
		{key + fileForm, file.withUnset(inPlace), "A file that contains it, and nothing else."},
		{key + envForm, env, "An environment variable that contains it."},
	}
}

// form is one of the ways to give a credential.
type form struct {
	suffix string
	decode func(value) (string, bool)
}

// credential decodes a credential, which may be given in the configuration itself
// (key), in a file of its own (key_file) or in a variable (key_env).
func (d *decoder) credential(o object, key string) Secret {
	forms := []form{{"", d.text}, {fileForm, d.secretFile}, {envForm, d.variable}}
	if o.names != nil { // in the environment
		forms = forms[:2]
	}
	var (
		names, given []string
		v            value
		decode       func(value) (string, bool)
	)
	for _, f := range forms {
		name := o.name(key + f.suffix)
		names = append(names, name)
		if at, ok := o.get(key + f.suffix); ok {
			given = append(given, name)
			v, decode = at, f.decode
		}
	}
	switch {
	case o.broken:
		return ""
	case len(given) == 0:
		missing := o.value
		missing.path = join(o.path, o.name(key))
		d.fail(missing, "is missing; set one of %s", strings.Join(names, ", "))
		return ""
	case len(given) > 1:
		d.fail(v, "is set in addition to %s; keep one of them", strings.Join(given[:len(given)-1], " and "))
		return ""
	}
	s, ok := decode(v)
	if !ok {
		return ""
	}
	if key == "client_secret" && given[0] == o.name(key) {
		d.recordInline(v)
	}
	if strings.ContainsFunc(s, isForbidden) {
		d.fail(v, "contains white space or other characters that no credential has; check that all of it was copied, and nothing else")
		return ""
	}
	return Secret(s)
}

// isForbidden reports whether no credential contains r.
func isForbidden(r rune) bool { return r > unicode.MaxASCII || !unicode.IsGraphic(r) || r == ' ' }

// variable returns the value of the environment variable that v names.
func (d *decoder) variable(v value) (string, bool) {
	name, ok := d.text(v)
	if !ok {
		return "", false
	}
	d.referenced[name] = true
	s, _ := d.getenv(name)
	if s == "" {
		d.fail(v, "the environment variable of this name is unset or empty")
		d.markAbsent()
		return "", false
	}
	return s, true
}

// recordInline records that v is a secret in the configuration file itself.
func (d *decoder) recordInline(v value) {
	if d.inline == nil {
		d.inline = &v
	}
}
