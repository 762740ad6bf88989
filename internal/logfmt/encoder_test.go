package logfmt

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/go-logfmt/logfmt"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

func config() zapcore.EncoderConfig {
	config := zap.NewProductionEncoderConfig()
	config.EncodeTime = zapcore.RFC3339TimeEncoder
	config.EncodeDuration = zapcore.StringDurationEncoder
	return config
}

// line returns the output of a logger with these fields.
func line(t *testing.T, message string, with []zap.Field, fields ...zap.Field) string {
	t.Helper()
	var out strings.Builder
	core := zapcore.NewCore(NewEncoder(config()), zapcore.AddSync(&out), zap.DebugLevel)
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	err := core.With(with).Write(zapcore.Entry{Level: zap.InfoLevel, Time: at, Message: message}, fields)
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

type peer struct {
	host string
	port int
}

func (p peer) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddString("host", p.host)
	enc.AddInt("port", p.port)
	if p.port == 0 {
		return errors.New("no port")
	}
	return nil
}

type unwilling struct{}

func (unwilling) MarshalJSON() ([]byte, error) { return nil, errors.New("not today") }

func TestFields(t *testing.T) {
	for _, tt := range []struct {
		field zap.Field
		want  string
	}{
		{zap.String("k", "plain"), `k=plain`},
		{zap.String("k", ""), `k=`},
		{zap.String("k", "two words"), `k="two words"`},
		{zap.String("k", "null"), `k="null"`},
		{zap.String("k", `C:\dir`), `k=C:\dir`},
		{zap.String("k", `a "b" \ c`), `k="a \"b\" \\ c"`},
		{zap.String("k", "a=b"), `k="a=b"`},
		{zap.String("k", "one\ntwo\r\n\tthree"), `k="one\ntwo\r\n\tthree"`},
		{zap.String("k", "\x00\x1b[31mred"), `k="\u0000\u001b[31mred"`},
		{zap.String("k", "\x7f\u0085\u2028\u202e\u200b"), `k="\u007f` + strings.Repeat(`\ufffd`, 4) + `"`},
		{zap.String("k", "broken \xff\xc3"), `k="broken \ufffd\ufffd"`},
		{zap.String("k", "Zürich\u00a0東京🙂"), "k=Zürich\u00a0東京🙂"},
		{zap.String("a key=\"\n\u202e", "v"), `akey=v`},
		{zap.String("", "v"), `_=v`},
		{zap.String("= \n", "v"), `_=v`},
		{zap.ByteString("k", []byte("a b\xff")), `k="a b\ufffd"`},
		{zap.Binary("k", []byte{0, 1, 255}), `k=AAH/`},
		{zap.Int64("k", math.MinInt64), `k=-9223372036854775808`},
		{zap.Uint64("k", math.MaxUint64), `k=18446744073709551615`},
		{zap.Float64("k", 0.1), `k=0.1`},
		{zap.Float64("k", math.NaN()), `k=NaN`},
		{zap.Float64("k", math.Inf(-1)), `k=-Inf`},
		{zap.Complex128("k", 1-2i), `k=1-2i`},
		{zap.Bool("k", true), `k=true`},
		{zap.Duration("k", 90*time.Second), `k=1m30s`},
		{zap.Time("k", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)), `k=2026-01-02T03:04:05Z`},
		{zap.Error(fmt.Errorf("read %q: %w", "a b", errors.New("broken\npipe"))), `error="read \"a b\": broken\npipe"`},
		{zap.Error(nil), ``},
		{zap.Any("k", nil), `k=null`},
		{zap.Stringp("k", nil), `k=null`},
		{zap.Stringer("k", (*time.Location)(nil)), `k=UTC`},
		{zap.Strings("k", nil), `k=[]`},
		{zap.Strings("k", []string{"a", "b c", "\n"}), `k="[\"a\",\"b c\",\"\\n\"]"`},
		{zap.Durations("k", []time.Duration{time.Second}), `k="[\"1s\"]"`},
		{zap.Ints("k", []int{1, 2}), `k=[1,2]`},
		{zap.Errors("k", []error{errors.New("x")}), `k="[{\"error\":\"x\"}]"`},
		{zap.Object("k", peer{"a b", 1}), `k.host="a b" k.port=1`},
		{zap.Object("k", peer{"a", 0}), `k.host=a k.port=0 kError="no port"`},
		{zap.Inline(peer{"a", 1}), `host=a port=1`},
		{zap.Dict("k", zap.Dict("inner", zap.Int("a", 1)), zap.Dict("none")), `k.inner.a=1 k.none={}`},
		{zap.Reflect("k", map[string]any{"a": []int{1}, "b": map[string]any{"c d": nil}}), `k.a=[1] k.b.cd=null`},
		{zap.Reflect("k", map[string]int{}), `k={}`},
		{zap.Reflect("k", unwilling{}), `kError="json: error calling MarshalJSON for type logfmt.unwilling: not today"`},
		{zap.Reflect("k", make(chan int)), `kError="json: unsupported type: chan int"`},
	} {
		const head = "ts=2026-03-04T05:06:07Z level=info msg=m"
		want := strings.TrimSuffix(head+" "+tt.want, " ") + "\n"
		if got := line(t, "m", nil, tt.field); got != want {
			t.Errorf("got  %swant %s", got, want)
		}
	}
}

