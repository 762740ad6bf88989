package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/accounts"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/store"
)

// serving matches the log line of a serving program, in either format.
var serving = regexp.MustCompile(`Listening on.*address`)

// outcome is what the program wrote, and its exit status.
type outcome struct {
	stdout, stderr string
	status         int
}

// words is the standard output without its layout.
func (o outcome) words() string { return strings.Join(strings.Fields(o.stdout), " ") }

// runToEnd runs the program in an environment until it ends.
func runToEnd(t *testing.T, env map[string]string, args ...string) outcome {
	t.Helper()
	var stdout, stderr output
	status := run(t.Context(), args, process{
		stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr,
		getenv: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
	})
	return outcome{stdout.String(), stderr.String(), status}
}

// serveBriefly starts the program and stops it once it serves. started is false
// if it ended by itself.
func serveBriefly(t *testing.T, env map[string]string, args ...string) (started bool, o outcome) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var stdout, stderr output
	pr := &program{clock: clock.System{}, gracePeriod: 10 * time.Millisecond, process: process{
		stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr,
		getenv: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
	}}
	pr.load = pr.configuration
	command, status := pr.parse(args)
	if command != nil {
		ended := make(chan int, 1)
		go func() { ended <- command(ctx) }()
		for running := true; running; {
			select {
			case status = <-ended:
				running = false
			case <-time.After(2 * time.Millisecond):
				if serving.MatchString(stderr.String()) {
					started = true
					cancel()
				}
			}
		}
	}
	return started, outcome{stdout.String(), stderr.String(), status}
}

// problem is a state of the machine that may keep the exporter from starting.
type problem struct {
	name string
	// args sets up the state in an empty directory and returns the arguments of
	// the program.
	args func(t *testing.T, dir string) []string
	// refused is true if the exporter must not start.
	refused bool
	// says must be in the output of check, and logs in the log of serve.
	says, logs []string
}

// free lets the system choose a port.
const free = "--web.listen-address=127.0.0.1:0"

// storageProblems are problems of --storage.path.
func storageProblems() []problem {
	path := func(make func(t *testing.T, path string)) func(*testing.T, string) []string {
		return func(t *testing.T, dir string) []string {
			path := filepath.Join(dir, "storage")
			make(t, path)
			return []string{free, "--storage.path=" + path}
		}
	}
	return []problem{
		{
			name: "no storage", args: func(*testing.T, string) []string { return []string{free} },
			says: []string{"note storage none:", "note hash key in memory"}, logs: []string{"request counts are lost at a restart"},
		},
		{
			name: "a new storage", args: path(func(*testing.T, string) {}),
			says: []string{"does not exist yet and can be created", "ok hash key in the storage directory"},
		},
		{
			name: "a storage in use before", args: path(func(t *testing.T, path string) {
				if err := os.Mkdir(path, 0o700); err != nil {
					t.Fatal(err)
				}
			}),
			says: []string{"ok storage "},
		},
		{
			name: "a file", refused: true,
			args: path(func(t *testing.T, path string) { write(t, path, "") }),
			says: []string{"FAILED storage storage", "not a directory", "--storage.path"}, logs: []string{"not a directory"},
		},
		{
			name: "below a file", refused: true,
			args: func(t *testing.T, dir string) []string {
				write(t, filepath.Join(dir, "file"), "")
				return []string{free, "--storage.path=" + filepath.Join(dir, "file", "below", "storage")}
			},
			says: []string{"FAILED storage", "not a directory"}, logs: []string{"not a directory"},
		},
		{
			name: "a link to nowhere", refused: true,
			args: path(func(t *testing.T, path string) {
				if err := os.Symlink("nowhere", path); err != nil {
					t.Fatal(err)
				}
			}),
			says: []string{"FAILED storage", "not a directory"}, logs: []string{"not a directory"},
		},
		{
			name: "a damaged storage", args: path(func(t *testing.T, path string) {
				if err := os.Mkdir(path, 0o700); err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(path, "state.db"), strings.Repeat("damaged", 2000))
			}),
			says: []string{"note storage", "was damaged and starts empty", "state.db.damaged-", "ok hash key"},
		},
		{
			name: "held by another process", refused: true,
			args: path(func(t *testing.T, path string) {
				b := store.NewBolt(path, time.Now, func(string) {})
				if err := b.Open(0); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = b.Close() })
			}),
			says: []string{"FAILED storage", "in use by another process, such as another check, and no exporter answers at 127.0.0.1:0"},
			logs: []string{"in use by another process"},
		},
		{
			name: "what the system refuses",
			args: path(func(t *testing.T, path string) { jam(t, path) }),
			says: []string{"note storage cannot be used: the exporter would start, but it would keep nothing", "ok hash key", "READY, but request counts and counted readings will be lost at each restart"},
			logs: []string{"continuing in memory"},
		},
		{
			name: "what the system refuses, the key too",
			args: path(func(t *testing.T, path string) { jam(t, path); jamKey(t, path) }),
			says: []string{"note storage cannot be used", "note hash key in memory", "READY, but request counts, counted readings and the key of hashed labels will be lost at each restart"},
			logs: []string{"hashed labels change at the next start"},
		},
		{
			name: "a key that cannot be stored",
			args: path(func(t *testing.T, path string) {
				if err := os.Mkdir(path, 0o700); err != nil {
					t.Fatal(err)
				}
				jamKey(t, path)
			}),
			says: []string{"ok storage", "note hash key in memory", "READY, but the key of hashed labels will be lost at each restart"}, logs: []string{"the key of hashed labels cannot be saved"},
		},
		{
			name: "a key that is short", refused: true,
			args: path(func(t *testing.T, path string) {
				if err := os.Mkdir(path, 0o700); err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(path, accounts.KeyFile), "short\n")
			}),
			says: []string{"ok storage", "FAILED hash key", "holds no valid key"}, logs: []string{"holds no valid key"},
		},
		{
			name: "a key that cannot be read", refused: true,
			args: path(func(t *testing.T, path string) {
				if err := os.MkdirAll(filepath.Join(path, accounts.KeyFile), 0o700); err != nil {
					t.Fatal(err)
				}
			}),
			says: []string{"ok storage", "FAILED hash key", "cannot be read"}, logs: []string{"cannot be read"},
		},
	}
}

