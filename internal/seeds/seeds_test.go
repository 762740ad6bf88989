package seeds

import (
	"flag"
	"testing"
)

func TestCount(t *testing.T) {
	defer flag.Set("test.short", flag.Lookup("test.short").Value.String())
	for _, tt := range []struct {
		short, times string
		n, want      int
	}{
		{"false", "", 60, 60},
		{"false", "20", 60, 1200},
		{"true", "", 60, 15},
		{"true", "20", 60, 15},
		{"true", "", 3, 2},
	} {
		t.Setenv(Variable, tt.times)
		if err := flag.Set("test.short", tt.short); err != nil {
			t.Fatal(err)
		}
		if got := Count(tt.n); got != tt.want {
			t.Errorf("short %s, %s=%q: Count(%d) is %d, want %d", tt.short, Variable, tt.times, tt.n, got, tt.want)
		}
	}
}