func TestLines(t *testing.T) {
	const at = "ts=2026-03-04T05:06:07Z level=info "
	with := []zap.Field{zap.String("account", "first one"), zap.Int("n", 1)}
	if got, want := line(t, "it runs", with, zap.Int("n", 2)), at+`msg="it runs" account="first one" n=1 n=2`+"\n"; got != want {
		t.Errorf("got  %swant %s", got, want)
	}
	within := append(with, zap.Namespace("zoom"), zap.Namespace("api"))
	if got, want := line(t, "", within, zap.Int("status", 429)), at+`msg= account="first one" n=1 zoom.api.status=429`+"\n"; got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}

// A logger derived from another does not change it.
func TestClone(t *testing.T) {
	var out strings.Builder
	log := zap.New(zapcore.NewCore(NewEncoder(config()), zapcore.AddSync(&out), zap.WarnLevel))
	log.Named("a").With(zap.Int("own", 1)).Error("one")
	log.Info("left out")
	log.Error("two")
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 3 || !strings.HasSuffix(lines[0], " level=error logger=a msg=one own=1") || !strings.HasSuffix(lines[1], " level=error msg=two") {
		t.Errorf("%q", lines)
	}
}

// Any entry becomes one line, which parses as the entry, apart from characters that
// are replaced.
func FuzzEncoder(f *testing.F) {
	for _, seed := range [][3]string{
		{"", "", ""}, {"key", "it's \"quoted\"", "two\nlines"}, {"a b=c", "\x00\x1b\x7f\\", "\xff\xfe\xc3("},
		{"\u2028", "\u0085\u202e", `\n \u0000 "`}, {"ünï", "null", "null"}, {".", "{}", "[1, 2]"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, key, message, value string) {
		got := line(t, message, []zap.Field{zap.String(key, value)}, zap.Strings("list", []string{value, message}), zap.Dict("dict", zap.String(key, value)))
		text, ended := strings.CutSuffix(got, "\n")
		if !ended || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 }) {
			t.Fatalf("not one line of text: %.200q", got)
		}
		d := logfmt.NewDecoderSize(strings.NewReader(got), len(got)+1)
		var keys, values []string
		for d.ScanRecord() {
			for d.ScanKeyval() {
				keys, values = append(keys, string(d.Key())), append(values, string(d.Value()))
			}
		}
		if d.Err() != nil {
			t.Fatalf("%v in %.200q", d.Err(), got)
		}
		if len(keys) != 6 || keys[0] != "ts" || keys[1] != "level" || keys[2] != "msg" || keys[4] != "list" || !strings.HasPrefix(keys[5], "dict.") {
			t.Fatalf("keys %.200q of %.200q", keys, got)
		}
		for i, want := range map[int]string{2: message, 3: value, 5: value} {
			if want := visible(strings.ToValidUTF8(want, "\ufffd")); squeeze(values[i]) != squeeze(want) {
				t.Errorf("%s is %.200q, want %.200q", keys[i], values[i], want)
			}
		}
	})
}

// squeeze replaces repeated replacement characters by one, as an invalid sequence may
// become one or several.
func squeeze(s string) string {
	for strings.Contains(s, "\ufffd\ufffd") {
		s = strings.ReplaceAll(s, "\ufffd\ufffd", "\ufffd")
	}
	return s
}
