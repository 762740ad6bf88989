package page

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// strangers returns an account in which every untrusted text is the same.
func strangers(text string) poll.Snapshot {
	p := person(text, reading(audioSent, 0.2, 0.01, 0))
	p.Facts = qos.Facts{
		User: text, ParticipantUUID: text, UserName: text, Email: text, IPAddress: text, InternalIPAddress: text,
		PCName: text, Domain: text, Location: text, Site: text, Device: text, OS: text, OSVersion: text,
		Client: text, ClientVersion: text, NetworkType: text, ConnectionType: text, DataCenter: text,
	}
	p.Role, p.Status = text, text
	m := meetingOf(text, p)
	m.Facts = qos.MeetingFacts{MeetingID: text, Topic: text, Host: text, Department: text}
	return healthy(text, m)
}

var hostile = []string{
	`"quoted" 'twice'`,
	"<script>alert(1)</script>",
	"</bdi></summary></details></main><h1>",
	"--><!-- ]]> <![CDATA[",
	`" onmouseover="alert(1)" x="`,
	"javascript:alert(1)",
	"{{.Accounts}} ${1} {{template \"page.gohtml\"}}",
	"two\nlines\r\nand\ttabs",
	"🦄 emoji 👩‍👩‍👧‍👦",
	"דוגמה عربي",
	"\u202eright to left override",
	"\u2066isolate without an end",
	"nul \x00 and bell \x07",
	"broken \xff utf-8",
	"Z̸̨̛a̴l̶g̵o̷",
	"&amp; &lt;script&gt; &#0;",
	"+ADw-script+AD4-",
	strings.Repeat("very", 200),
	strings.Repeat("<b>", 100),
}

func TestHostileTextStaysText(t *testing.T) {
	want := structure(t, get(t, strangers("benign")))
	for _, text := range hostile {
		if got := structure(t, get(t, strangers(text))); !slices.Equal(got, want) {
			t.Errorf("%q changes the page's tags", text)
		}
	}
}

// Text from people is isolated, so that it cannot reverse or reorder the text around
// it.
func TestStrangersTextIsIsolated(t *testing.T) {
	const name = "\u202eAda"
	page := get(t, strangers(name))
	if n := strings.Count(page, name); n < 20 {
		t.Fatalf("the name is there %d times only", n)
	}
	isolated := regexp.MustCompile(`<bdi>[^<]*</bdi>`)
	if at := strings.Index(isolated.ReplaceAllString(page, ""), name); at >= 0 {
		t.Errorf("a stranger's text stands bare at %d", at)
	}
}

func FuzzHostileText(f *testing.F) {
	for _, text := range hostile {
		f.Add(text)
	}
	want := structure(f, get(f, strangers("benign")))
	f.Fuzz(func(t *testing.T, text string) {
		if strings.TrimSpace(text) == "" {
			return // unknown values have no element
		}
		if got := structure(t, get(t, strangers(text))); !slices.Equal(got, want) {
			t.Errorf("%q changes the page's tags", text)
		}
	})
}
