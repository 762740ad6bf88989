package config

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// zonesOfGo returns the names in Go's copy of the database, without those that exist
// for backward compatibility only.
func zonesOfGo(t *testing.T) []string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	names := []string{"UTC"}
	for _, f := range archive.File {
		region, _, found := strings.Cut(f.Name, "/")
		if found && region != "Etc" && !strings.HasSuffix(f.Name, "/") {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return names
}

func TestZoneNames(t *testing.T) {
	if *update {
		text := strings.Join(zonesOfGo(t), "\n") + "\n"
		if err := os.WriteFile("zones.txt", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		zoneNames = text
	}
	names := strings.Fields(zoneNames)
	if len(names) < 400 || !slices.IsSorted(names) {
		t.Errorf("%d names", len(names))
	}
	for i, name := range names {
		if _, err := time.LoadLocation(name); err != nil {
			t.Error(err)
		}
		if i%50 > 0 { // as the search takes long
			continue
		}
		if got := nearestZone(name); got != name {
			t.Errorf("%s is taken for %s", name, got)
		}
	}
}

func TestMisspeltZones(t *testing.T) {
	for word, want := range map[string]string{
		"Europe/Berln": "Europe/Berlin", "Europe/Berlni": "Europe/Berlin", "europe/berlin": "Europe/Berlin",
		"Berlin": "Europe/Berlin", "EuropeBerlin": "Europe/Berlin", "Europe-Berlin": "Europe/Berlin", "Europ/Berlin": "Europe/Berlin",
		"America/New York": "America/New_York", "america/new-york": "America/New_York", "Europe/New_York": "America/New_York",
		"America/Los_Angelos": "America/Los_Angeles", "Port-au-prince": "America/Port-au-Prince", "Asia/Kolkatta": "Asia/Kolkata",
		"Europe/Roem": "Europe/Rome", "utc": "UTC", "America/Indiana/Indianapolls": "America/Indiana/Indianapolis",
		"CEST": "", "PDT": "", "BST": "", "UTC+1": "", "GMT+02:00": "", "Local": "", "Europe/Munich": "", "Europe/Frankfurt": "",
		"Mars/Olympus_Mons": "", "/": "", " ": "", strings.Repeat("Europe/Berlin", 6): "",
	} {
		if got := nearestZone(word); got != want {
			t.Errorf("%q is near to %q, want %q", word, got, want)
		}
	}
}
