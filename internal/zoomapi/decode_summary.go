package zoomapi

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// summaryList reads a participant's summaries: objects, without anything else
// that the list may hold. What is no list has none.
func (d *decoder) summaryList(dec *jsontext.Decoder, summaries *[]Summary) error {
	*summaries = nil
	if dec.PeekKind() != '[' {
		return dec.SkipValue()
	}
	return d.array(func() error {
		if dec.PeekKind() != '{' {
			return dec.SkipValue()
		}
		summary, err := d.summary(dec)
		*summaries = append(*summaries, summary)
		return err
	})
}

func (d *decoder) summary(dec *jsontext.Decoder) (Summary, error) {
	var summary Summary
	err := d.object(func(name []byte) error {
		switch string(name) {
		case "type":
			return d.text(dec, &summary.Type)
		case "details":
			summary.Details = SummaryDetails{}
			if dec.PeekKind() == '{' {
				return json.UnmarshalDecode(dec, &summary.Details)
			}
		}
		return dec.SkipValue()
	})
	return summary, err
}
