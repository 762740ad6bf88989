package main

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// systemd passes a listening socket on, so profiles cannot have its port. The
// check must not close it before it tries that.
func TestCheckTriesProfilesBesideSystemdSocket(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	socket, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil { // the program has the only copy besides socket
		t.Fatal(err)
	}
	var stdout bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"`,
		os.Args[0], "--web.systemd-socket", "--debug.listen-address="+address, "check")
	cmd.Env = []string{asMain + "=1"}
	for name, value := range newRig(t) {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = &stdout, &stdout, []*os.File{socket}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := socket.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("it is ready")
	}
	words := strings.Join(strings.Fields(stdout.String()), " ")
	for _, want := range []string{"ok listen address systemd socket is free", "FAILED profiles --debug.listen-address=" + address, "address already in use"} {
		if !strings.Contains(words, want) {
			t.Errorf("it does not say %q:\n%s", want, stdout.String())
		}
	}
}
