package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// webConfig asks for TLS, and for the password "scrape" of the user
// prometheus.
const webConfig = `tls_server_config:
  cert_file: web.crt
  key_file: web.key
basic_auth_users:
  prometheus: $2a$04$vhG.A7QGoRDPinBQQEp55OWwq3EXM9sickDRR6lwkPY231WNwy8Fu
`

func TestTLSAndBasicAuth(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	roots := certificate(t, dir)
	file := filepath.Join(dir, "web.yml")
	if err := os.WriteFile(file, []byte(webConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	sim := small()
	p := exporter(t, serve(t, sim, sim.Handler()), "--web.config.file="+file)
	c := &http.Client{Timeout: patience, Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{RootCAs: roots},
	}}
	for name, test := range map[string]struct {
		scheme, password string
		want             int
	}{
		"password":       {"https", "scrape", http.StatusOK},
		"wrong password": {"https", "guess", http.StatusUnauthorized},
		"no password":    {"https", "", http.StatusUnauthorized},
		"no TLS":         {"http", "scrape", http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequest(http.MethodGet, test.scheme+"://"+p.address()+"/metrics", nil)
			if err != nil {
				t.Fatal(err)
			}
			if test.password != "" {
				req.SetBasicAuth("prometheus", test.password)
			}
			status, body, err := do(c, req)
			if err != nil || status != test.want {
				t.Fatalf("answered %d %v, want %d", status, err, test.want)
			}
			if status == http.StatusOK {
				exposition(body).must(t, `zoom_account_up{account="default"}`, 1)
			}
		})
	}
	if n := sim.Counts().Tokens; n != 1 {
		t.Errorf("%d tokens, want 1: only who may scrape has Zoom asked", n)
	}
}

// certificate writes web.crt and web.key for 127.0.0.1.
func certificate(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for name, content := range map[string][]byte{
		"web.crt": cert,
		"web.key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(cert)
	return pool
}
