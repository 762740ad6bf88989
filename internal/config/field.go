package config

// field declares a key: how to decode it, and how the reference describes it.
type field struct {
	key string
	reader
	meaning string // sentences; `code` in backquotes
}

// reader decodes the value of a key, and describes its type.
type reader struct {
	kind   string // such as "duration" or "list of networks"
	bounds string // such as "from 1s to 5m"; "" if there are none
	// value is the default as a file would have it; if there is none, unset
	// describes what applies without the key.
	value, unset string
	// example is a value other than the default.
	example  string
	required bool
	// fields are the keys of the mapping, or of each mapping of the list.
	fields []field
	list   bool
	// read decodes the value; nil if that happens elsewhere.
	read func(value)
}

// withExample returns r with an example.
func (r reader) withExample(example string) reader {
	r.example = example
	return r
}

// withUnset returns r with a description of what applies without the key.
func (r reader) withUnset(unset string) reader {
	r.unset = unset
	return r
}

// then returns r with a function to call after the key is decoded.
func (r reader) then(next func(value)) reader {
	read := r.read
	r.read = func(v value) {
		read(v)
		next(v)
	}
	return r
}

// mapping decodes a mapping. If check is not nil, it is called after all fields are
// decoded, to check them together.
func (d *decoder) mapping(check func(object), fields ...field) reader {
	return reader{kind: "mapping", fields: fields, read: func(v value) {
		o := d.object(v)
		d.read(o, fields...)
		if check != nil {
			check(o)
		}
	}}
}

// schema returns every key of a file, with its default.
func schema() []field {
	return newDecoder("", nil).sections(defaultConfig())
}

// walk visits fields and all fields below them, each with the path of the mapping
// that it belongs to, such as "accounts[].collect"; "" at the top level.
func walk(fields []field, path string, visit func(path string, f field)) {
	for _, f := range fields {
		visit(path, f)
		walk(f.fields, childPath(path, f), visit)
	}
}

// childPath returns the path of the mapping f, or of each mapping of the list f.
func childPath(path string, f field) string {
	path = join(path, f.key)
	if f.list {
		path += "[]"
	}
	return path
}
