//go:build unix

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/accounts"
)

// nobody is a user without any rights.
const nobody = 65534

// user runs the program in processes that permissions apply to: as nobody if root
// runs the test.
type user struct {
	t   *testing.T
	dir string // accessible to both
	env []string
	// full keeps files from growing, like a full disk.
	full bool
}

func newUser(t *testing.T) *user {
	t.Helper()
	// Other users may enter neither a test's directories nor the one in which go
	// test builds the program.
	dir, err := os.MkdirTemp("", "zoom-qos-exporter-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = filepath.WalkDir(dir, func(path string, _ os.DirEntry, _ error) error { return os.Chmod(path, 0o700) })
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	u := &user{t: t, dir: dir, env: []string{asMain + "=1", "GORACE=atexit_sleep_ms=0"}}
	for name, value := range newRig(t) {
		u.env = append(u.env, name+"="+value)
	}
	u.copy(os.Args[0], u.program())
	return u
}

func (u *user) program() string { return filepath.Join(u.dir, "program") }

func (u *user) copy(from, to string) {
	u.t.Helper()
	in, err := os.Open(from)
	if err != nil {
		u.t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		u.t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		u.t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		u.t.Fatal(err)
	}
}

// id is the user id.
func (u *user) id() int {
	if id := os.Geteuid(); id != 0 {
		return id
	}
	return nobody
}

func (u *user) command(stdout, stderr io.Writer, args ...string) *exec.Cmd {
	args = append([]string{u.program()}, args...)
	if u.full {
		args = append([]string{"sh", "-c", "ulimit -f 0; trap '' XFSZ; exec \"$0\" \"$@\""}, args...)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env = u.dir, u.env
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	return cmd
}

// check runs check.
func (u *user) check(args ...string) outcome {
	u.t.Helper()
	var stdout, stderr output
	cmd := u.command(&stdout, &stderr, append(args, "check")...)
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		u.t.Fatal(err)
	}
	return outcome{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// serve starts the program, and ends it once it serves.
func (u *user) serve(args ...string) (started bool, o outcome) {
	u.t.Helper()
	var stdout, stderr output
	cmd := u.command(&stdout, &stderr, args...)
	if err := cmd.Start(); err != nil {
		u.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // the exit status is in the state
		close(ended)
	}()
	for running := true; running; {
		select {
		case <-ended:
			running = false
		case <-time.After(2 * time.Millisecond):
			if !started && serving.MatchString(stderr.String()) {
				started = true
				_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
			}
		}
	}
	return started, outcome{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// make makes a directory, if path ends in a slash, or a file that belongs to the user.
func (u *user) make(path, text string) {
	u.t.Helper()
	var err error
	if strings.HasSuffix(path, "/") {
		err = os.Mkdir(path, 0o700)
	} else {
		err = os.WriteFile(path, []byte(text), 0o600)
	}
	if err == nil && os.Geteuid() == 0 {
		err = os.Chown(path, nobody, nobody)
	}
	if err != nil {
		u.t.Fatal(err)
	}
}

// forbid makes a path inaccessible to the user. It becomes root's if root runs
// the test.
func (u *user) forbid(path string) {
	u.t.Helper()
	err := os.Chmod(path, 0)
	if err == nil && os.Geteuid() == 0 {
		err = os.Chown(path, 0, 0)
	}
	if err != nil {
		u.t.Fatal(err)
	}
}

// readOnly takes away the right to write.
func (u *user) readOnly(path string) {
	u.t.Helper()
	if err := os.Chmod(path, 0o555); err != nil {
		u.t.Fatal(err)
	}
}

// firstPort is the lowest port that every user may listen on.
func firstPort() int {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	if err != nil {
		return 1024
	}
	port, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 1024
	}
	return port
}

// permissions are problems of permissions.
func (u *user) permissions() []problem {
	key := strings.Repeat("k", 32)
	storage := func(make func(path string)) func(*testing.T, string) []string {
		return func(_ *testing.T, dir string) []string {
			path := filepath.Join(dir, "storage")
			make(path)
			return []string{free, "--storage.path=" + path}
		}
	}
	mayNot := fmt.Sprintf("user %d may not", u.id())
	return []problem{
		{
			name: "all permitted", args: storage(func(path string) { u.make(path+"/", "") }),
			says: []string{"ok storage ", "ok hash key in the storage directory"},
		},
		{
			name: "a read-only directory", args: storage(func(path string) { u.make(path+"/", ""); u.readOnly(path) }),
			says: []string{"note storage cannot be used", mayNot, "note hash key in memory"},
			logs: []string{"continuing in memory", "hashed labels change", mayNot, "chown -R"},
		},
		{
			name: "a read-only directory with a key", args: storage(func(path string) {
				u.make(path+"/", "")
				u.make(filepath.Join(path, accounts.KeyFile), key)
				u.readOnly(path)
			}),
			says: []string{"note storage cannot be used", "ok hash key"}, logs: []string{"continuing in memory", mayNot},
		},
		{
			name: "somebody else's directory", args: storage(func(path string) { u.make(path+"/", ""); u.forbid(path) }),
			says: []string{"note storage cannot be used", mayNot, "note hash key in memory"},
			logs: []string{"continuing in memory", "hashed labels change", mayNot},
		},
		{
			name: "somebody else's files", args: storage(func(path string) {
				u.make(path+"/", "")
				for _, name := range []string{"lock", accounts.KeyFile} {
					u.make(filepath.Join(path, name), key)
					u.forbid(filepath.Join(path, name))
				}
			}),
			says: []string{"note storage cannot be used", mayNot, "note hash key in memory"}, logs: []string{"continuing in memory", mayNot},
		},
		{
			name: "a directory that cannot be created", args: storage(func(path string) { u.readOnly(filepath.Dir(path)) }),
			says: []string{"note storage cannot be used", mayNot}, logs: []string{"continuing in memory", mayNot, "install -d"},
		},
		{
			name: "somebody else's key", refused: true, args: storage(func(path string) {
				u.make(path+"/", "")
				u.make(filepath.Join(path, accounts.KeyFile), key)
				u.forbid(filepath.Join(path, accounts.KeyFile))
			}),
			says: []string{"ok storage", "FAILED hash key", "cannot be read", mayNot}, logs: []string{"cannot be read", mayNot},
		},
		{
			name: "somebody else's web configuration", refused: true, args: func(_ *testing.T, dir string) []string {
				file := filepath.Join(dir, "web.yaml")
				u.make(file, "")
				u.forbid(file)
				return []string{free, "--web.config.file=" + file}
			},
			says: []string{"FAILED web configuration", "permission denied"}, logs: []string{"permission denied"},
		},
		{
			name: "somebody else's private key", refused: true, args: func(t *testing.T, dir string) []string {
				certificate(t, dir)
				u.forbid(filepath.Join(dir, "web.key"))
				if err := os.Chmod(filepath.Join(dir, "web.crt"), 0o644); err != nil {
					t.Fatal(err)
				}
				file := filepath.Join(dir, "web.yaml")
				u.make(file, "tls_server_config: {cert_file: web.crt, key_file: web.key}\n")
				return []string{free, "--web.config.file=" + file}
			},
			says: []string{"FAILED web configuration", "web.key", "permission denied"}, logs: []string{"permission denied"},
		},
		{
			name: "somebody else's secret", refused: true, args: func(t *testing.T, dir string) []string {
				u.make(filepath.Join(dir, "secret"), key)
				u.forbid(filepath.Join(dir, "secret"))
				file := filepath.Join(dir, "config.yaml")
				u.make(file, "accounts: [{account_id: a, client_id: c, client_secret_file: secret}]\n")
				return []string{free, "--config.file=" + file}
			},
			says: []string{"FAILED configuration", "accounts[0].client_secret_file", "skipped token"}, logs: []string{"client_secret_file"},
		},
		{
			name: "root's port", refused: firstPort() > 1, args: func(*testing.T, string) []string {
				return []string{"--web.listen-address=127.0.0.1:1"}
			},
			says: map[bool][]string{true: {"FAILED listen address 127.0.0.1:1", mayNot}, false: {"ok listen address"}}[firstPort() > 1],
		},
	}
}

// The same with problems of permissions.
func TestCheckAgreesWithServeOnPermissions(t *testing.T) {
	u := newUser(t)
	u.compare(t, u.permissions()...)
}

// The same on a full disk.
func TestCheckAgreesWithServeOnAFullDisk(t *testing.T) {
	u := newUser(t)
	u.full = true
	storage := func(_ *testing.T, dir string) []string {
		u.make(filepath.Join(dir, "storage")+"/", "")
		return []string{free, "--storage.path=" + filepath.Join(dir, "storage")}
	}
	u.compare(t, problem{
		name: "a full disk", args: storage,
		says: []string{"note storage cannot be used", "file too large", "note hash key in memory"},
		logs: []string{"continuing in memory", "hashed labels change"},
	}, problem{
		name: "a full disk with a key", args: func(t *testing.T, dir string) []string {
			args := storage(t, dir)
			u.make(filepath.Join(dir, "storage", accounts.KeyFile), strings.Repeat("k", 32))
			return args
		},
		says: []string{"note storage cannot be used", "ok hash key"}, logs: []string{"continuing in memory"},
	}, problem{
		name: "a disk that is full once the storage is open", args: func(t *testing.T, dir string) []string {
			args := storage(t, dir)
			u.full = false
			u.check(args...)
			u.full = true
			return args
		},
		says: []string{"ok storage", "ok hash key", "note storage the requests of this check could not be recorded"}, logs: []string{"continuing in memory"},
	})
}

// compare runs check and serve with each problem, in its own directory.
func (u *user) compare(t *testing.T, problems ...problem) {
	for i, p := range problems {
		t.Run(p.name, func(t *testing.T) {
			dir := filepath.Join(u.dir, strconv.Itoa(i))
			u.make(dir+"/", "")
			args := p.args(t, dir)
			o := u.check(args...)
			started, served := u.serve(args...)
			judge(t, p, o, started, served)
			if strings.Contains(served.stderr, "in memory") && !regexp.MustCompile(`"?user"?[:=] ?`+strconv.Itoa(u.id())).MatchString(served.stderr) {
				t.Errorf("the log does not name user %d:\n%s", u.id(), served.stderr)
			}
		})
	}
}
