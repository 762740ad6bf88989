package crash

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// TestKillAtAnyMoment kills the exporter fifty times, while it starts, polls
// and writes. Zoom counts.
func TestKillAtAnyMoment(t *testing.T) {
	t.Parallel()
	const (
		rounds = 50
		share  = 700 // of a day's 1,000, with the default reserve
	)
	b := newBed(t, zoomsim.Limits{HeavyPerSecond: 200, ResourcePerMin: 600, TogetherPerDay: 1000})
	begun := time.Now().UTC()
	// Zoom tells once that nothing was spent today; from then on the exporter
	// has only its own count.
	first := b.start(t)
	first.listening()
	if first.scrape("") == "" {
		t.Fatal("no answer to a scrape")
	}
	b.silent.Store(true)
	first.kill()

	rng := rand.New(rand.NewPCG(20, 26))
	for round := range rounds {
		p := b.start(t)
		if round%5 > 0 { // else it may not even listen
			p.listening()
			for range 2 { // two servers scrape, out of step
				go p.scrape("")
			}
		}
		life := time.Duration(rng.Int64N(int64(400 * time.Millisecond)))
		if round%5 == 4 {
			life += 1200 * time.Millisecond // what is left of a second's limit has come back
		}
		<-time.NewTimer(life).C // real time, as the process under test has it
		p.kill()
		log, _ := p.said()
		for _, bad := range []string{"damaged", "can't be read", "cannot be read", "the storage fails", "panic:"} {
			if strings.Contains(log, bad) {
				t.Fatalf("round %d: the log says %q:\n%s", round, bad, log)
			}
		}
	}

	counts := b.sim.Counts()
	heavy, lists := counts.Classes[zoomapi.Heavy], counts.Classes[zoomapi.ResourceIntensive]
	t.Logf("after %d kills: %+v heavy, %+v lists, %d tokens, %d throttled", rounds, heavy, lists, counts.Tokens, counts.Throttled)
	days := 1
	if time.Now().UTC().Day() != begun.Day() {
		days = 2
	}
	if counts.Throttled > 0 {
		t.Errorf("%d answers were 429", counts.Throttled)
	}
	if heavy.MaxPerSecond > 200 || lists.MaxPerMinute > 600 || heavy.Total+lists.Total > share*days {
		t.Error("the account was overdrawn")
	}
	// Late in a day a start may spend less, and less is asked on a busy machine.
	if heavy.Total+lists.Total < rounds/2 {
		t.Error("hardly anything was spent: that proves nothing")
	}
	if bad, _ := filepath.Glob(filepath.Join(b.storage, "*damaged*")); len(bad) > 0 {
		t.Errorf("there are %v", bad)
	}

	p := b.start(t)
	p.listening()
	if log, _ := p.said(); !strings.Contains(log, "restored the count of today's requests") {
		t.Errorf("the last start does not go on:\n%s", log)
	}
	const remaining = `zoom_budget_remaining_requests{account="test",pool="per_day"} `
	_, after, _ := strings.Cut(p.scrape("?poll=0"), remaining)
	line, _, _ := strings.Cut(after, "\n")
	left, err := strconv.Atoi(line)
	switch spent := heavy.Total + lists.Total; {
	case err != nil:
		t.Errorf("it does not tell what is left of the day: %q", line)
	case days == 1 && left > share-spent:
		t.Errorf("%d of the day's %d are left after %d requests", left, share, spent)
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.exits(0)
}

func TestOneProcessAtATime(t *testing.T) {
	t.Parallel()
	b := newBed(t, zoomsim.PlanLimits("business"))
	first := b.start(t)
	first.listening()
	second := b.start(t)
	second.exits(1)
	if log, _ := second.said(); !strings.Contains(log, b.storage) || !strings.Contains(log, "in use by another process") || !strings.Contains(log, "--storage.path") {
		t.Errorf("the second says:\n%s", log)
	}
	first.kill()
	third := b.start(t)
	third.listening()
}

// TestAFullDisk goes on polling, tells, and counts.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	b := newBed(t, zoomsim.PlanLimits("business"))
	made := b.start(t)
	made.listening()
	made.kill()
	// A file may not grow to a length that the storage needs.
	p := b.start(t, "sh", "-c", "ulimit -f 4; trap '' XFSZ; exec \"$0\" \"$@\"")
	p.listening()
	metrics := ""
	p.until("counts a failure", func() bool {
		metrics = p.scrape("")
		return strings.Contains(metrics, "zoom_exporter_store_commit_failures_total") &&
			!strings.Contains(metrics, "zoom_exporter_store_commit_failures_total 0")
	})
	if !strings.Contains(metrics, `zoom_account_up{account="test"} 1`) {
		p.until("polls all the same", func() bool {
			return strings.Contains(p.scrape("?poll=0"), `zoom_account_up{account="test"} 1`)
		})
	}
	if log, _ := p.said(); strings.Count(log, "the storage fails") != 1 {
		t.Errorf("it tells not once:\n%s", log)
	}
}

func TestADamagedStorage(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"emptied": "", "other content": strings.Repeat("not a storage\n", 4000)} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t, zoomsim.PlanLimits("business"))
			if err := os.MkdirAll(b.storage, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(b.storage, "state.db"), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			p := b.start(t)
			p.listening()
			if log, _ := p.said(); !strings.Contains(log, "the storage was damaged") {
				t.Errorf("it does not tell:\n%s", log)
			}
			p.scrape("")
			// Never a day's requests at once: a minute's share, of lists and pages.
			counts := b.sim.Counts()
			if n := counts.Classes[zoomapi.Heavy].Total + counts.Classes[zoomapi.ResourceIntensive].Total; n == 0 || n > 30 {
				t.Errorf("%d were sent at first, want 1 … 30", n)
			}
			if aside, _ := filepath.Glob(filepath.Join(b.storage, "state.db.damaged-*")); len(aside) != 1 {
				t.Errorf("moved aside: %v", aside)
			}
		})
	}
}

func TestCheckBesideTheExporter(t *testing.T) {
	t.Parallel()
	b := newBed(t, zoomsim.PlanLimits("business"))
	at := b.start(t)
	at.listening()
	_, address := at.said()
	for _, busy := range []bool{true, false} {
		out, err := exec.Command(exporter, "check", "--config.file="+b.config, "--storage.path="+b.storage,
			"--web.listen-address="+address).CombinedOutput()
		if err != nil {
			t.Errorf("check failed (%v):\n%s", err, out)
		}
		if strings.Contains(strings.Join(strings.Fields(string(out)), " "), "is in use by the running exporter") != busy {
			t.Errorf("with the exporter at work %v it says:\n%s", busy, out)
		}
		at.kill()
	}
	// What the second check asked is on record.
	p := b.start(t)
	p.listening()
	if log, _ := p.said(); !strings.Contains(log, "restored the count of today's requests") {
		t.Errorf("the check left nothing:\n%s", log)
	}
}
