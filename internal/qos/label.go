package qos

import (
	"strings"
	"unicode/utf8"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// maxLabel bounds a label value in bytes. Zoom bounds topics at 200
// characters and names at 64; what is longer is somebody's joke.
const maxLabel = 256

// Label makes a label value of a stranger's text: valid UTF-8, bounded, and
// without the white space around it. Keys of the store pass through here too,
// so that two values that would meet in one label meet in one entry.
func Label(t zoomapi.Text) string {
	if t == zoomapi.Unreadable {
		return ""
	}
	s := strings.TrimSpace(strings.ToValidUTF8(string(t), "\uFFFD"))
	if len(s) <= maxLabel {
		return s
	}
	cut := maxLabel
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut]
}