// jam makes a directory useless as a storage, even for root.
func jam(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "state.db.new", "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
}

// jamKey keeps a key from being created in a directory.
func jamKey(t *testing.T, dir string) {
	t.Helper()
	if err := os.Symlink("nowhere", filepath.Join(dir, accounts.KeyFile)); err != nil {
		t.Fatal(err)
	}
}

// fileProblems are problems of files that the configuration refers to.
func fileProblems(env map[string]string) []problem {
	configured := func(rest string, account string, files map[string]string) func(*testing.T, string) []string {
		return func(t *testing.T, dir string) []string {
			for name, text := range files {
				write(t, filepath.Join(dir, name), text)
			}
			file := filepath.Join(dir, "config.yaml")
			write(t, file, strings.ReplaceAll("accounts:\n"+accountEntry("default", env)+"    "+account+"\n"+rest, "DIR", dir))
			return []string{free, "--config.file=" + file, "--storage.path=" + filepath.Join(dir, "storage")}
		}
	}
	return []problem{
		{
			name: "a configured key", args: configured("privacy: {key_file: DIR/key}\n", "", map[string]string{"key": strings.Repeat("k", 32)}),
			says: []string{"ok hash key from privacy.key_file"},
		},
		{
			name: "a configured key beside a bad one", args: func(t *testing.T, dir string) []string {
				if err := os.Mkdir(filepath.Join(dir, "storage"), 0o700); err != nil {
					t.Fatal(err)
				}
				return configured("privacy: {key_file: DIR/key}\n", "", map[string]string{
					"key": strings.Repeat("k", 32), "storage/" + accounts.KeyFile: "short",
				})(t, dir)
			},
			says: []string{"ok hash key from privacy.key_file"},
		},
		{
			name: "a configured key that is short", refused: true,
			args: configured("privacy: {key_file: DIR/key}\n", "", map[string]string{"key": "short"}),
			logs: []string{"privacy.key_file", "too short"},
		},
		{
			name: "a configured key that is absent", refused: true,
			args: configured("privacy: {key_file: DIR/key}\n", "", nil),
			says: []string{"FAILED configuration", "privacy.key_file", "skipped hash key", "ok token"},
			logs: []string{"privacy.key_file"},
		},
		{
			name: "an authority that is absent", refused: true,
			args: configured("", "ca_file: DIR/ca.pem", nil),
			says: []string{"FAILED configuration", "accounts[0].ca_file"}, logs: []string{"accounts[0].ca_file"},
		},
	}
}

