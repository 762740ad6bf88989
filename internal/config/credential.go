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

// forms returns the keys that can give the credential key.
func (o *object) forms(key string) []string {
	if o.names != nil {
		return []string{key, key + fileForm}
	}
	return []string{key, key + fileForm, key + envForm}
}

// credential decodes a credential, which may be given in the configuration itself
// (key), in a file of its own (key_file) or in a variable (key_env).
func (d *decoder) credential(o object, key string) Secret {
	var (
		forms = o.forms(key)
		given []value
		names []string
	)
	for _, form := range forms {
		if v, ok := o.get(form); ok {
			given, names = append(given, v), append(names, o.name(form))
		}
	}
	switch {
	case o.broken:
		return ""
	case len(given) == 0:
		missing := o.value
		missing.path = join(o.path, o.name(key))
		for i, form := range forms {
			forms[i] = o.name(form)
		}
		d.fail(missing, "is missing; set one of %s", strings.Join(forms, ", "))
		return ""
	case len(given) > 1:
		d.fail(given[1], "is set in addition to %s; keep one of them", names[0])
		return ""
	}
	v := given[0]
	var (
		s  string
		ok bool
	)
	switch {
	case names[0] == o.name(key):
		if s, ok = d.text(v); ok && key == "client_secret" {
			d.recordInline(v)
		}
	case names[0] == o.name(key+fileForm):
		s, ok = d.secretFile(v)
	default:
		s, ok = d.variable(v)
	}
	if ok && strings.ContainsFunc(s, isForbidden) {
		d.fail(v, "contains white space or other characters that no credential has; check that all of it was copied, and nothing else")
		return ""
	}
	return Secret(s)
}

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
