package config

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
)

const redacted = "<secret>"

// Secret is text that prints as <secret>. It must not be an unexported field or the
// key of a map, for which fmt and encoding/json do not call its methods.
type Secret string

// Reveal returns the text.
func (s Secret) Reveal() string { return string(s) }

// String implements fmt.Stringer.
func (Secret) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (Secret) GoString() string { return redacted }

// Format implements fmt.Formatter, as %x and %d would print the bytes.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText implements encoding.TextMarshaler.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON implements json.Marshaler.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalYAML implements yaml.Marshaler.
func (Secret) MarshalYAML() (any, error) { return redacted, nil }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// SecretURL is a URL whose user and password do not print. Its zero value is no URL.
type SecretURL struct{ url *url.URL }

// Reveal returns the URL with its user and password; nil if there is none.
func (u SecretURL) Reveal() *url.URL {
	if u.url == nil {
		return nil
	}
	c := *u.url
	return &c
}

// String returns scheme and host only.
func (u SecretURL) String() string {
	if u.url == nil {
		return ""
	}
	return (&url.URL{Scheme: u.url.Scheme, Host: u.url.Host}).String()
}

// GoString implements fmt.GoStringer.
func (u SecretURL) GoString() string { return u.String() }

// Format implements fmt.Formatter.
func (u SecretURL) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, u.String()) }

// MarshalText implements encoding.TextMarshaler, which JSON and YAML use, too.
func (u SecretURL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// LogValue implements slog.LogValuer.
func (u SecretURL) LogValue() slog.Value { return slog.StringValue(u.String()) }
