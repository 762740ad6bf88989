package zoomsim

import (
	"bytes"
	"encoding/json"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// send answers with a body, as far as the fault lets it.
func (x *exchange) send(status int, body []byte) {
	h := x.w.Header()
	kind := FaultKind("")
	if x.fault != nil {
		kind = x.fault.Kind
	}
	switch kind {
	case FaultHang:
		x.drop()
		<-x.r.Context().Done()
		abort()
	case FaultStall:
		x.half(body)
		<-x.r.Context().Done()
		abort()
	case FaultCut:
		x.half(body)
		abort()
	case FaultReset:
		x.reset()
		return
	case FaultHTML:
		h.Set("Content-Type", "text/html")
		if status = x.fault.Status; status == 0 {
			status = http.StatusBadGateway
		}
		body = []byte("<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>\n")
	case FaultContentType:
		h.Set("Content-Type", "text/plain")
	case FaultEmpty:
		body = nil
	case FaultHuge:
		x.huge(status, body)
		return
	case FaultInvalidUTF8:
		body = breakUTF8(body)
	case FaultNumbers, FaultNulls, FaultMissing:
		body = mangleRows(body, kind)
	}
	x.write(status, body)
}

// abort is net/http's way to end a connection in the midst of an answer: the
// server recovers from it and logs nothing.
func abort() { panic(http.ErrAbortHandler) }

func (x *exchange) drop() { x.sim.counter.answered(x.endpoint, 0) }

// half sends the first half of a body that was announced whole.
func (x *exchange) half(body []byte) {
	x.drop()
	h := x.w.Header()
	h.Set("Content-Type", "application/json;charset=UTF-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = x.w.Write(body[:len(body)/2])
	_ = http.NewResponseController(x.w).Flush() // a recorder's has nothing to flush
}

// reset ends the connection without an answer, by RST where it can.
func (x *exchange) reset() {
	x.drop()
	conn, _, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		abort() // HTTP/2 has no connection to take
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// huge sends the body behind so many bytes of blanks, which are valid JSON.
func (x *exchange) huge(status int, body []byte) {
	x.sim.counter.answered(x.endpoint, status)
	left := x.fault.Size
	if left == 0 {
		left = 64 << 20
	}
	x.w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	x.w.WriteHeader(status)
	blanks := bytes.Repeat([]byte(" "), 64<<10)
	for left > 0 && x.r.Context().Err() == nil {
		n, err := x.w.Write(blanks[:min(left, len(blanks))])
		if err != nil {
			return
		}
		left -= n
	}
	_, _ = x.w.Write(body)
}

// breakUTF8 puts a byte that UTF-8 does not have in front of each name.
func breakUTF8(body []byte) []byte {
	for _, name := range []string{`"user_name":"`, `"topic":"`, `"host":"`} {
		body = bytes.ReplaceAll(body, []byte(name), []byte(name+"\xff"))
	}
	return body
}

// mangleRows changes what is in the rows of a body: what is around them stays,
// so that the pages can still be walked.
func mangleRows(body []byte, kind FaultKind) []byte {
	var page map[string]any
	if json.Unmarshal(body, &page) != nil {
		return body
	}
	m := mangler{kind: kind}
	for name, v := range page {
		if rows, ok := v.([]any); ok {
			page[name] = m.value(rows, hash(0).text(name))
		}
	}
	mangled, err := json.Marshal(page)
	if err != nil {
		return body
	}
	return mangled
}

type mangler struct{ kind FaultKind }

func (m mangler) value(v any, h hash) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = m.value(v[i], h.with(uint64(i)))
		}
	case map[string]any:
		for name, inner := range v {
			m.field(v, name, inner, h.text(name))
		}
	case string:
		if m.kind == FaultNumbers {
			return bare(v)
		}
	}
	return v
}

func (m mangler) field(of map[string]any, name string, v any, h hash) {
	hit := m.kind != FaultNumbers && h.text("hit").one(6)
	switch {
	case hit && m.kind == FaultNulls:
		of[name] = nil
	case hit && m.kind == FaultMissing:
		delete(of, name)
	default:
		of[name] = m.value(v, h)
	}
}

// bare is the number that a string such as "126 ms" or "16778240" holds; the
// string itself where it holds none.
func bare(s string) any {
	digits := strings.TrimRight(s, " %kbpsmf")
	if n, err := strconv.ParseFloat(digits, 64); err == nil && !math.IsInf(n, 0) && !math.IsNaN(n) {
		return json.Number(strconv.FormatFloat(n, 'f', -1, 64))
	}
	return s
}
