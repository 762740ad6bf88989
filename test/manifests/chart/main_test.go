package chart

import (
	"io"
	"log"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard) // Helm tells of every link, every time
	os.Exit(m.Run())
}
