package page

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// maxText limits untrusted text on the page, in characters.
const maxText = 80

// clip shortens untrusted text to maxText characters.
func clip(s string) string {
	if utf8.RuneCountInString(s) <= maxText {
		return s
	}
	return string([]rune(s)[:maxText-1]) + "…"
}

// span formats a duration with its one or two largest units.
func span(d time.Duration) string {
	d = max(0, d)
	switch {
	case d < 90*time.Second:
		return strconv.Itoa(int(d.Round(time.Second)/time.Second)) + " s"
	case d < 90*time.Minute:
		return strconv.Itoa(int(d.Round(time.Minute)/time.Minute)) + " min"
	case d < 48*time.Hour:
		d = d.Round(time.Minute)
		text := strconv.Itoa(int(d/time.Hour)) + " h"
		if minutes := int(d % time.Hour / time.Minute); minutes > 0 {
			text += " " + strconv.Itoa(minutes) + " min"
		}
		return text
	default:
		return strconv.Itoa(int(d/(24*time.Hour))) + " days"
	}
}

// instant is an instant of our clock or of Zoom's.
type instant[T any] interface {
	After(T) bool
	Sub(T) time.Duration
}

// until formats at relative to now, by the same clock.
func until[T instant[T]](now, at T) string {
	if at.After(now) {
		return "in " + span(at.Sub(now))
	}
	return span(now.Sub(at)) + " ago"
}

func clockTime(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05 UTC") }

// count formats a whole number with thousands separators.
func count(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// plural formats a number of things, such as "1 meeting" or "2 meetings".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}

func people(n int) string { return plural(n, "person", "people") }

// The functions below return "" if there is no figure. They use no-break spaces.

func milliseconds(seconds float64) string { return figure(seconds*1000, 0, "\u00a0ms") }

func percent(ratio float64) string { return figure(ratio*100, 1, "\u00a0%") }

// Thresholds are shown as configured, figures with as many digits as are useful.

func exactMilliseconds(seconds float64) string { return exact(seconds*1000) + "\u00a0ms" }

func exactPercent(ratio float64) string { return exact(ratio*100) + "\u00a0%" }

func exact(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

func decibels(dBm float64) string { return figure(dBm, 0, "\u00a0dBm") }

func bitRate(bytesPerSecond float64) string {
	bits := bytesPerSecond * 8
	if bits >= 1e6 {
		return figure(bits/1e6, 1, "\u00a0Mbit/s")
	}
	return figure(bits/1e3, 0, "\u00a0kbit/s")
}

func picture(f *qos.Figures) string {
	var words []string
	if qos.Present(f.Width) && qos.Present(f.Height) {
		words = append(words, figure(f.Width, 0, "")+"×"+figure(f.Height, 0, ""))
	}
	if qos.Present(f.FrameRate) {
		words = append(words, figure(f.FrameRate, 1, "\u00a0fps"))
	}
	return strings.Join(words, ", ")
}

func figure(v float64, decimals int, unit string) string {
	if !qos.Present(v) {
		return ""
	}
	text := strconv.FormatFloat(v, 'f', decimals, 64)
	if decimals > 0 {
		text = strings.TrimSuffix(text, ".0")
	}
	return strings.Replace(text, "-", "−", 1) + unit
}

func tenths(v float64) float64 { return math.Round(v*10) / 10 }
