// Package workday is a discrete-event simulation
// (https://en.wikipedia.org/wiki/Discrete-event_simulation) of working days: it
// drives the real poller, budget and plan through days of meetings in seconds,
// under a simulated clock and against a Zoom in process that enforces its limits,
// and measures how old the figures were and which minutes were counted.
package workday

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
)

// Meeting is one meeting of a trace.
type Meeting struct {
	// Start is in seconds of the UTC day.
	Start float64
	// Duration is in seconds; the meeting may run past midnight.
	Duration float64
	// Participants is how many people are in it from its start to its end.
	Participants int
}

// pages is the cost, in requests, of one walk over the meeting.
func (m Meeting) pages() int { return (m.Participants + pageRows - 1) / pageRows }

const (
	daySeconds = 86_400
	pageRows   = 10
	listRows   = 300
	// longest bounds the duration of a meeting; Zoom ends them after 30 hours.
	longest = 7 * daySeconds
	largest = 100_000
)

// header is the first line of a trace.
var header = []string{"start_seconds", "duration_seconds", "participants"}

// ErrTrace is the error for a trace that cannot be read.
var ErrTrace = errors.New("not a trace of meetings")

// ReadTrace reads a day of meetings from CSV with the header
// start_seconds,duration_seconds,participants. Meetings without people or
// duration are left out.
func ReadTrace(r io.Reader) ([]Meeting, error) {
	text := bufio.NewReader(r)
	if mark, _ := text.Peek(3); string(mark) == "\ufeff" {
		_, _ = text.Discard(3) // a spreadsheet's byte order mark
	}
	in := csv.NewReader(text)
	in.FieldsPerRecord = len(header)
	in.TrimLeadingSpace = true
	first, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTrace, err)
	}
	if !slices.Equal(first, header) {
		return nil, fmt.Errorf("%w: the first line must be %q", ErrTrace, "start_seconds,duration_seconds,participants")
	}
	var meetings []Meeting
	for {
		record, err := in.Read()
		if err == io.EOF {
			return meetings, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrTrace, err)
		}
		m, err := parseMeeting(record)
		if err != nil {
			line, _ := in.FieldPos(0)
			return nil, fmt.Errorf("%w: line %d: %w", ErrTrace, line, err)
		}
		if m.Participants > 0 && m.Duration > 0 {
			meetings = append(meetings, m)
		}
	}
}

func parseMeeting(record []string) (Meeting, error) {
	start, err := strconv.ParseFloat(record[0], 64)
	if err != nil || !(start >= 0 && start < longest) {
		return Meeting{}, fmt.Errorf("start_seconds must be 0 to a week, not %q", record[0])
	}
	duration, err := strconv.ParseFloat(record[1], 64)
	if err != nil || !(duration >= 0 && duration <= longest) {
		return Meeting{}, fmt.Errorf("duration_seconds must be 0 to a week, not %q", record[1])
	}
	participants, err := strconv.ParseFloat(record[2], 64)
	if err != nil || !(participants >= 0 && participants <= largest) || participants != math.Trunc(participants) {
		return Meeting{}, fmt.Errorf("participants must be a whole number up to %d, not %q", largest, record[2])
	}
	return Meeting{start, duration, int(participants)}, nil
}

// WriteTrace writes meetings in the format that ReadTrace reads.
func WriteTrace(w io.Writer, meetings []Meeting) error {
	out := csv.NewWriter(w)
	records := [][]string{header}
	for _, m := range meetings {
		records = append(records, []string{
			strconv.FormatFloat(m.Start, 'f', -1, 64), strconv.FormatFloat(m.Duration, 'f', -1, 64), strconv.Itoa(m.Participants),
		})
	}
	if err := out.WriteAll(records); err != nil {
		return fmt.Errorf("write trace: %w", err)
	}
	return nil
}
