package config

// field declares a key: how it is read, and what the reference says of it.
type field struct {
	key string
	reader
	meaning string // sentences; `code` in backquotes
}

// reader reads what a key is set to, and describes what that may be.
type reader struct {
	kind   string // such as "duration" or "list of networks"
	bounds string // such as "from 1s to 5m"; "" where the kind says it all
	// value is the default as a file would have it; unset says what holds
	// without the key where there is no such value.
	value, unset string
	// example is a value other than the default.
	example  string
	required bool
	// fields are those of the mapping or, where it is a list, of each mapping in
	// it.
	fields []field
	list   bool
	read   func(value) // nil where that is done apart
}

// such gives an example.
func (r reader) such(example string) reader {
	r.example = example
	return r
}

// without says what holds where the key is left out.
func (r reader) without(unset string) reader {
	r.unset = unset
	return r
}

// then has something done once the key is read.
func (r reader) then(next func(value)) reader {
	read := r.read
	r.read = func(v value) {
		read(v)
		next(v)
	}
	return r
}

// mapping is a key that has keys of its own. check, unless it is nil, judges
// them together once they are read.
func (d *decoder) mapping(check func(object), fields ...field) reader {
	return reader{kind: "mapping", fields: fields, read: func(v value) {
		o := d.object(v)
		d.read(o, fields...)
		if check != nil {
			check(o)
		}
	}}
}

// schema is every key of a file, with its default.
func schema() []field {
	return newDecoder("", nil).sections(defaultConfig())
}

// walk visits fields and all below them, with the path of the mapping that each
// belongs to: "" for the file's own, "accounts[].collect" for instance.
func walk(fields []field, path string, visit func(path string, f field)) {
	for _, f := range fields {
		visit(path, f)
		walk(f.fields, below(path, f), visit)
	}
}

// below is the path of the mapping, or of each mapping of the list, that f holds.
func below(path string, f field) string {
	path = join(path, f.key)
	if f.list {
		path += "[]"
	}
	return path
}
