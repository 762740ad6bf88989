package zoomsim

import (
	"slices"
	"strconv"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// row is a join as an answer shows it.
type row struct {
	*join
	userID   string
	left     time.Time // zero while present
	from, to int64     // the first and last minute that are sent
}

// minuteAfter returns the first whole minute after t.
func minuteAfter(t time.Time) int64 { return t.Unix()/60 + 1 }

// minuteAt returns the newest whole minute at t.
func minuteAt(t time.Time) int64 { return t.Unix() / 60 }

// held returns the first and last minute that Zoom has of a join: whole minutes
// from joining to leaving.
func (m *meeting) held(j *join, now time.Time) (from, to int64) {
	if left := m.left(j, now); !left.IsZero() {
		now = left
	}
	return minuteAfter(j.at), minuteAt(now)
}

// person appends the members that rows of all lists have.
func (e *encoder) person(m *meeting, r row, blankPeople bool) {
	p, n := r.person, &r.person.network
	email, location, public, internal := p.email, n.location, n.public, []string{n.internal}
	name, dataCenter, network := p.name, n.dataCenter, n.name
	if p.external || blankPeople {
		email, location, public, internal = "", "", "", nil
	}
	if blankPeople {
		name = ""
	}
	if p.external {
		dataCenter, network = "", ""
	}
	e.str("id", p.id)
	e.str("user_id", r.userID)
	e.str("participant_uuid", r.participantUUID)
	e.str("user_name", name)
	e.str("email", email)
	e.str("device", p.device)
	e.str("client", p.client)
	e.str("os", p.os)
	e.str("os_version", p.osVersion)
	e.str("version", p.version)
	e.str("browser_name", "")
	e.str("browser_version", "")
	e.str("device_name", "")
	e.str("domain", domainOf(p))
	e.str("harddisk_id", "")
	e.str("mac_addr", "")
	e.str("pc_name", p.pcName)
	e.strs("internal_ip_addresses", internal...)
	e.str("ip_address", public)
	e.str("location", location)
	e.str("network_type", network)
	e.str("data_center", dataCenter)
	e.str("full_data_center", dataCenter)
	e.str("connection_type", n.connectionType)
	e.str("video_connection_type", n.connectionType)
	e.str("as_connection_type", n.connectionType)
	e.str("join_time", stamp(r.at))
	if !r.left.IsZero() {
		e.str("leave_time", stamp(r.left))
	}
	e.flag("recording", false)
	e.flag("has_archiving", false)
	e.str("optional_archiving", "no optional archiving")
	if m.slot.kind == zoomapi.Meeting {
		e.str("groupId", "")
	}
}

func domainOf(p *person) string {
	if p.external {
		return ""
	}
	return "example.com"
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// qos appends a row of the QoS list without its braces.
func (e *encoder) qos(v view, m *meeting, r row) {
	e.person(m, r, v.w.opts.Moods.BlankPeople)
	sender := sharer(m, r.to, v.plain) == r.index
	e.flag("share_application", false)
	e.flag("share_desktop", sender)
	e.flag("share_whiteboard", false)
	health, issues := v.health(m, r)
	e.str("health", health)
	e.strs("issue_list", issues...)
	e.array("user_qos")
	for _, minute := range v.order(r) {
		if entry, ok := v.entry(m, r.join, minute); ok {
			e.entry(&entry, r.person.sparse, v.w.opts.Moods.SwappedRSSI)
		}
	}
	e.end(']')
}

// health returns Zoom's health and issues of a person at the newest minute.
func (v view) health(m *meeting, r row) (string, []string) {
	if r.to < r.from {
		return "Good", nil
	}
	s := v.state(m, r.join, r.to)
	var issues []string
	if s.loss > 20 || s.jitter > 40 {
		issues = append(issues, "Unstable audio quality", "Unstable video quality")
	}
	if s.cpu > 90 {
		issues = append(issues, "High CPU occupation")
	}
	switch {
	case s.loss > 60:
		return "Critical", issues
	case len(issues) > 0:
		return "Warning", issues
	}
	return "Good", nil
}

// order returns the minutes that are sent in their order.
func (v view) order(r row) []int64 {
	minutes := make([]int64, 0, max(r.to-r.from+1, 0))
	late := v.w.opts.Moods.History == HistoryLate && r.left.IsZero()
	for minute := r.from; minute <= r.to; minute++ {
		if late && r.key.text("late").with(uint64(minute)).oneIn(5) &&
			r.to-minute < int64(r.key.text("delay").with(uint64(minute)).between(1, 3)) {
			continue
		}
		minutes = append(minutes, minute)
	}
	if late {
		slices.SortFunc(minutes, func(a, b int64) int {
			order := r.key.text("order")
			x, y := order.with(uint64(a)), order.with(uint64(b))
			if x < y {
				return -1
			}
			return 1
		})
	}
	return minutes
}

// entry appends one minute.
func (e *encoder) entry(en *entry, sparse, swapped bool) {
	e.object("")
	e.key("date_time")
	e.b = append(e.b, '"')
	e.b = time.Unix(en.minute*60, 0).UTC().AppendFormat(e.b, time.RFC3339)
	e.b = append(e.b, '"')
	for i := range en.streams {
		f := &en.streams[i]
		if !f.active && sparse {
			continue
		}
		e.stream(f)
	}
	if en.hasCPU {
		e.object("cpu_usage")
		e.word("zoom_min_cpu_usage", e.words.cpu[en.cpu[0]])
		e.word("zoom_avg_cpu_usage", e.words.cpu[en.cpu[1]])
		e.word("zoom_max_cpu_usage", e.words.cpu[en.cpu[2]])
		e.word("system_max_cpu_usage", e.words.cpu[en.cpu[3]])
		e.end('}')
		e.object("cpu_pressure_level")
		level := "normal"
		if en.cpu[3] > 90 {
			level = "high"
		}
		e.word("system_min_cpu_pressure_level", "normal")
		e.word("system_avg_cpu_pressure_level", level)
		e.word("system_max_cpu_pressure_level", level)
		e.end('}')
	}
	if en.rssi[1] != 0 {
		weakest, strongest := "min_rssi", "max_rssi"
		if swapped {
			weakest, strongest = strongest, weakest
		}
		e.object("wifi_rssi")
		e.num(strongest, int64(en.rssi[2]))
		e.num("avg_rssi", int64(en.rssi[1]))
		e.num(weakest, int64(en.rssi[0]))
		e.word("rssi_unit", "dBm")
		e.end('}')
	}
	e.end('}')
}

// stream appends a stream's figures, or blanks if it is inactive. It takes few
// steps, as it makes most of a page.
func (e *encoder) stream(f *figures) {
	const (
		blankAudio = `{"bitrate":"","latency":"","jitter":"","avg_loss":"","max_loss":""}`
		blankVideo = `{"bitrate":"","latency":"","jitter":"","avg_loss":"","max_loss":"","resolution":"","frame_rate":""}`
	)
	e.key(string(f.name))
	switch {
	case !f.active && f.video:
		e.b = append(e.b, blankVideo...)
		return
	case !f.active:
		e.b = append(e.b, blankAudio...)
		return
	}
	texts := e.words.texts(f)
	b := append(e.b, `{"bitrate":"`...)
	b = append(b, texts[inBitrate]...)
	b = append(b, `","latency":"`...)
	b = append(b, texts[inLatency]...)
	b = append(b, `","jitter":"`...)
	b = append(b, texts[inJitter]...)
	b = append(b, `","avg_loss":"`...)
	b = append(b, texts[inAvgLoss]...)
	b = append(b, `","max_loss":"`...)
	b = append(b, texts[inMaxLoss]...)
	if f.video {
		b = append(b, `","resolution":"`...)
		b = append(b, texts[inResolution]...)
		b = append(b, `","frame_rate":"`...)
		b = append(b, texts[inFrameRate]...)
	}
	e.b = append(b, `"}`...)
}

// word appends a string that needs no escaping.
func (e *encoder) word(name, v string) {
	e.key(name)
	e.b = append(e.b, '"')
	e.b = append(e.b, v...)
	e.b = append(e.b, '"')
}

// participant appends a row of the participants list without its braces.
func (e *encoder) participant(v view, m *meeting, r row) {
	e.person(m, r, v.w.opts.Moods.BlankPeople)
	e.str("role", r.role)
	if m.slot.kind == zoomapi.Meeting {
		status := "in_meeting"
		if !v.plain && r.left.IsZero() && r.to < r.from && r.key.text("waits").oneIn(8) {
			status = "in_waiting_room"
		}
		e.str("status", status)
		e.num("in_room_participants", 1)
	}
	if !r.left.IsZero() {
		reason := r.person.name + " left the " + string(m.slot.kind) + "."
		if v.w.opts.Moods.BlankPeople {
			reason = ""
		}
		e.str("leave_reason", reason)
	}
	var words qualityWords
	if entry, ok := v.entry(m, r.join, r.to); ok && r.to >= r.from && !v.w.opts.Moods.NoQualityWords {
		words.add(&entry)
	}
	e.qualities(words)
	e.str("camera", "")
	e.str("microphone", "")
	e.str("speaker", "")
	e.str("customer_key", "")
	e.str("registrant_id", "")
	e.str("participant_user_id", r.person.id)
	e.str("sip_uri", "")
	e.str("from_sip_uri", "")
	e.str("bo_mtg_id", "")
	e.array("audio_call")
	e.end(']')
}

// meeting appends an element of the lists, which is also the answer of a single
// meeting, without its braces.
func (e *encoder) meeting(v view, l listing) {
	m := l.meeting
	name, email := m.host.name, m.host.email
	if v.w.opts.Moods.BlankPeople {
		name, email = "", ""
	}
	e.str("uuid", m.uuid)
	e.num("id", m.number)
	e.str("topic", m.topic)
	e.str("host", name)
	e.str("email", email)
	e.str("dept", m.host.department)
	e.str("user_type", "Licensed")
	e.str("start_time", stamp(m.start))
	end := ""
	if !l.end.IsZero() {
		end = stamp(l.end)
	}
	e.str("end_time", end)
	e.str("duration", duration(l.length))
	e.num("participants", int64(l.people))
	if !l.end.IsZero() || m.slot.kind == zoomapi.Webinar {
		e.flag("has_survey", false)
	} else {
		e.num("in_room_participants", int64(l.rooms))
	}
	for _, name := range [...]string{"has_pstn", "has_3rd_party_audio", "has_recording", "has_sip",
		"has_archiving", "has_poll", "has_manual_captions", "has_automated_captions"} {
		e.flag(name, false)
	}
	e.flag("has_voip", true)
	e.flag("has_video", true)
	e.flag("has_screen_share", sharer(m, l.minute, v.plain) >= 0)
	e.array("custom_keys")
	e.end(']')
	e.qualities(l.words)
}

// duration returns Zoom's form of a duration: mm:ss or hh:mm:ss.
func duration(d time.Duration) string {
	two := func(n int) string {
		if n < 10 {
			return "0" + strconv.Itoa(n)
		}
		return strconv.Itoa(n)
	}
	s := int(d.Seconds())
	if s < 3600 {
		return two(s/60) + ":" + two(s%60)
	}
	return two(s/3600) + ":" + two(s/60%60) + ":" + two(s%60)
}
