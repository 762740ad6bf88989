package zoomapi

import (
	"encoding/json"
	"fmt"
	"testing"
)

// stdPage is a page as plain structs, to compare with encoding/json.
type stdPage struct {
	NextPageToken string `json:"next_page_token"`
	TotalRecords  int    `json:"total_records"`
	Participants  []struct {
		QoSRow           // its facts
		Minutes []stdMin `json:"user_qos"`
	} `json:"participants"`
}

type stdMin struct {
	DateTime    string   `json:"date_time"`
	AudioInput  *Figures `json:"audio_input"`
	AudioOutput *Figures `json:"audio_output"`
	VideoInput  *Figures `json:"video_input"`
	VideoOutput *Figures `json:"video_output"`
	CPU         *CPU     `json:"cpu_usage"`
}

func BenchmarkDecodeQoSPage(b *testing.B) {
	for _, minutes := range []int{1, 60} {
		body := qosBody(10, minutes)
		b.Run(fmt.Sprintf("minutes=%d", minutes), func(b *testing.B) {
			b.Run("zoomapi", func(b *testing.B) {
				d := newDecoder()
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				for b.Loop() {
					page, err := decodePage[QoSRow](d, body, "participants")
					if err != nil || len(page.Rows[9].Minutes) != minutes {
						b.Fatal(err)
					}
				}
			})
			b.Run("encoding_json", func(b *testing.B) {
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				for b.Loop() {
					var page stdPage
					if err := json.Unmarshal(body, &page); err != nil || len(page.Participants[9].Minutes) != minutes {
						b.Fatal(err)
					}
				}
			})
		})
	}
}
