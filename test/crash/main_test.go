package crash

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

// exporter is the path of its binary.
var exporter string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "zoom-qos-exporter-crash-")
	if err == nil {
		exporter = filepath.Join(dir, "zoom-qos-exporter")
		build := exec.Command("go", "build", "-o", exporter, "./cmd/zoom-qos-exporter")
		build.Dir = "../.."
		build.Stderr = os.Stderr
		err = build.Run()
	}
	status := 1
	if err == nil {
		status = m.Run()
		if leak := goleak.Find(); leak != nil && status == 0 {
			err, status = leak, 1
		}
	}
	_ = os.RemoveAll(dir) // the system's temporary directory is cleared anyway
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(status)
}
