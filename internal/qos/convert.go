package qos

import (
	"net/netip"
	"strings"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/parse"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// maxAhead and maxPast are how far from its answer an instant may lie. One
// implausible date must not stay the newest minute for ever.
const (
	maxAhead = 5 * time.Minute
	maxPast  = 31 * 24 * time.Hour
)

// Converter turns Zoom's rows into the model. It is safe for concurrent use.
type Converter struct {
	Privacy Privacy
	Sites   Sites
	// CRC, RWG, CPU and WiFi say what to take of a minute besides the streams
	// of Zoom's own clients.
	CRC, RWG, CPU, WiFi bool
}

// Failure is a field that could not be read, and why.
type Failure struct{ Field, Reason string }

// Failures counts what could not be read; nil counts nothing.
type Failures map[Failure]uint64

// NewFailures counts none yet of what figures may fail by, so that the first
// one is seen as an increase.
func NewFailures() Failures {
	f := make(Failures)
	for _, field := range [...]string{
		"latency", "jitter", "avg_loss", "max_loss", "bitrate", "frame_rate", "resolution",
		"zoom_min_cpu_usage", "zoom_avg_cpu_usage", "zoom_max_cpu_usage", "system_max_cpu_usage", "wifi_rssi",
	} {
		for _, reason := range [...]string{parse.ReasonMalformed, parse.ReasonUnit, parse.ReasonRange} {
			f.Add(field, reason, 0)
		}
	}
	f.Add("user_qos", parse.ReasonMalformed, 0)
	f.Add("date_time", parse.ReasonMalformed, 0)
	f.Add("date_time", parse.ReasonRange, 0)
	return f
}

// Add counts n more.
func (f Failures) Add(field, reason string, n uint64) {
	if f != nil {
		f[Failure{field, reason}] += n
	}
}

// Meeting converts an entry of a live list. It reports false for an entry that
// names no meeting.
func (c *Converter) Meeting(kind zoomapi.Kind, live *zoomapi.Live, failures Failures) (Meeting, bool) {
	label := func(text zoomapi.Text, field string) string {
		if text == zoomapi.Unreadable {
			failures.Add(field, parse.ReasonMalformed, 1)
		}
		return Label(text)
	}
	number := label(live.ID, "id")
	m := Meeting{
		Kind:   kind,
		UUID:   label(live.UUID, "uuid"),
		Number: number,
		Facts: MeetingFacts{
			MeetingID:  c.Privacy.apply(c.Privacy.MeetingID, number),
			Topic:      c.Privacy.apply(c.Privacy.Topic, label(live.Topic, "topic")),
			Host:       c.Privacy.apply(c.Privacy.Host, label(live.Host, "host")),
			Department: c.Privacy.apply(c.Privacy.Department, label(live.Department, "dept")),
		},
		Start:     start(live.StartTime, failures),
		Indicated: indicated(live.Participants, failures),
		Quality:   max(qualityOf(live.AudioQuality), qualityOf(live.VideoQuality), qualityOf(live.ScreenShareQuality)),
	}
	if m.UUID == "" {
		m.UUID = m.Number
	}
	return m, m.UUID != ""
}

// maxIndicated is more people than any of Zoom's webinars takes.
const maxIndicated = 100_000

func indicated(n zoomapi.Count, failures Failures) int {
	switch {
	case n == zoomapi.NoCount:
		failures.Add("participants", parse.ReasonMalformed, 1)
		return 0
	case n < 0 || n > maxIndicated:
		failures.Add("participants", parse.ReasonRange, 1)
		return 0
	}
	return int(n)
}

func start(text zoomapi.Text, failures Failures) zoomtime.Time {
	at, reason := instant(text)
	if reason != "" {
		failures.Add("start_time", reason, 1)
	}
	return at
}

// Participant converts a row of a live or past QoS answer that was received at
// now, without its minutes. It reports false for a row that identifies nobody.
// Values that cannot be read are added to unread.
func (c *Converter) Participant(row *zoomapi.QoSRow, now zoomtime.Time, unread *[]Unread) (Participant, bool) {
	p := Participant{
		ID:         RowID(row.UserID, row.ParticipantUUID),
		Left:       !parse.Blank(string(row.LeaveTime)),
		AnsweredAt: now,
	}
	if p.ID == "" {
		return p, false
	}
	moment := func(text zoomapi.Text, field string) zoomtime.Time {
		at, reason := near(text, now)
		note(unread, field, reason, text)
		return at
	}
	p.Join = moment(row.JoinTime, "join_time")
	p.Leave = moment(row.LeaveTime, "leave_time")
	p.Facts = c.facts(row, unread)
	return p, true
}

// RowID is the id of a row within its meeting: Zoom's user_id or, in rows that
// lack it, the participant's UUID.
func RowID(userID, participantUUID zoomapi.Text) string {
	if id := Label(userID); id != "" {
		return id
	}
	return Label(participantUUID)
}

func (c *Converter) facts(row *zoomapi.QoSRow, unread *[]Unread) Facts {
	public := address(row.IPAddress, "ip_address", unread)
	internal := make([]netip.Addr, 0, len(row.InternalIPAddresses))
	for _, text := range row.InternalIPAddresses {
		if addr := address(text, "internal_ip_addresses", unread); addr.IsValid() {
			internal = append(internal, addr)
		}
	}
	var firstInternal string
	if len(internal) > 0 {
		firstInternal = internal[0].String()
	}
	var publicText string
	if public.IsValid() {
		publicText = public.String()
	}
	label := func(text zoomapi.Text, field string) string {
		if text == zoomapi.Unreadable {
			note(unread, field, parse.ReasonMalformed, text)
		}
		return Label(text)
	}
	label(row.UserID, "user_id")
	p, device := &c.Privacy, c.Privacy.Device
	return Facts{
		User:              p.apply(p.User, label(row.ID, "id")),
		ParticipantUUID:   label(row.ParticipantUUID, "participant_uuid"),
		UserName:          p.apply(p.UserName, label(row.UserName, "user_name")),
		Email:             p.apply(p.Email, label(row.Email, "email")),
		IPAddress:         p.address(p.IPAddress, publicText),
		InternalIPAddress: p.address(p.InternalIPAddress, firstInternal),
		PCName:            p.apply(p.PCName, label(row.PCName, "pc_name")),
		Domain:            p.apply(p.Domain, label(row.Domain, "domain")),
		Location:          p.apply(p.Location, label(row.Location, "location")),
		Site:              c.Sites.Of(public, internal),
		Device:            p.apply(device, label(row.Device, "device")),
		OS:                p.apply(device, label(row.OS, "os")),
		OSVersion:         p.apply(device, label(row.OSVersion, "os_version")),
		Client:            p.apply(device, label(row.Client, "client")),
		ClientVersion:     p.apply(device, label(row.Version, "version")),
		NetworkType:       label(row.NetworkType, "network_type"),
		ConnectionType:    label(row.ConnectionType, "connection_type"),
		DataCenter:        label(row.DataCenter, "data_center"),
	}
}

// takenAt is the time of a minute received at now. It reports false where that
// is missing, unreadable or implausible.
func takenAt(minute *zoomapi.Minute, now zoomtime.Time, unread *[]Unread) (zoomtime.Time, bool) {
	at, reason := near(minute.DateTime, now)
	field := "date_time"
	if reason == "" && at.IsZero() {
		switch {
		case len(minute.Streams) > 0 || minute.CPU != nil || minute.WiFi != nil:
			reason = parse.ReasonMalformed
		case minute.Unreadable > 0:
			field, reason = "user_qos", parse.ReasonMalformed
		}
	}
	noteMinute(unread, field, reason, minute)
	return at, !at.IsZero()
}

// Minute converts an entry. Values that cannot be read are added to failures.
func (c *Converter) Minute(e Entry, failures Failures) Minute {
	wire := e.wire
	m := Minute{
		At:       e.At,
		Readings: make([]Reading, 0, len(wire.Streams)),
		CPU:      CPU{Absent(), Absent(), Absent(), Absent()},
		WiFi:     WiFi{Absent(), Absent(), Absent()},
	}
	if wire.Unreadable > 0 {
		failures.Add("user_qos", parse.ReasonMalformed, uint64(wire.Unreadable))
	}
	for i := range wire.Streams {
		stream, ok := c.collected(wire.Streams[i].Name)
		if !ok {
			continue
		}
		if f := figures(&wire.Streams[i].Figures, failures); !f.Empty() {
			m.Readings = append(m.Readings, Reading{stream, f})
		}
	}
	if wire.CPU != nil && c.CPU {
		m.CPU = CPU{
			ClientMin: read(parse.Ratio, wire.CPU.ZoomMin, "zoom_min_cpu_usage", failures),
			ClientAvg: read(parse.Ratio, wire.CPU.ZoomAvg, "zoom_avg_cpu_usage", failures),
			ClientMax: read(parse.Ratio, wire.CPU.ZoomMax, "zoom_max_cpu_usage", failures),
			SystemMax: read(parse.Ratio, wire.CPU.SystemMax, "system_max_cpu_usage", failures),
		}
	}
	if wire.WiFi != nil && c.WiFi {
		m.WiFi = wifi(wire.WiFi, failures)
	}
	return m
}

// collected is the stream of that name. It reports false for one that is not
// known, or not to be taken.
func (c *Converter) collected(name zoomapi.StreamName) (Stream, bool) {
	stream, ok := streamOf(name)
	return stream, ok && (stream.Via != CRC || c.CRC) && (stream.Via != RWG || c.RWG)
}

func figures(f *zoomapi.Figures, failures Failures) Figures {
	width, height := resolution(f.Resolution, failures)
	return Figures{
		Latency:   read(parse.Seconds, f.Latency, "latency", failures),
		Jitter:    read(parse.Seconds, f.Jitter, "jitter", failures),
		Loss:      read(parse.Ratio, f.AvgLoss, "avg_loss", failures),
		LossMax:   read(parse.Ratio, f.MaxLoss, "max_loss", failures),
		Bitrate:   read(parse.BytesPerSecond, f.Bitrate, "bitrate", failures),
		FrameRate: read(parse.FramesPerSecond, f.FrameRate, "frame_rate", failures),
		Width:     width,
		Height:    height,
	}
}

func resolution(text zoomapi.Text, failures Failures) (width, height float64) {
	width, height, ok, err := parse.Resolution(string(text))
	if err != nil {
		failures.Add("resolution", parse.Reason(err), 1)
	}
	if !ok {
		return Absent(), Absent()
	}
	return width, height
}

// wifi orders the figures: Zoom's own example has a max below its min.
func wifi(w *zoomapi.WiFi, failures Failures) WiFi {
	if unit := strings.TrimSpace(string(w.Unit)); unit != "" && !strings.EqualFold(unit, "dBm") {
		failures.Add("wifi_rssi", parse.ReasonUnit, 1)
		return WiFi{Absent(), Absent(), Absent()}
	}
	out := WiFi{
		Min: read(parse.DBm, w.Min, "wifi_rssi", failures),
		Avg: read(parse.DBm, w.Avg, "wifi_rssi", failures),
		Max: read(parse.DBm, w.Max, "wifi_rssi", failures),
	}
	if out.Min > out.Max {
		out.Min, out.Max = out.Max, out.Min
	}
	return out
}

func read(f func(string) (float64, bool, error), text zoomapi.Text, field string, failures Failures) float64 {
	v, ok, err := f(string(text))
	if err != nil {
		failures.Add(field, parse.Reason(err), 1)
	}
	if !ok {
		return Absent()
	}
	return v
}

// instant reads a time. It returns why it cannot be read, "" where it can or is
// blank.
func instant(text zoomapi.Text) (at zoomtime.Time, reason string) {
	if parse.Blank(string(text)) {
		return zoomtime.Time{}, ""
	}
	t, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return zoomtime.Time{}, parse.ReasonMalformed
	}
	return zoomtime.Of(t), ""
}

