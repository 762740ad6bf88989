// Command workday simulates days of meetings and measures how old the exporter's
// figures are, how old they would be at best for the same number of requests, and
// how many participant-minutes it counts. docs/benchmarks.md explains its output.
//
//	go run ./bench/workday -generate 2000 -seed 1 > monday.csv
//	go run ./bench/workday -trace monday.csv -limit 60000 -reserve 0.3 -days 5
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
	_ "time/tzdata" // for -zone on machines without a database

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/workday"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("workday", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var files []string
	flags.Func("trace", "CSV `file` of a day's meetings (start_seconds,duration_seconds,participants); repeat it for one file a day; the last one repeats", func(name string) error {
		files = append(files, name)
		return nil
	})
	o := workday.Options{}
	flags.IntVar(&o.Limit, "limit", 60_000, "Zoom's daily limit in requests, by UTC day; 0 is none")
	flags.Float64Var(&o.Reserve, "reserve", 0.3, "share of the limit, 0 to 1, left to other apps")
	flags.IntVar(&o.Days, "days", 1, "days to run, beginning with a Monday")
	flags.DurationVar(&o.Scrape, "scrape", time.Minute, "time between scrapes")
	flags.Func("history", "which minutes of a session live answers hold: `newest`, new (since the last answer) or all; newest by default", func(name string) error {
		o.History = workday.History(name)
		return nil
	})
	zone := flags.String("zone", "UTC", "the account's configured time zone, by IANA name")
	generate := flags.Int("generate", 0, "write the trace of a generated day with that many meetings and exit")
	seed := flags.Uint64("seed", 1, "seed of the generated day")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	err := func() (err error) {
		if *generate > 0 {
			return workday.WriteTrace(stdout, workday.Generate(*seed, *generate))
		}
		if o.Zone, err = time.LoadLocation(*zone); err != nil {
			return err
		}
		for _, name := range files {
			trace, err := readTrace(name)
			if err != nil {
				return err
			}
			o.Traces = append(o.Traces, trace)
		}
		result, err := workday.Run(o)
		if err != nil {
			return err
		}
		out := json.NewEncoder(stdout)
		out.SetIndent("", "  ")
		return out.Encode(result)
	}()
	if err != nil {
		fmt.Fprintln(stderr, "workday:", err)
		return 1
	}
	return 0
}

func readTrace(name string) ([]workday.Meeting, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // read only
	trace, err := workday.ReadTrace(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return trace, nil
}