// webProblems are problems of --web.config.file.
func webProblems() []problem {
	web := func(files func(t *testing.T, dir string), text string) func(*testing.T, string) []string {
		return func(t *testing.T, dir string) []string {
			file := filepath.Join(dir, "web.yaml")
			write(t, file, text)
			files(t, dir)
			return []string{free, "--web.config.file=" + file}
		}
	}
	none := func(*testing.T, string) {}
	const tls = "tls_server_config: {cert_file: web.crt, key_file: web.key}\n"
	return []problem{
		{name: "TLS and a password", args: web(certificate, tls+password), says: []string{"ok web configuration"}},
		{
			name: "no web configuration", refused: true,
			args: func(t *testing.T, dir string) []string {
				return []string{free, "--web.config.file=" + filepath.Join(dir, "nowhere.yaml")}
			},
			says: []string{"FAILED web configuration --web.config.file", "nowhere.yaml"}, logs: []string{"--web.config.file"},
		},
		{
			name: "a misspelt key", refused: true, args: web(none, "tls_server_confg: {}\n"),
			says: []string{"FAILED web configuration", "tls_server_confg"}, logs: []string{"tls_server_confg"},
		},
		{
			name: "no certificate", refused: true, args: web(none, tls),
			says: []string{"FAILED web configuration", "web.crt"}, logs: []string{"web.crt"},
		},
		{
			name: "another's key", refused: true,
			args: web(func(t *testing.T, dir string) {
				certificate(t, dir)
				key, err := os.ReadFile(filepath.Join(dir, "web.key"))
				if err != nil {
					t.Fatal(err)
				}
				certificate(t, dir)
				write(t, filepath.Join(dir, "web.key"), string(key))
			}, tls),
			says: []string{"FAILED web configuration", "private key does not match"}, logs: []string{"private key does not match"},
		},
		{
			name: "a password in clear", refused: true, args: web(none, "basic_auth_users: {prometheus: scrape}\n"),
			says: []string{"FAILED web configuration"}, logs: []string{"--web.config.file"},
		},
	}
}

// addressProblems are problems of --web.listen-address.
func addressProblems() []problem {
	stranger := func(t *testing.T) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Server", "stranger/1.0")
			io.WriteString(w, "OK\n")
		}))
		t.Cleanup(server.Close)
		return server.Listener.Addr().String()
	}
	at := func(addresses ...string) func(*testing.T, string) []string {
		return func(t *testing.T, _ string) []string {
			port := freePort(t)
			taken := stranger(t)
			var args []string
			for _, address := range addresses {
				address = strings.NewReplacer("TAKEN", taken, "PORT", port).Replace(address)
				args = append(args, "--web.listen-address="+address)
			}
			return args
		}
	}
	problems := []problem{
		{name: "two addresses", args: at("127.0.0.1:0", "127.0.0.1:PORT"), says: []string{"ok listen address 127.0.0.1:0 is free ok listen address 127.0.0.1:"}},
		{
			name: "an address that another program has", refused: true, args: at("TAKEN"),
			says: []string{"FAILED listen address", "is in use by another program", `HTTP 200 from "stranger/1.0"`}, logs: []string{"address already in use"},
		},
		{
			name: "a second address that another program has", refused: true, args: at("127.0.0.1:0", "TAKEN"),
			says: []string{"ok listen address 127.0.0.1:0", "is in use by another program"}, logs: []string{"address already in use"},
		},
		{
			name: "the same address twice", refused: true, args: at("127.0.0.1:PORT", "127.0.0.1:PORT"),
			says: []string{"FAILED listen address"}, logs: []string{"address already in use"},
		},
		{
			name: "an address of another machine", refused: true, args: at("192.0.2.1:0"),
			says: []string{"FAILED listen address 192.0.2.1:0", "--web.listen-address"}, logs: []string{"could not serve"},
		},
		{
			name: "no address", refused: true, args: at("127.0.0.1:99999"),
			logs: []string{"--web.listen-address", "127.0.0.1:99999"},
		},
		{
			name: "profiles", args: func(*testing.T, string) []string { return []string{free, "--debug.listen-address=127.0.0.1:0"} },
			says: []string{"ok profiles 127.0.0.1:0 is free"}, logs: []string{"serving profiles"},
		},
		{
			name: "profiles at an address that another program has", refused: true,
			args: func(t *testing.T, _ string) []string {
				return []string{free, "--debug.listen-address=" + stranger(t)}
			},
			says: []string{"FAILED profiles", "choose another --debug.listen-address"}, logs: []string{"--debug.listen-address=", "address already in use"},
		},
		{
			name: "profiles at the exporter's own address", refused: true,
			args: func(t *testing.T, _ string) []string {
				address := "127.0.0.1:" + freePort(t)
				return []string{"--web.listen-address=" + address, "--debug.listen-address=" + address}
			},
			says: []string{"ok listen address", "FAILED profiles", "while the exporter listens at --web.listen-address=", "choose another --debug.listen-address"}, logs: []string{"address already in use"},
		},
	}
	if runtime.GOOS == "linux" { // elsewhere there is no such flag
		problems = append(problems, problem{
			name: "a socket that systemd does not give", refused: true,
			args: func(*testing.T, string) []string { return []string{"--web.systemd-socket"} },
			says: []string{"FAILED listen address systemd socket", "no socket activation"}, logs: []string{"no socket activation"},
		})
	}
	return problems
}

