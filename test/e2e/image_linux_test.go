package e2e

import (
	"crypto/x509"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// buildImage does in a directory what the Dockerfile says, and returns the
// root of the image's file system. Paths of the first stage lie in a
// directory of their own; what runs there is what a container engine would
// run, on this machine's Go.
func buildImage(t *testing.T, all []instruction) string {
	t.Helper()
	stage, image := t.TempDir(), t.TempDir()
	rules := readIgnore(t)
	var workdir string
	env := append(os.Environ(), "GOFLAGS=", "TARGETOS=linux", "TARGETARCH="+runtime.GOARCH,
		"VERSION="+strings.TrimSpace(read(t, "VERSION")), "REVISION=abc", "BRANCH=main", "BUILD_DATE=today")
	final := false
	for _, i := range all {
		arguments := strings.Fields(i.args)
		switch i.name {
		case "FROM":
			final = i.args == "scratch"
		case "WORKDIR":
			workdir = filepath.Join(stage, i.args)
			mkdir(t, workdir)
		case "RUN":
			cmd := exec.Command("/bin/sh", "-c", strings.ReplaceAll(i.args, "/image/", stage+"/image/"))
			cmd.Dir, cmd.Env = workdir, env
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("RUN %s: %v\n%s", i.args, err, out)
			}
		case "COPY":
			sources, to := arguments[:len(arguments)-1], arguments[len(arguments)-1]
			if final {
				to = filepath.Join(image, to)
			} else {
				to = filepath.Join(workdir, to)
			}
			for _, source := range sources {
				if i.flag("from") != "" {
					copyStage(t, filepath.Join(stage, source), to, i.flag("chown"))
				} else {
					rules.copyContext(t, source, destination(source, arguments, to))
				}
			}
		}
	}
	return image
}

// destination is where a source goes: into a directory that is written with a
// slash, else under the new name.
func destination(source string, arguments []string, to string) string {
	if strings.HasSuffix(arguments[len(arguments)-1], "/") {
		return filepath.Join(to, filepath.Base(source))
	}
	return to
}

func copyStage(t *testing.T, from, to, owner string) {
	t.Helper()
	mkdir(t, to)
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	if owner == "" || os.Geteuid() != 0 {
		return // who is not root owns all of it, and is all users of the image
	}
	uid, gid := ids(t, owner)
	if err := os.Chown(to, uid, gid); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
}

// ids reads "65532:65532".
func ids(t *testing.T, owner string) (uid, gid int) {
	t.Helper()
	user, group, _ := strings.Cut(owner, ":")
	uid, err := strconv.Atoi(user)
	if err != nil {
		t.Fatal(err)
	}
	if gid, err = strconv.Atoi(group); err != nil {
		t.Fatal(err)
	}
	return uid, gid
}

// contain makes a command see nothing but the image's files, as the image's
// user: directly as root, else in a user namespace.
func contain(t *testing.T, cmd *exec.Cmd, image, user string) {
	t.Helper()
	uid, gid := ids(t, user)
	attributes := &syscall.SysProcAttr{
		Chroot:     image,
		Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid), NoSetGroups: true},
	}
	if os.Geteuid() != 0 {
		attributes.Cloneflags = syscall.CLONE_NEWUSER
		attributes.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: os.Getuid(), Size: 1}}
		attributes.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: os.Getgid(), Size: 1}}
	}
	cmd.SysProcAttr, cmd.Dir = attributes, "/"
}

func TestImage(t *testing.T) {
	t.Parallel()
	all := readDockerfile(t)
	image := buildImage(t, all)
	user := last(t, all, "USER").args
	entrypoint := last(t, all, "ENTRYPOINT").exec(t)
	environment := last(t, all, "ENV").args
	run := func(argv []string, env ...string) *process {
		t.Helper()
		cmd := &exec.Cmd{Path: argv[0], Args: argv, Env: append([]string{environment}, env...)}
		contain(t, cmd, image, user)
		return start(t, cmd)
	}
	listen := []string{"--web.listen-address=127.0.0.1:0", "--log.format=json"}

	t.Run("files", func(t *testing.T) {
		certificates, err := os.ReadFile(filepath.Join(image, "etc/ssl/certs/ca-certificates.crt"))
		if err != nil || !x509.NewCertPool().AppendCertsFromPEM(certificates) {
			t.Errorf("no certificate of an authority: %v", err)
		}
		passwd, err := os.ReadFile(filepath.Join(image, "etc/passwd"))
		if err != nil || !strings.Contains(string(passwd), ":"+user+":") {
			t.Errorf("/etc/passwd has no user %s: %q %v", user, passwd, err)
		}
		if got := entries(t, filepath.Join(image, "bin")); len(got) != 1 {
			t.Errorf("/bin holds %v, want the exporter alone", got)
		}
	})

	t.Run("static", func(t *testing.T) {
		file, err := elf.Open(filepath.Join(image, entrypoint[0]))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		for _, segment := range file.Progs {
			if segment.Type == elf.PT_INTERP || segment.Type == elf.PT_DYNAMIC {
				t.Errorf("the binary has a segment %s: it is not static", segment.Type)
			}
		}
	})

	t.Run("version", func(t *testing.T) {
		p := run(append(entrypoint, "version"))
		p.exits(0)
		version := strings.TrimSpace(read(t, "VERSION"))
		for _, want := range []string{"version " + version, "branch: main", "revision: abc", "today"} {
			if !strings.Contains(p.stdout.String(), want) {
				t.Errorf("it does not say %q: %s", want, p.stdout.String())
			}
		}
	})

	t.Run("serve", func(t *testing.T) {
		sim := small()
		argv := append(append([]string{}, entrypoint...), listen...)
		p := run(argv, serve(t, sim, sim.Handler())...)
		p.scrape("").must(t, `zoom_account_up{account="default"}`, 1)

		health := append(last(t, all, "HEALTHCHECK").health(t), "--url="+p.url("/-/healthy"))
		run(health).exits(0)
		p.signal(syscall.SIGTERM)
		p.exits(0)
		run(health).exits(1)

		info, err := os.Stat(filepath.Join(image, "data", "hash.key"))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the key of hashed labels is not kept, for its owner alone: %v %v", info, err)
		}
	})

	t.Run("demo", func(t *testing.T) {
		p := run(append(append(append([]string{}, entrypoint...), "--demo"), listen...))
		eventually(t, func() error { return p.scrape("").is(`zoom_account_up{account="demo"}`, 1) })
		p.signal(syscall.SIGTERM)
		p.exits(0)
		if left := entries(t, filepath.Join(image, "tmp")); len(left) != 0 {
			t.Errorf("it has left %v behind", left)
		}
	})
}

// health is the command of a HEALTHCHECK.
func (i instruction) health(t *testing.T) []string {
	t.Helper()
	argv, ok := strings.CutPrefix(i.args, "CMD ")
	if !ok {
		t.Fatalf("HEALTHCHECK %s has no command", i.args)
	}
	return instruction{name: i.name, args: argv}.exec(t)
}
