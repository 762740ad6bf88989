package qos

import (
	"slices"
	"testing"
)

func TestStreamsAreNumbered(t *testing.T) {
	for number := range Streams {
		media, direction := MediaOf(number)
		if got := (Stream{Media: media, Direction: direction, Via: RWG}).number(); got != number {
			t.Errorf("%v %v has the number %d, want %d", direction, media, got, number)
		}
	}
}

func TestChoose(t *testing.T) {
	video := func(via Via, latency float64) Reading {
		return Reading{Stream{Video, Received, via}, Figures{Latency: latency, Jitter: Absent(), Loss: Absent()}}
	}
	client, crc, rwg := video(Client, 1), video(CRC, 2), video(RWG, 3)
	blind := video(Client, Absent())
	blind.Bitrate = 1000
	other, unknown := video(RWG, 4), video(Client, 5)
	other.Stream.Media = Audio
	unknown.Stream = Stream{Media: 9, Direction: 3}
	for _, tt := range []struct {
		name string
		all  []Reading
		want []float64 // latencies of the readings that count, by stream
	}{
		{"the client alone", []Reading{rwg, crc, client}, []float64{1}},
		{"no client", []Reading{rwg, crc}, []float64{2}},
		{"the gateway alone", []Reading{rwg}, []float64{3}},
		{"a client without a figure that can be judged", []Reading{blind, crc}, []float64{2}},
		{"another medium", []Reading{client, other}, []float64{4, 1}},
		{"nothing", []Reading{blind, unknown}, nil},
	} {
		var got []float64
		for _, r := range Choose(tt.all) {
			if r != nil {
				got = append(got, r.Latency)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
