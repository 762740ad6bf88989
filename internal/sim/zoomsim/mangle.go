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

// send answers with a body, which the fault may alter or prevent.
func (x *exchange) send(status int, body []byte) {
	h := x.w.Header()
	kind := FaultKind("")
	if x.fault != nil {
		kind = x.fault.Kind
	}
	switch kind {
	case FaultHang:
		x.countUnanswered()
		<-x.r.Context().Done()
		abort()
	case FaultStall:
		x.sendHalf(body)
		<-x.r.Context().Done()
		abort()
	case FaultCut:
		x.sendHalf(body)
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
		x.sendHuge(status, body)
		return
	case FaultInvalidUTF8:
		body = breakUTF8(body)
	case FaultNumbers, FaultNulls, FaultMissing:
		body = mangleRows(body, kind)
	}
	x.write(status, body)
}

// abort ends the connection in the middle of an answer, by the panic that net/http
// recovers from without a log line.
func abort() { panic(http.ErrAbortHandler) }

// countUnanswered counts a request that gets no complete answer.
func (x *exchange) countUnanswered() { x.sim.counter.answered(x.endpoint, 0) }

// sendHalf sends the first half of a body with the length of the whole.
func (x *exchange) sendHalf(body []byte) {
	x.countUnanswered()
	h := x.w.Header()
	h.Set("Content-Type", "application/json;charset=UTF-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = x.w.Write(body[:len(body)/2])
	_ = http.NewResponseController(x.w).Flush() // a recorder has nothing to flush
}

// reset resets the connection (TCP RST) without an answer.
func (x *exchange) reset() {
	x.countUnanswered()
	conn, _, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		abort() // HTTP/2 connections cannot be hijacked
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// sendHuge sends the body after the fault's Size of blanks, which are valid JSON.
func (x *exchange) sendHuge(status int, body []byte) {
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

// breakUTF8 inserts a byte that is invalid in UTF-8 before each name.
func breakUTF8(body []byte) []byte {
	for _, name := range []string{`"user_name":"`, `"topic":"`, `"host":"`} {
		body = bytes.ReplaceAll(body, []byte(name), []byte(name+"\xff"))
	}
	return body
}

// mangleRows changes the rows of a page, but not its other members, so that the
// pages can still be walked.
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
			return numberIn(v)
		}
	}
	return v
}

func (m mangler) field(of map[string]any, name string, v any, h hash) {
	hit := m.kind != FaultNumbers && h.text("hit").oneIn(6)
	switch {
	case hit && m.kind == FaultNulls:
		of[name] = nil
	case hit && m.kind == FaultMissing:
		delete(of, name)
	default:
		of[name] = m.value(v, h)
	}
}

// numberIn returns the number in a string such as "126 ms" or "16778240", or the
// string itself if there is none.
func numberIn(s string) any {
	digits := strings.TrimRight(s, " %kbpsmf")
	if n, err := strconv.ParseFloat(digits, 64); err == nil && !math.IsInf(n, 0) && !math.IsNaN(n) {
		return json.Number(strconv.FormatFloat(n, 'f', -1, 64))
	}
	return s
}
