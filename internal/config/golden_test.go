package config

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/difftest"
)

var update = flag.Bool("update", false, "update the golden files")

// The file has every kind of error.
func TestWrongFile(t *testing.T) {
	_, err := Load("testdata/wrong.yaml", env("EMPTY", ""))
	if err == nil {
		t.Fatal("no error")
	}
	got := err.Error() + "\n"
	const golden = "testdata/wrong.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err2 := os.ReadFile(golden)
	if err2 != nil {
		t.Fatal(err2)
	}
	if diff := difftest.Lines(string(want), got); diff != "" {
		t.Errorf("%s differs:\n%s", golden, diff)
	}
	if strings.Contains(strings.ToLower(got), secretWord) {
		t.Error("a message contains a secret")
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error("the cause of a missing file is lost")
	}
	var one *Error
	if !errors.As(err, &one) || one.Line == 0 || one.File != "testdata/wrong.yaml" {
		t.Errorf("first error is %+v", one)
	}
	var all Errors
	if !errors.As(err, &all) {
		t.Fatal("not Errors")
	}
	for i, e := range all {
		if e.Line == 0 || e.Column == 0 || e.Message == "" || e.Path == "" {
			t.Errorf("incomplete: %+v", e)
		}
		if i > 0 && all[i-1].Line > e.Line {
			t.Errorf("line %d comes after %d", e.Line, all[i-1].Line)
		}
	}
}