// check reports FAILED and exits with status 1 if and only if serve does not start.
func TestCheckAgreesWithServe(t *testing.T) {
	env := newRig(t)
	var problems []problem
	for _, some := range [][]problem{storageProblems(), fileProblems(env), webProblems(), addressProblems()} {
		problems = append(problems, some...)
	}
	for _, p := range problems {
		t.Run(p.name, func(t *testing.T) {
			// check comes first: it must not change the state.
			args := p.args(t, t.TempDir())
			o := runToEnd(t, env, append(args, "check")...)
			started, served := serveBriefly(t, env, args...)
			judge(t, p, o, started, served)
		})
	}
}

// judge compares the results of check and serve.
func judge(t *testing.T, p problem, o outcome, started bool, served outcome) {
	t.Helper()
	refused, status := exitOK, exitOK
	if p.refused {
		refused, status = served.status, exitFailed
	}
	switch {
	case started == p.refused:
		t.Errorf("serve starts: %v", started)
	case served.status != status && served.status != exitUsage:
		t.Errorf("serve ends with %d, want %d", served.status, status)
	case o.status != refused:
		t.Errorf("serve ends with %d and check with %d", served.status, o.status)
	case o.stdout != "" && strings.Contains(o.words(), " FAILED ") != p.refused:
		t.Error("check does not say whether serve starts")
	}
	for _, want := range p.says {
		if !strings.Contains(o.words(), want) {
			t.Errorf("check does not say %q", want)
		}
	}
	for _, want := range p.logs {
		if !strings.Contains(served.stderr, want) {
			t.Errorf("serve does not say %q", want)
		}
	}
	if n := linesAbout(served.stderr, "storage"+string(filepath.Separator), "storage\""); n > 1 {
		t.Errorf("serve says in %d lines what is wrong with the storage", n)
	}
	if t.Failed() {
		t.Logf("check: %s%s\nserve: %s", o.stdout, o.stderr, served.stderr)
	}
}

// linesAbout counts the lines that hold any of the words.
func linesAbout(log string, words ...string) (n int) {
	for line := range strings.Lines(log) {
		if slices.ContainsFunc(words, func(word string) bool { return strings.Contains(line, word) }) {
			n++
		}
	}
	return n
}

// password is "scrape", as a web configuration has it.
const password = "basic_auth_users: {prometheus: $2a$04$vhG.A7QGoRDPinBQQEp55OWwq3EXM9sickDRR6lwkPY231WNwy8Fu}\n"

// certificate writes web.crt and web.key, for 127.0.0.1.
func certificate(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	public, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "web.crt"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: public})))
	write(t, filepath.Join(dir, "web.key"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
}

// freePort is a free port of 127.0.0.1.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
