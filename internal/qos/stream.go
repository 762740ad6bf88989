package qos

// Streams is the number of pairs of media and direction. They are numbered from 0,
// whichever road a stream takes.
const Streams = 6

// MediaOf returns the media and direction of a stream by its number.
func MediaOf(stream int) (Media, Direction) { return Media(stream / 2), Direction(stream % 2) }

func (s Stream) number() int { return int(s.Media)*2 + int(s.Direction) }

// Choose returns for each media and direction, by its number, the reading that counts:
// the client's, else a room connector's, else a web gateway's. It is nil where there is
// none that can be judged.
func Choose(all []Reading) (chosen [Streams]*Reading) {
	for i := range all {
		r := &all[i]
		if r.Stream.Media > Share || r.Stream.Direction > Received ||
			!Measured(r.Latency) && !Measured(r.Jitter) && !Measured(r.Loss) {
			continue
		}
		slot := &chosen[r.Stream.number()]
		if *slot == nil || r.Stream.Via < (*slot).Stream.Via {
			*slot = r
		}
	}
	return chosen
}
