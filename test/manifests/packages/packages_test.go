package packages

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb" // registers itself
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm" // registers itself
)

// pack makes a package of the release's description, as goreleaser does, with
// a stand-in for the binary.
func pack(t *testing.T, format string) string {
	t.Helper()
	packages := project(t).NFPMs
	if len(packages) != 1 {
		t.Fatalf("%d descriptions of packages, want one", len(packages))
	}
	p := packages[0]
	binary := filepath.Join(t.TempDir(), "zoom-qos-exporter")
	if err := os.WriteFile(binary, []byte("#!/bin/true\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	contents := files.Contents{{Source: binary, Destination: filepath.Join(p.Bindir, "zoom-qos-exporter"), FileInfo: &files.ContentFileInfo{Mode: 0o755}}}
	for _, c := range p.Contents {
		source := c.Source
		if source != "" {
			source = filepath.Join(root, source)
		}
		contents = append(contents, &files.Content{
			Source: source, Destination: c.Destination, Type: c.Type,
			FileInfo: &files.ContentFileInfo{Mode: c.FileInfo.Mode},
		})
	}
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: p.PackageName, Arch: "amd64", Platform: "linux", Version: strings.TrimSpace(read(t, "VERSION")),
		Section: p.Section, Maintainer: p.Maintainer, Description: p.Description,
		Vendor: p.Vendor, Homepage: p.Homepage, License: p.License,
		Overridables: nfpm.Overridables{
			Recommends: p.Recommends, Contents: contents,
			Scripts: nfpm.Scripts{
				PostInstall: filepath.Join(root, p.Scripts.PostInstall),
				PreRemove:   filepath.Join(root, p.Scripts.PreRemove),
				PostRemove:  filepath.Join(root, p.Scripts.PostRemove),
			},
		},
	})
	if err := nfpm.PrepareForPackager(info, format); err != nil {
		t.Fatal(err)
	}
	packager, err := nfpm.Get(format)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "package."+format))
	if err != nil {
		t.Fatal(err)
	}
	if err := packager.Package(info, file); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Name()
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		t.Fatalf("%s %s: %v", name, strings.Join(args, " "), err)
	}
	return string(out)
}

// contents are the files that a package must have, with their modes.
func contents() map[string]string {
	const docs = "/usr/share/doc/zoom-qos-exporter/"
	return map[string]string{
		"/usr/bin/zoom-qos-exporter":                        "-rwxr-xr-x",
		"/usr/lib/systemd/system/zoom-qos-exporter.service": "-rw-r--r--",
		"/etc/default/zoom-qos-exporter":                    "-rw-r-----",
		"/etc/zoom-qos-exporter":                            "drwxr-xr-x",
		docs + "config.example.yaml":                        "-rw-r--r--",
		docs + "README.md":                                  "-rw-r--r--",
		docs + "CHANGELOG.md":                               "-rw-r--r--",
		docs + "copyright":                                  "-rw-r--r--",
	}
}

func TestDeb(t *testing.T) {
	t.Parallel()
	file := pack(t, "deb")
	listed := output(t, "dpkg-deb", "--contents", file)
	for name, mode := range contents() {
		if !regexp.MustCompile(fmt.Sprintf(`(?m)^%s root/root .* \.%s/?$`, mode, regexp.QuoteMeta(name))).MatchString(listed) {
			t.Errorf("there is no %s with mode %s in\n%s", name, mode, listed)
		}
	}
	control := t.TempDir()
	output(t, "dpkg-deb", "--control", file, control)
	conffiles, err := os.ReadFile(filepath.Join(control, "conffiles"))
	if err != nil || string(conffiles) != "/etc/default/zoom-qos-exporter\n" {
		t.Errorf("conffiles %q: %v", conffiles, err)
	}
	for script, source := range map[string]string{"postinst": "postinstall.sh", "prerm": "preremove.sh", "postrm": "postremove.sh"} {
		content, err := os.ReadFile(filepath.Join(control, script))
		if err != nil || string(content) != read(t, "deploy/systemd/"+source) {
			t.Errorf("%s is not %s: %v", script, source, err)
		}
	}
	for field, want := range map[string]string{"Package": "zoom-qos-exporter", "Architecture": "amd64", "Recommends": "ca-certificates"} {
		if got := strings.TrimSpace(output(t, "dpkg-deb", "--field", file, field)); got != want {
			t.Errorf("%s: %s, want %s", field, got, want)
		}
	}
}

func TestRPM(t *testing.T) {
	t.Parallel()
	file := pack(t, "rpm")
	listed := output(t, "rpm", "--query", "--package", "--queryformat", `[%{FILEMODES:perms} %{FILENAMES}\n]`, file)
	for name, mode := range contents() {
		if !strings.Contains(listed, mode+" "+name+"\n") {
			t.Errorf("there is no %s with mode %s in\n%s", name, mode, listed)
		}
	}
	if config := output(t, "rpm", "--query", "--package", "--configfiles", file); config != "/etc/default/zoom-qos-exporter\n" {
		t.Errorf("config files %q", config)
	}
	scripts := output(t, "rpm", "--query", "--package", "--scripts", file)
	for _, source := range []string{"postinstall.sh", "preremove.sh", "postremove.sh"} {
		if !strings.Contains(scripts, strings.TrimSpace(read(t, "deploy/systemd/"+source))) {
			t.Errorf("%s is not among the scripts", source)
		}
	}
}

// What the scripts do to systemd, by the words of both packagers.
func TestScripts(t *testing.T) {
	t.Parallel()
	const stop = "--no-reload disable --now zoom-qos-exporter.service\n"
	for _, c := range []struct{ script, argument, want string }{
		{"postinstall.sh", "configure", "daemon-reload\ntry-restart zoom-qos-exporter.service\n"},
		{"postinstall.sh", "1", "daemon-reload\ntry-restart zoom-qos-exporter.service\n"},
		{"preremove.sh", "remove", stop},
		{"preremove.sh", "0", stop},
		{"preremove.sh", "upgrade", ""},
		{"preremove.sh", "1", ""},
		{"postremove.sh", "remove", "daemon-reload\n"},
		{"postremove.sh", "1", "daemon-reload\n"},
	} {
		for _, booted := range []bool{true, false} {
			dir := t.TempDir()
			calls := filepath.Join(dir, "calls")
			write(t, filepath.Join(dir, "systemctl"), "#!/bin/sh\necho \"$@\" >>"+calls+"\n")
			script := filepath.Join(dir, c.script)
			write(t, script, strings.ReplaceAll(read(t, "deploy/systemd/"+c.script), "/run/systemd/system", filepath.Join(dir, "booted")))
			want := ""
			if booted {
				want = c.want
				if err := os.Mkdir(filepath.Join(dir, "booted"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			write(t, calls, "")
			cmd := exec.Command("/bin/sh", script, c.argument)
			cmd.Env = []string{"PATH=" + dir}
			out, err := cmd.CombinedOutput()
			got, readErr := os.ReadFile(calls)
			if err != nil || readErr != nil || string(got) != want {
				t.Errorf("%s %s, systemd %t: %v %s; systemctl was called with %q, want %q", c.script, c.argument, booted, err, out, got, want)
			}
		}
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
}