// Plausible reports whether Zoom may have dated something at, in an answer of now.
func Plausible(at, now zoomtime.Time) bool {
	return !at.After(now.Add(maxAhead)) && !at.Before(now.Add(-maxPast))
}

// near is instant for what must lie near now.
func near(text zoomapi.Text, now zoomtime.Time) (at zoomtime.Time, reason string) {
	at, reason = instant(text)
	blank := reason != "" || parse.Blank(string(text))
	if !blank && !Plausible(at, now) {
		return zoomtime.Time{}, parse.ReasonRange
	}
	return at, reason
}

func address(text zoomapi.Text, field string, unread *[]Unread) netip.Addr {
	if parse.Blank(string(text)) {
		return netip.Addr{}
	}
	addr, err := netip.ParseAddr(strings.TrimSpace(string(text)))
	if err != nil {
		note(unread, field, parse.ReasonMalformed, text)
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}

func streamOf(name zoomapi.StreamName) (Stream, bool) {
	switch name {
	case zoomapi.AudioInput:
		return Stream{Audio, Sent, Client}, true
	case zoomapi.AudioOutput:
		return Stream{Audio, Received, Client}, true
	case zoomapi.VideoInput:
		return Stream{Video, Sent, Client}, true
	case zoomapi.VideoOutput:
		return Stream{Video, Received, Client}, true
	case zoomapi.ShareInput:
		return Stream{Share, Sent, Client}, true
	case zoomapi.ShareOutput:
		return Stream{Share, Received, Client}, true
	case zoomapi.AudioDeviceFromCRC:
		return Stream{Audio, Sent, CRC}, true
	case zoomapi.AudioDeviceToCRC:
		return Stream{Audio, Received, CRC}, true
	case zoomapi.VideoDeviceFromCRC:
		return Stream{Video, Sent, CRC}, true
	case zoomapi.VideoDeviceToCRC:
		return Stream{Video, Received, CRC}, true
	case zoomapi.ShareDeviceFromCRC:
		return Stream{Share, Sent, CRC}, true
	case zoomapi.ShareDeviceToCRC:
		return Stream{Share, Received, CRC}, true
	case zoomapi.AudioDeviceFromRWG:
		return Stream{Audio, Sent, RWG}, true
	case zoomapi.AudioDeviceToRWG:
		return Stream{Audio, Received, RWG}, true
	case zoomapi.VideoDeviceFromRWG:
		return Stream{Video, Sent, RWG}, true
	case zoomapi.VideoDeviceToRWG:
		return Stream{Video, Received, RWG}, true
	case zoomapi.ShareDeviceFromRWG:
		return Stream{Share, Sent, RWG}, true
	case zoomapi.ShareDeviceToRWG:
		return Stream{Share, Received, RWG}, true
	}
	return Stream{}, false
}
