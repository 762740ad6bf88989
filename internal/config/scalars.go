package config

import (
	"fmt"
	"math"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // an image from scratch has no time zones

	"go.yaml.in/yaml/v3"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// scalar returns the text of v as written.
func (d *decoder) scalar(v value, want string) (string, bool) {
	switch {
	case v.isNull():
		d.fail(v, "is empty; set it to %s, or remove the key", want)
	case v.node.Kind != yaml.ScalarNode:
		d.fail(v, "must be %s", want)
	case !slices.Contains([]string{"!!str", "!!int", "!!float", "!!bool", "!!timestamp"}, v.node.ShortTag()):
		d.fail(v, "must be %s, without a tag (!)", want)
	default:
		return v.node.Value, true
	}
	return "", false
}

// text returns v as non-empty text. Numbers count as text, as written.
func (d *decoder) text(v value) (string, bool) {
	s, ok := d.scalar(v, "text (in quotes, if it begins with one of & * ! % @ #)")
	if !ok {
		return "", false
	}
	if v.node.ShortTag() == "!!bool" {
		d.fail(v, "must be text; put it in quotes")
		return "", false
	}
	if s == "" {
		d.fail(v, "is empty; write a value or remove the key")
		return "", false
	}
	return s, true
}

// boolean decodes true and false, and the words of older YAML for them.
func (d *decoder) boolean(p *bool) reader {
	want := "true or false"
	if d.file != "" {
		want += ", without quotes"
	}
	return reader{kind: "boolean", value: strconv.FormatBool(*p), read: func(v value) {
		s, ok := d.scalar(v, want)
		if !ok {
			return
		}
		const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle | yaml.TaggedStyle
		switch s = strings.ToLower(s); {
		case v.node.Style&quoted != 0:
			d.fail(v, "must be %s", want)
		case s == "true" || s == "yes" || s == "on":
			*p = true
		case s == "false" || s == "no" || s == "off":
			*p = false
		default:
			d.fail(v, "must be %s", want)
		}
	}}
}

// integer decodes a whole number from low to high.
func (d *decoder) integer(p *int, low, high int) reader {
	return reader{kind: "integer", bounds: between(low, high), value: strconv.Itoa(*p), read: func(v value) {
		s, ok := d.scalar(v, "a whole number")
		if !ok {
			return
		}
		n, err := strconv.Atoi(strings.ReplaceAll(s, "_", ""))
		switch {
		case v.node.ShortTag() != "!!int" || err != nil:
			d.fail(v, "must be a whole number from %d to %d, without quotes", low, high)
		case n < low || n > high:
			d.fail(v, "%d is out of range; it must be from %d to %d", n, low, high)
		default:
			*p = n
		}
	}}
}

// number decodes a number from low to high.
func (d *decoder) number(p *float64, low, high float64) reader {
	return reader{kind: "number", bounds: between(low, high), value: fmt.Sprint(*p), read: func(v value) {
		s, ok := d.scalar(v, "a number")
		if !ok {
			return
		}
		n, err := strconv.ParseFloat(s, 64)
		switch tag := v.node.ShortTag(); {
		case tag != "!!int" && tag != "!!float" || err != nil || math.IsNaN(n):
			d.fail(v, "must be a number from %g to %g, without quotes", low, high)
		case n < low || n > high:
			d.fail(v, "%g is out of range; it must be from %g to %g", n, low, high)
		default:
			*p = n
		}
	}}
}

// words returns the options as a file has them.
func words[T any](options []T) []string {
	texts := make([]string, len(options))
	for i, option := range options {
		texts[i] = fmt.Sprint(option)
	}
	return texts
}

// choice decodes one of a few words. YAML's booleans stand for on and off, as some
// tools write on as true, or for all and none, if these are among the words.
func choice[T any](d *decoder, p *T, options ...T) reader {
	return reader{kind: "one of", bounds: strings.Join(words(options), ", "), value: fmt.Sprint(*p), read: func(v value) {
		if option, ok := parseOption(d, v, options); ok {
			*p = option
		}
	}}
}

// parseOption returns the option that v names.
func parseOption[T any](d *decoder, v value, options []T) (option T, ok bool) {
	names := words(options)
	want := "one of " + strings.Join(names, ", ")
	s, ok := d.scalar(v, want)
	if !ok {
		return option, false
	}
	s = strings.ToLower(s)
	switch {
	case slices.Contains(names, "off"):
		s = booleanWord(s, "on", "off")
	case slices.Contains(names, "none"):
		s = booleanWord(s, "all", "none")
	}
	if i := slices.Index(names, s); i >= 0 {
		return options[i], true
	}
	hint := ""
	if near := nearest(s, names); near != "" {
		hint = "; did you mean " + near + "?"
	}
	d.fail(v, "must be %s%s", want, hint)
	return option, false
}

// booleanWord returns the word that one of YAML's booleans stands for, or s if it is
// none of them.
func booleanWord(s, yes, no string) string {
	switch s {
	case "true", "yes", "on":
		return yes
	case "false", "no", "off":
		return no
	}
	return s
}

// duration decodes a duration from low to high.
func (d *decoder) duration(p *time.Duration, low, high time.Duration) reader {
	return reader{kind: "duration", bounds: between(formatDuration(low), formatDuration(high)), value: formatDuration(*p), read: func(v value) {
		s, ok := d.scalar(v, "a duration such as 30s or 10m")
		if !ok {
			return
		}
		n, err := time.ParseDuration(s)
		switch {
		case err != nil || v.node.ShortTag() == "!!int": // 0 alone would parse
			d.fail(v, "must be a duration with its unit, such as 30s, 10m or 1h30m")
		case n < low || n > high:
			d.fail(v, "%s is out of range; it must be from %s to %s", formatDuration(n), formatDuration(low), formatDuration(high))
		default:
			*p = n
		}
	}}
}

// seconds decodes a duration from low to high as a number of seconds.
func (d *decoder) seconds(p *float64, low, high time.Duration) reader {
	t := durationOf(*p)
	return d.duration(&t, low, high).then(func(value) { *p = t.Seconds() })
}

func durationOf(seconds float64) time.Duration {
	return time.Duration(math.Round(seconds * float64(time.Second)))
}

func formatSeconds(seconds float64) string { return formatDuration(durationOf(seconds)) }

// between describes the bounds of a value.
func between[T any](low, high T) string { return fmt.Sprintf("from %v to %v", low, high) }

// formatDuration returns 10m where time.Duration has 10m0s.
func formatDuration(t time.Duration) string {
	s := t.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

type byteUnit struct {
	name string
	size int64
}

var byteUnits = []byteUnit{
	{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"KB", 1e3}, {"B", 1},
}

// formatSize returns a number of bytes in the largest unit in which it is whole.
func formatSize(n int64) string {
	u := byteUnits[slices.IndexFunc(byteUnits, func(u byteUnit) bool { return n%u.size == 0 })]
	return strconv.FormatInt(n/u.size, 10) + u.name
}

// size decodes a number of bytes, with or without a unit, from low to high.
func (d *decoder) size(p *int64, low, high int64) reader {
	return reader{kind: "size", bounds: between(formatSize(low), formatSize(high)), value: formatSize(*p), read: func(v value) {
		s, ok := d.scalar(v, "a size such as 16MiB")
		if !ok {
			return
		}
		unit := int64(1)
		for _, u := range byteUnits {
			if number, found := strings.CutSuffix(s, u.name); found {
				s, unit = strings.TrimSpace(number), u.size
				break
			}
		}
		n, err := strconv.ParseInt(s, 10, 64)
		switch {
		case err != nil:
			d.fail(v, "must be a whole number of bytes, KiB, MiB or GiB, such as 16MiB")
		case n < 0 || n > high/unit || n*unit < low:
			d.fail(v, "is out of range; it must be from %s to %s", formatSize(low), formatSize(high))
		default:
			*p = n * unit
		}
	}}
}

// formatPercent returns 30% for the share 0.3.
func formatPercent(share float64) string { return strconv.FormatFloat(100*share, 'g', 6, 64) + "%" }

// share decodes a part of a whole, 0 ≤ share < 1, written as 30% or 0.3.
func (d *decoder) share(p *float64) reader {
	return reader{kind: "share", bounds: "from 0% to below 100%", value: formatPercent(*p), read: func(v value) {
		s, ok := d.scalar(v, "a share such as 30% or 0.3")
		if !ok {
			return
		}
		number, percent := strings.CutSuffix(s, "%")
		number = strings.TrimSpace(number)
		if percent {
			number += "e-2" // rounded once, where a division would round again
		}
		n, err := strconv.ParseFloat(number, 64)
		switch {
		case err != nil || math.IsNaN(n):
			d.fail(v, "must be a share such as 30%% or 0.3")
		case n < 0:
			d.fail(v, "%s must not be less than 0", s)
		case percent && n >= 1:
			d.fail(v, "%s must be less than 100%%", s)
		case n >= 1:
			d.fail(v, "%s must be less than 1; write a percentage with its sign, such as 30%%", s)
		default:
			*p = n
		}
	}}
}

// zone decodes the name of a time zone. It rejects "Local", which differs from
// machine to machine.
func (d *decoder) zone(p **time.Location) reader {
	return reader{kind: "time zone", value: (*p).String(), example: "Europe/Berlin", read: func(v value) {
		s, ok := d.text(v)
		if !ok {
			return
		}
		location, err := time.LoadLocation(s)
		if err == nil && s != "Local" {
			*p = location
		} else if near := nearestZone(s); near != "" {
			d.fail(v, "is not a time zone of the IANA database; did you mean %s?", near)
		} else {
			d.fail(v, "is not a time zone of the IANA database; write one such as Europe/Berlin or UTC")
		}
	}}
}

// baseURL decodes the address of a service, which is in o. Messages do not repeat
// it, as it may contain a password.
func (d *decoder) baseURL(o object, p **url.URL, allowHTTP *bool) reader {
	return reader{kind: "URL", read: func(v value) {
		u, ok := d.url(v, "https://api.example.com/v2", "https", "http")
		switch {
		case !ok:
		case u.User != nil:
			d.fail(v, "must not contain a user or password; set %s and %s instead", o.name("client_id"), o.name("client_secret"))
		case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
			d.fail(v, "must end with the path, without ? and #")
		case u.Scheme == "http" && !*allowHTTP && !isLoopback(u.Hostname()):
			d.fail(v, "is plain http, which would expose the token to the network; write https, or set %s if the network is trusted", o.setting("allow_http", "true"))
		default:
			u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
			*p = u
		}
	}}
}

// apiURL is baseURL for the API. It rejects addresses of Zoom's that lack their path,
// as the api_url of Zoom's token responses does.
func (d *decoder) apiURL(o object, p **url.URL, allowHTTP *bool) reader {
	return d.baseURL(o, p, allowHTTP).then(func(v value) {
		u := *p
		if u == nil || u.Path == "/v2" {
			return
		}
		if h := "." + strings.ToLower(u.Hostname()); strings.HasSuffix(h, ".zoom.us") || strings.HasSuffix(h, ".zoomgov.com") {
			d.fail(v, "must end in /v2, as in %s", zoomapi.DefaultAPIURL)
		}
	})
}

// proxyURL decodes the address of a proxy.
func (d *decoder) proxyURL(p *SecretURL) reader {
	const example = "http://proxy.example.com:3128"
	return reader{kind: "URL", example: example, read: func(v value) {
		u, ok := d.url(v, example, "http", "https", "socks5", "socks5h")
		switch {
		case !ok:
		case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
			d.fail(v, "must end with the port, as in %s", example)
		default:
			if _, has := u.User.Password(); has {
				d.recordInline(v)
			}
			*p = SecretURL{u}
		}
	}}
}

func (d *decoder) url(v value, example string, schemes ...string) (*url.URL, bool) {
	s, ok := d.text(v)
	if !ok {
		return nil, false
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.Opaque != "" || !validPort(u) {
		d.fail(v, "must be an address such as %s", example)
		return nil, false
	}
	if !slices.Contains(schemes, u.Scheme) {
		d.fail(v, "must begin with %s://", strings.Join(schemes, ":// or "))
		return nil, false
	}
	return u, true
}

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && n > 0
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}

// prefix returns the network v, which is in CIDR notation.
func (d *decoder) prefix(v value) (netip.Prefix, bool) {
	s, ok := d.text(v)
	if !ok {
		return netip.Prefix{}, false
	}
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
			d.fail(v, "has no prefix length; write %s/%d for this one address", addr, addr.BitLen())
		} else {
			d.fail(v, "must be a network such as 10.10.0.0/16 or 2001:db8::/32")
		}
		return netip.Prefix{}, false
	}
	if prefix.Addr().Is4In6() {
		d.fail(v, "is an IPv4 network in IPv6 notation; write it as IPv4")
		return netip.Prefix{}, false
	}
	if masked := prefix.Masked(); masked != prefix {
		d.fail(v, "has bits set beyond its prefix length; write %s", masked)
		return netip.Prefix{}, false
	}
	return prefix, true
}
