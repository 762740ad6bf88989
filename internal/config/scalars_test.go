package config

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestReserve(t *testing.T) {
	for text, want := range map[string]float64{
		"0": 0, "0%": 0, "0.3": 0.3, "30%": 0.3, "30 %": 0.3, `"30%"`: 0.3, "7%": 0.07, "99.9%": 0.999, ".5": 0.5,
	} {
		if got := mustLoad(t, account("reserve: "+text)).Accounts[0].Reserve; got != want {
			t.Errorf("%s is %v, want %v", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"100%": "100% must be less than 100%", "130%": "130% must be less than 100%", "1": "less than 1", "30": "such as 30%",
		"-0.1": "not be less than 0", "-5%": "not be less than 0", ".nan": "must be a share", "nan": "must be a share",
		"inf": "less than 1", "true": "must be a share", "'%'": "must be a share", "1e1%": "must be a share", "inf%": "must be a share", "[0.3]": "must be a share", "1e999": "must be a share",
	} {
		expectError(t, account("reserve: "+text), "accounts[0].reserve", want)
	}
}

func TestLimits(t *testing.T) {
	for text, want := range map[string]int64{
		"65536": 64 << 10, "64KiB": 64 << 10, "16MiB": 16 << 20, "1GiB": 1 << 30, "1 GB": 1e9, "100kB": 1e5, "100 KB": 1e5, "70000B": 70000, "2MB": 2e6,
	} {
		if got := mustLoad(t, account("")+"limits: {body_size: "+text+"}").Limits.BodySize; got != want {
			t.Errorf("%s is %d, want %d", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"65535": "out of range", "2GiB": "out of range", "9223372036854775807GiB": "out of range", "-1MiB": "out of range",
		"1.5MiB": "must be a whole number", "lots": "must be a whole number", "99999999999999999999": "must be a whole number", "{}": "must be a size",
	} {
		expectError(t, account("")+"limits: {body_size: "+text+"}", "limits.body_size", want)
	}
	for text, want := range map[string]time.Duration{"10m": 10 * time.Minute, "600s": 10 * time.Minute, "60m": time.Hour} {
		if got := mustLoad(t, account("")+"limits: {max_age: "+text+"}").Limits.MaxAge; got != want {
			t.Errorf("%s is %v, want %v", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"9m59s": "9m59s is out of range; it must be from 10m to 1h", "1h1s": "out of range", "24h": "out of range", "10": "with its unit", "0": "with its unit", "1d": "with its unit", "~": "is empty",
	} {
		expectError(t, account("")+"limits: {max_age: "+text+"}", "limits.max_age", want)
	}
}

func TestAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"https://api.eu01.zoom.us/v2/":          "https://api.eu01.zoom.us/v2",
		"http://localhost:1234":                 "http://localhost:1234",
		"http://127.0.0.2:1/v2":                 "http://127.0.0.2:1/v2",
		"http://[::1]:1/v2":                     "http://[::1]:1/v2",
		"http://192.0.2.1/v2, allow_http: true": "http://192.0.2.1/v2",
	} {
		a := mustLoad(t, account(quoteURL("api_url", text))).Accounts[0]
		if got := a.APIURL.String(); got != want || !a.APIURLFixed {
			t.Errorf("%s is %s, fixed %v", text, got, a.APIURLFixed)
		}
	}
	for text, want := range map[string]string{
		"http://192.0.2.1/v2":             "plain http",
		"http://localhost.example.com/v2": "plain http",
		"ftp://api.example.com":           "must begin with https://",
		"api.zoom.us/v2":                  "must be an address",
		"https:///v2":                     "must be an address",
		"https://api.example.com:0":       "must be an address",
		"https://api.example.com:99999":   "must be an address",
		"https://api.example.com:":        "must be an address",
		"https:api.example.com":           "must be an address",
		"https://api.example.com/%zz":     "must be an address",
		"https://x@api.example.com":       "user or password",
		"https://api.example.com/v2?":     "without ?",
		"https://api.example.com/v2#v":    "without ?",
		"https://api.zoom.us":             "must end in /v2",
		"https://API.ZOOMGOV.com/v1":      "must end in /v2",
	} {
		expectError(t, account(quoteURL("api_url", text)), "accounts[0].api_url", want)
	}
	for _, text := range []string{"http://proxy.example.com", "https://u:p@proxy.example.com:1/", "socks5://192.0.2.1:1080", "socks5h://[2001:db8::1]:1080"} {
		if got := mustLoad(t, account(quoteURL("proxy_url", text))).Accounts[0].Proxy.Reveal().String(); got != text {
			t.Errorf("%s is %s", text, got)
		}
	}
	for text, want := range map[string]string{
		"socks4://proxy.example.com":     "must begin with",
		"proxy.example.com:3128":         "must be an address",
		"http://proxy.example.com/path":  "must end with the port",
		"http://u:p w@proxy.example.com": "must be an address",
	} {
		expectError(t, account(quoteURL("proxy_url", text)), "accounts[0].proxy_url", want)
	}
}

func quoteURL(key, text string) string {
	address, more, _ := strings.Cut(text, ",")
	if more != "" {
		more = "," + more
	}
	return key + ": '" + address + "'" + more
}

func TestNearest(t *testing.T) {
	options := []string{"account_id", "account_id_file", "plan", "reserve"}
	for word, want := range map[string]string{
		"acount_id": "account_id", "account-id": "account_id", "Plan": "plan", "paln": "plan", "reserved": "reserve",
		"account_idfile": "account_id_file", "x": "", "something": "", "": "", strings.Repeat("plan", 100): "",
	} {
		if got := nearest(word, options); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

func TestSiteRules(t *testing.T) {
	for name, x := range map[string]struct{ sites, path, want string }{
		"same over sites":       {"[{name: a, public: [203.0.113.0/24]},\n {name: b, public: [203.0.113.0/24]}]", "sites[1].public[0]", "makes the same rule as line 3"},
		"same name, same rule":  {"[{name: a, internal: [10.0.0.0/8]},\n {name: a, internal: [10.0.0.0/8]}]", "sites[1].internal[0]", "makes the same rule as line 3"},
		"one pair of several":   {"[{name: a, internal: [10.0.0.0/8, 172.16.0.0/12], public: [203.0.113.0/24]},\n {name: b, internal: [172.16.0.0/12], public: [192.0.2.0/24, 203.0.113.0/24]}]", "sites[1].internal[0]", "makes the same rule as line 3"},
		"other pairs":           {"[{name: a, internal: [10.0.0.0/8], public: [203.0.113.0/24]},\n {name: b, internal: [10.0.0.0/8], public: [192.0.2.0/24]}, {name: b, internal: [10.0.0.0/8]}]", "", ""},
		"longer prefix":         {"[{name: a, public: [203.0.113.0/24]},\n {name: b, public: [203.0.113.0/25]}]", "", ""},
		"twice in a list":       {"[{name: a, public: [203.0.113.0/24, 203.0.113.0/24]}]", "sites[0].public[1]", "already in this list, in line 3"},
		"no length":             {"[{name: a, public: ['2001:db8::1']}]", "sites[0].public[0]", "write 2001:db8::1/128"},
		"host bits":             {"[{name: a, public: ['2001:db8::1/32']}]", "sites[0].public[0]", "write 2001:db8::/32"},
		"neither":               {"[{name: a}]", "sites[0]", "has no prefixes"},
		"no list":               {"{name: a}", "sites", "must be a list"},
		"a name of other bytes": {"[{name: \"a\\u202eb\", public: [203.0.113.0/24]}]", "sites[0].name", "printable"},
		"a long name":           {"[{name: " + strings.Repeat("x", 65) + ", public: [203.0.113.0/24]}]", "sites[0].name", "at most 64"},
	} {
		t.Run(name, func(t *testing.T) {
			text := account("") + "sites: " + x.sites
			if x.want == "" {
				if c := mustLoad(t, text); len(c.Sites) == 0 {
					t.Error("no sites")
				}
				return
			}
			expectError(t, text, x.path, x.want)
		})
	}
}

func TestTooManySiteRules(t *testing.T) {
	prefixes := func(pattern string) string {
		var list []string
		for i := range 256 {
			for _, j := range []string{"1", "2"} {
				list = append(list, strings.NewReplacer("I", strconv.Itoa(i), "J", j).Replace(pattern))
			}
		}
		return "[" + strings.Join(list, ", ") + "]"
	}
	text := account("") + "sites: [{name: a, internal: " + prefixes("10.J.I.0/24") + ", public: " + prefixes("'2001:db8:J:I::/64'") + "}]"
	expectError(t, text, "sites[0]", "makes more than 100000 pairs")
}

func expectError(t *testing.T, text, path, want string) {
	t.Helper()
	_, err := loadText(t, text, nil)
	got := errorLines(t, err)
	if len(got) != 1 || !strings.Contains(got[0], " "+path+": ") || !strings.Contains(got[0], want) {
		t.Errorf("%.500s\ngave %.500q, want one error of %s: %s", text, got, path, want)
	}
	if strings.Contains(strings.Join(got, ""), secretWord) {
		t.Error("a message contains a secret")
	}
}
