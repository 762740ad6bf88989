package qos

// The parameters of AudioMOS. What is in milliseconds and percent here is so
// in the sources.
const (
	// defaultRating is R of G.107 with every other parameter at its default.
	defaultRating = 93.2
	// processing is the delay of coding and packets, in milliseconds.
	processing = 10
	// jitterDepth is how many times the jitter a receiver's buffer holds back.
	jitterDepth = 2
	// equipment (Ie) and robustness (Bpl) are those of G.711 with packet-loss
	// concealment for packets of 10 ms, by G.113 Appendix I.
	equipment  = 0.0
	robustness = 25.1
)

// AudioMOS estimates the mean opinion score of an audio stream, from 1 (bad)
// to 4.405 (without delay, jitter and loss), out of its latency and jitter in
// seconds and its packet loss from 0 to 1. It is Absent where one of them is.
//
// It is the short form of ITU-T's E-model (G.107), for planning: it knows of
// the network only, not of rooms, microphones or what Zoom does for a bad line.
//
//	R   = 93.2 − Id − Ie,eff
//	Id  = 0.024·d + 0.11·(d − 177.3) where d is above 177.3, else 0.024·d
//	      (R. G. Cole and J. H. Rosenbluth, "Voice over IP Performance
//	      Monitoring", ACM SIGCOMM CCR 31(2), 2001)
//	Ie,eff = Ie + (95 − Ie)·Ppl / (Ppl + Bpl), loss at random (G.107, 7.3)
//	MOS = 1 + 0.035·R + 7·10⁻⁶·R·(R − 60)·(100 − R) (G.107 Annex B)
//
// with d, the one-way delay from mouth to ear in ms, = latency + 2·jitter + 10,
// the usual allowance for a jitter buffer and for coding, and Ppl the loss in
// percent.
//
// Zoom times its latency by a stamp that the receiver of a packet returns to
// its sender: a round trip, on the participant's side of the meeting alone. It
// is taken whole, which is right where the way to the others is as long as the
// participant's own; half of it would leave their way out.
//
// The codec is taken to be G.711 with packet-loss concealment, of Ie 0 and Bpl
// 25.1. Zoom's codecs are of a wider band and conceal more, but have no
// published values on G.107's scale: the estimate is for comparing streams and
// times, not with scores of other origin, Zoom's own included.
func AudioMOS(latency, jitter, loss float64) float64 {
	if !Present(latency) || !Present(jitter) || !Present(loss) {
		return Absent()
	}
	delay := 1000*latency + jitterDepth*1000*jitter + processing
	return scoreOf(defaultRating - delayImpairment(delay) - lossImpairment(100*loss))
}

// AudioMOS is AudioMOS of the reading's figures, Absent for video and shares.
func (r *Reading) AudioMOS() float64 {
	if r.Stream.Media != Audio {
		return Absent()
	}
	return AudioMOS(r.Latency, r.Jitter, r.Loss)
}

// delayImpairment is Id of a one-way delay in milliseconds.
func delayImpairment(delay float64) float64 {
	return 0.024*delay + 0.11*max(0, delay-177.3)
}

// lossImpairment is Ie,eff of a packet loss in percent.
func lossImpairment(percent float64) float64 {
	return equipment + (95-equipment)*percent/(percent+robustness)
}

// scoreOf is the mean opinion score of a rating R. The polynomial falls below
// 1 for ratings under 6.5.
func scoreOf(rating float64) float64 {
	switch {
	case rating <= 0:
		return 1
	case rating >= 100:
		return 4.5
	}
	return max(1, 1+0.035*rating+7e-6*rating*(rating-60)*(100-rating))
}
