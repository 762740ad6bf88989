package zoomsim

import (
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// query has the checked parameters of a request.
type query struct {
	endpoint endpoint
	id       string // escaped, as in the path
	userID   string
	kind     string // the type: live, past or pastOne
	from, to time.Time
	size     int
	token    string
	bound    hash // of the parameters that page tokens are bound to
}

const (
	dateForm  = "2006-01-02"
	tokenLife = 15 * time.Minute
)

// read checks the parameters as Zoom does.
func (q *query) read(values url.Values, now time.Time, moods Moods) *failure {
	q.kind = values.Get("type")
	if q.kind == "" {
		q.kind = q.endpoint.types[0]
	}
	if !slices.Contains(q.endpoint.types, q.kind) {
		return invalid("type", "Invalid field.")
	}
	if q.endpoint.dated {
		if f := q.readDates(values, now); f != nil {
			return f
		}
	}
	if q.endpoint.maxSize == 0 {
		return nil
	}
	q.size = q.endpoint.defaultSize
	if text := values.Get("page_size"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || (moods.StrictPageSize && n > q.endpoint.maxSize) {
			return invalid("page_size", "Invalid field.")
		}
		q.size = min(n, q.endpoint.maxSize)
	}
	q.token = values.Get("next_page_token")
	q.bound = hash(0).text(string(q.endpoint.name)).text(q.id).text(q.kind).
		text(values.Get("from")).text(values.Get("to")).with(uint64(q.size))
	return nil
}

// readDates requires from and to for live lists too, as Zoom's reference does.
func (q *query) readDates(values url.Values, now time.Time) *failure {
	for _, d := range []struct {
		name string
		into *time.Time
	}{{"from", &q.from}, {"to", &q.to}} {
		at, err := time.Parse(dateForm, values.Get(d.name))
		if err != nil {
			return invalid(d.name, "Invalid date: the format is yyyy-mm-dd.")
		}
		*d.into = at
	}
	switch {
	case q.from.Before(now.AddDate(-1, 0, 0)):
		return &failure{status: 400, code: 12702, message: "Can not access a meeting a year ago."}
	case q.to.Before(q.from):
		return invalid("to", "The end date is before the start date.")
	case q.to.After(q.from.AddDate(0, 1, 0)):
		return invalid("to", "The range must not be longer than a month.")
	case q.from.Before(now.AddDate(0, -6, 0).Truncate(24 * time.Hour)):
		return invalid("from", "The range must lie in the last six months.")
	}
	return nil
}

// seal returns a page token: opaque, and bound to its query and the time.
func (s *Sim) seal(q *query, offset int, now time.Time, object string) string {
	secret := hash(s.opts.Seed).text("page").with(uint64(q.bound)).text(object)
	at := uint64(now.UnixMilli())
	mac := secret.with(uint64(offset)).with(at)
	b := binary.BigEndian.AppendUint64(nil, uint64(mac))
	b = binary.BigEndian.AppendUint64(b, at^uint64(mac.text("time")))
	b = binary.BigEndian.AppendUint32(b, uint32(offset)^uint32(mac.text("offset")))
	return base64.RawURLEncoding.EncodeToString(b)
}

// unseal returns the offset in a query's page token; 0 without one.
func (s *Sim) unseal(q *query, now time.Time, object string) (int, *failure) {
	if q.token == "" {
		return 0, nil
	}
	refused := s.opts.Moods.status300("The next page token is invalid or expired.")
	b, err := base64.RawURLEncoding.DecodeString(q.token)
	if err != nil || len(b) != 20 {
		return 0, refused
	}
	mac := hash(binary.BigEndian.Uint64(b))
	at := binary.BigEndian.Uint64(b[8:]) ^ uint64(mac.text("time"))
	offset := binary.BigEndian.Uint32(b[16:]) ^ uint32(mac.text("offset"))
	secret := hash(s.opts.Seed).text("page").with(uint64(q.bound)).text(object)
	if secret.with(uint64(offset)).with(at) != mac || now.Sub(time.UnixMilli(int64(at))) > tokenLife {
		return 0, refused
	}
	return int(offset), nil
}

// parseID reads the meeting number or UUID of a path as strictly as Zoom: a UUID
// that begins with '/' or contains "//" must be encoded twice, one with any '/' may
// be, and any other must not.
func parseID(escaped string) (number int64, uuid string, ok bool) {
	once, err := url.PathUnescape(escaped)
	if err != nil || once == "" {
		return 0, "", false
	}
	if n, err := strconv.ParseInt(once, 10, 64); err == nil {
		return n, "", true
	}
	uuid = once
	twice := strings.Contains(once, "%") // base64 has none
	if twice {
		if uuid, err = url.PathUnescape(once); err != nil {
			return 0, "", false
		}
	}
	must := strings.HasPrefix(uuid, "/") || strings.Contains(uuid, "//")
	may := strings.Contains(uuid, "/")
	if twice && !may || must && !twice {
		return 0, "", false
	}
	return 0, uuid, true
}

// find returns the meeting of an escaped number or UUID.
func (w *world) find(escaped string, kind zoomapi.Kind, now time.Time) (*meeting, bool) {
	number, uuid, ok := parseID(escaped)
	if !ok || uuid != "" && w.opts.Moods.NumbersOnly {
		return nil, false
	}
	m := w.byUUID[uuid]
	if uuid == "" {
		m = w.latest(number, now)
	}
	if m == nil || m.slot.kind != kind || m.start.After(now) {
		return nil, false
	}
	return m, true
}
