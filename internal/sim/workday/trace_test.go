package workday

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const head = "start_seconds,duration_seconds,participants\n"

func TestReadTrace(t *testing.T) {
	got, err := ReadTrace(strings.NewReader(head + "0,60,1\n86399,7200.5,1000\n"))
	want := []Meeting{{0, 60, 1}, {86_399, 7200.5, 1000}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	got, err = ReadTrace(strings.NewReader("\ufeff" + head + "90000,60,5.0\r\n0,60,0\n0,0,3\n"))
	if want := []Meeting{{90_000, 60, 5}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("another generator's trace is %v, %v; want %v", got, err, want)
	}
	if got, err := ReadTrace(strings.NewReader(head)); err != nil || len(got) != 0 {
		t.Errorf("an empty day is %v, %v", got, err)
	}
	for name, text := range map[string]string{
		"nothing": "", "no header": "1,2,3\n", "another header": "start,duration,participants\n",
		"a field missing": head + "1,2\n", "a field more": head + "1,2,3,4\n", "no number": head + "x,60,1\n",
		"the next week": head + "604800,60,1\n", "before the day": head + "-1,60,1\n", "back in time": head + "0,-1,1\n",
		"not a number": head + "NaN,60,1\n", "endless": head + "0,Inf,1\n", "less than nobody": head + "0,60,-1\n",
		"half a person": head + "0,60,1.5\n", "too many": head + "0,60,100001\n",
	} {
		if _, err := ReadTrace(strings.NewReader(text)); !errors.Is(err, ErrTrace) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ReadTrace(strings.NewReader(head + "1,1,1\n1,1,x\n")); err == nil || !strings.Contains(err.Error(), "line 3") {
		t.Errorf("%v does not name the line", err)
	}
}

func FuzzReadTrace(f *testing.F) {
	f.Add(head + "0,60,1\n")
	f.Add(head + "\"1\",\"2\n\",3\n")
	f.Fuzz(func(t *testing.T, text string) {
		meetings, err := ReadTrace(strings.NewReader(text))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := WriteTrace(&b, meetings); err != nil {
			t.Fatal(err)
		}
		again, err := ReadTrace(&b)
		if err != nil || !slices.Equal(again, meetings) {
			t.Fatalf("%v became %v, %v", meetings, again, err)
		}
	})
}

func TestGenerate(t *testing.T) {
	day := Generate(7, 2000)
	if !slices.Equal(day, Generate(7, 2000)) || slices.Equal(day, Generate(8, 2000)) {
		t.Error("the seed does not make the day")
	}
	var b bytes.Buffer
	if err := WriteTrace(&b, day); err != nil {
		t.Fatal(err)
	}
	if again, err := ReadTrace(&b); err != nil || !slices.Equal(again, day) {
		t.Errorf("a made-up day cannot be read: %v", err)
	}
	halls, people, night := 0, 0, 0
	for _, m := range day {
		if m.Participants == 1000 {
			halls++
		}
		people += m.Participants
		if m.Start < 2*3600 || m.Start > 23*3600 {
			night++
		}
	}
	if len(day) != 2000 || halls != 1 || people < 6*2000 || people > 11*2000 || night > 200 {
		t.Errorf("%d meetings, %d town halls, %d people, %d meetings at night", len(day), halls, people, night)
	}
}
