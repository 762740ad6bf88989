package zoomapi

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// summaryList reads a participant's summaries. Anything but an object becomes one
// of an Unreadable type, unless it is blank.
func (d *decoder) summaryList(dec *jsontext.Decoder, summaries *[]Summary) error {
	*summaries = nil
	return d.list(func() error {
		if dec.PeekKind() != '{' {
			blank, err := d.skip()
			if !blank {
				*summaries = append(*summaries, Summary{Type: Unreadable})
			}
			return err
		}
		summary, err := d.summary(dec)
		*summaries = append(*summaries, summary)
		return err
	})
}

func (d *decoder) summary(dec *jsontext.Decoder) (summary Summary, err error) {
	readable := true
	err = d.object(func(name []byte) (err error) {
		switch string(name) {
		case "type":
			return d.text(dec, &summary.Type)
		case "details":
			summary.Details, readable = SummaryDetails{}, true
			if dec.PeekKind() == '{' {
				return json.UnmarshalDecode(dec, &summary.Details)
			}
			readable, err = d.skip()
			return err
		}
		return dec.SkipValue()
	})
	if !readable {
		summary.Type = Unreadable
	}
	return summary, err
}
