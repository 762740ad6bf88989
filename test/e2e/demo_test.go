package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The demo needs nothing but itself, shows everybody, and leaves nothing.
func TestDemo(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	// Whatever the demo asked outside the machine it would ask a proxy that
	// is not there.
	cmd := command(t, []string{"TMPDIR=" + temp, "HTTP_PROXY=http://127.0.0.1:1", "HTTPS_PROXY=http://127.0.0.1:1"},
		"--demo", "--web.listen-address=127.0.0.1:0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p := start(t, cmd)
	url := p.url("/metrics")
	eventually(t, func() error {
		if !strings.Contains(p.stdout.String(), url) {
			return fmt.Errorf("it does not say to look at %s: %q", url, p.stdout.String())
		}
		return nil
	})

	var e exposition
	eventually(t, func() error {
		e = p.scrape("")
		return e.is(`zoom_poll_coverage_ratio{account="demo"}`, 1)
	})
	if status, _ := ask(t, http.MethodGet, p.url("/-/healthy")); status != http.StatusOK {
		t.Errorf("its health answered %d", status)
	}
	promtool(t, []byte(e))
	for _, address := range sockets(t, p.cmd.Process.Pid) {
		if !loopback(address) {
			t.Errorf("it has a socket on %s, which is not loopback", address)
		}
	}
	if left := entries(t, temp); len(left) != 1 {
		t.Errorf("it has %v in its temporary directory, want one storage", left)
	}

	p.signal(os.Interrupt)
	p.exits(0)
	if left := entries(t, temp); len(left) != 0 {
		t.Errorf("it has left %v behind", left)
	}
	if err := syscall.Kill(-p.cmd.Process.Pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("it has left processes behind: %v", err)
	}
}

func entries(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range list {
		names = append(names, entry.Name())
	}
	return names
}

// sockets are the local addresses of a process's internet sockets, in hex as
// Linux writes them.
func sockets(t *testing.T, pid int) []string {
	t.Helper()
	proc := fmt.Sprintf("/proc/%d", pid)
	own := make(map[string]bool)
	for _, fd := range entries(t, proc+"/fd") {
		link, _ := os.Readlink(proc + "/fd/" + fd) // it may be closed by now
		if inode, ok := strings.CutPrefix(link, "socket:["); ok {
			own[strings.TrimSuffix(inode, "]")] = true
		}
	}
	var found []string
	for _, table := range []string{"tcp", "tcp6", "udp", "udp6"} {
		text, err := os.ReadFile(proc + "/net/" + table)
		if errors.Is(err, fs.ErrNotExist) {
			continue // a machine without IPv6
		}
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			// sl, local address, remote address, state, …, inode
			if f := strings.Fields(line); len(f) > 9 && own[f[9]] {
				found = append(found, f[1])
			}
		}
	}
	if len(found) < 2 {
		t.Fatalf("%d sockets found, want at least the exporter's and the simulated Zoom's", len(found))
	}
	return found
}

// loopback reports whether an address is 127.0.0.0/8, mapped to IPv6 or not,
// or ::1. Words of an address are in the machine's order.
func loopback(address string) bool {
	host, _, _ := strings.Cut(address, ":")
	return len(host) == 8 && strings.HasSuffix(host, "7F") ||
		strings.HasPrefix(host, "0000000000000000FFFF0000") && strings.HasSuffix(host, "7F") ||
		host == "00000000000000000000000001000000"
}

// promtool has Prometheus's own linter look at an exposition.
func promtool(t *testing.T, exposition []byte) {
	t.Helper()
	cmd := exec.Command(program(t, "promtool"), "check", "metrics")
	cmd.Stdin = bytes.NewReader(exposition)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

// What the packages' tests compare expositions with is clean too.
func TestGoldenExpositions(t *testing.T) {
	t.Parallel()
	found := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Base(filepath.Dir(path)) != "testdata" {
			return err
		}
		content, err := os.ReadFile(path)
		if err == nil && bytes.HasPrefix(content, []byte("# HELP ")) {
			found++
			t.Run(entry.Name(), func(t *testing.T) { promtool(t, content) })
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if found == 0 {
		t.Error("there is no exposition in any testdata directory")
	}
}
