package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.yaml.in/yaml/v3"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/logfmt"
)

func TestSecretsDoNotPrint(t *testing.T) {
	u, err := url.Parse("http://" + secretWord + ":" + secretWord + "@proxy.example.com:3128")
	if err != nil {
		t.Fatal(err)
	}
	type holder struct {
		S Secret
		U SecretURL
		M map[string]*Secret
	}
	s := Secret(secretWord)
	h := holder{s, SecretURL{u}, map[string]*Secret{"k": &s}}
	var out []string
	for _, x := range []any{s, &s, h, &h, []Secret{s}, h.U, &h.U, []any{h.U}, fmt.Errorf("%w: %v", fmt.Errorf("%v", s), h.U)} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
			out = append(out, fmt.Sprintf(verb, x))
		}
		for _, marshal := range []func(any) ([]byte, error){json.Marshal, yaml.Marshal} {
			data, err := marshal(x)
			if err != nil {
				t.Error(err)
			}
			out = append(out, string(data))
		}
		var buf bytes.Buffer
		slog.New(slog.NewJSONHandler(&buf, nil)).Info("m", "k", x)
		slog.New(slog.NewTextHandler(&buf, nil)).Info("m", "k", x)
		for _, enc := range []zapcore.Encoder{
			zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()),
			logfmt.NewEncoder(zap.NewProductionEncoderConfig()),
		} {
			zap.New(zapcore.NewCore(enc, zapcore.AddSync(&buf), zap.DebugLevel)).Info("m", zap.Any("k", x), zap.Reflect("r", x))
		}
		out = append(out, buf.String())
	}
	hex := fmt.Sprintf("%x", secretWord)
	for _, line := range out {
		if strings.Contains(line, secretWord) || strings.Contains(strings.ToLower(line), hex) {
			t.Errorf("printed: %s", line)
		}
	}
	for _, got := range []string{fmt.Sprint(s), s.GoString(), s.String(), s.LogValue().String()} {
		if got != "<secret>" {
			t.Errorf("got %q", got)
		}
	}
	if got := fmt.Sprintf("%v", h.U); got != "http://proxy.example.com:3128" {
		t.Errorf("proxy prints as %q", got)
	}
	if s.Reveal() != secretWord || h.U.Reveal().User.Username() != secretWord {
		t.Error("Reveal does not return the secret")
	}
	if (SecretURL{}).Reveal() != nil || (SecretURL{}).String() != "" {
		t.Error("the zero value is a URL")
	}
}

// A whole configuration may end up in a log.
func TestConfigDoesNotPrintSecrets(t *testing.T) {
	c := mustLoad(t, account("proxy_url: 'http://"+secretWord+"@proxy.example.com'"))
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if s := fmt.Sprintf("%+v %#v %s", c, c, data); strings.Contains(s, secretWord) {
		t.Errorf("printed: %s", s)
	}
}
