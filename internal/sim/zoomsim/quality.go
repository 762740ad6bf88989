package zoomsim

import "time"

// qualityWords sums the scores of audio, video and screen share streams, for
// Zoom's words of quality.
type qualityWords struct {
	score, streams [3]int
}

func (q *qualityWords) add(e *entry) {
	for i := range e.streams {
		if f := &e.streams[i]; f.active {
			q.score[i/2] += f.score()
			q.streams[i/2]++
		}
	}
}

// score ranges from 3 for good to 0 for bad.
func (f *figures) score() int {
	switch {
	case f.avgLoss > 100 || f.jitter > 150 || f.latency > 600:
		return 0
	case f.avgLoss > 50 || f.jitter > 80 || f.latency > 350:
		return 1
	case f.avgLoss > 20 || f.jitter > 40 || f.latency > 150:
		return 2
	}
	return 3
}

// word returns Zoom's word for the mean score of a media; "" without streams.
func (q *qualityWords) word(media int) string {
	if q.streams[media] == 0 {
		return ""
	}
	return [...]string{"bad", "poor", "fair", "good"}[(q.score[media]+q.streams[media]/2)/q.streams[media]]
}

func (e *encoder) qualities(q qualityWords) {
	e.str("audio_quality", q.word(0))
	e.str("video_quality", q.word(1))
	e.str("screen_share_quality", q.word(2))
}

// quality returns a meeting's words at its newest minute, from at most fifty people
// who were present. They are cached for the minute; w.mu must be held.
func (v view) quality(m *meeting, now time.Time) qualityWords {
	minute := minuteAt(now)
	if v.w.opts.Moods.NoQualityWords || m.wordsMinute == minute {
		return m.words
	}
	m.words, m.wordsMinute = qualityWords{}, minute
	top := time.Unix(minute*60, 0)
	asked := 0
	for _, j := range v.w.rows(m, top) {
		if !m.left(j, top).IsZero() || minuteAfter(j.at) > minute {
			continue
		}
		if e, ok := v.entry(m, j, minute); ok {
			m.words.add(&e)
		}
		if asked++; asked == 50 {
			break
		}
	}
	return m.words
}
