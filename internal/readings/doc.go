// Package readings counts: every stream-minute of every participant at most
// once, however often and from whichever answers it is told, and what could
// not be had as a known loss. It does no I/O, reads no clock and knows neither
// Zoom's wire nor Prometheus. An [Engine] serves one account and is not safe
// for concurrent use; its [View] is immutable and may be read by anybody. Instants
// are Zoom's but for when views are shown.
//
// # Feeding it
//
//	e := readings.New(config)          // then once, with a store:
//	err := e.Restore(records)          // errors say what was damaged; go on
//	e.Open()                           // meetings whose end was not seen yet
//
//	e.Begin(start)                     // as soon as Zoom's clock is known
//	e.Expect(meeting, people, begun)   // it is on the live list
//	e.Take(meeting, person, minutes, readings.Live, now) // each row of a live answer
//	e.Unread(uuid, person, readings.Live, values) // which of what could not be read is new
//	e.Leave(uuid, person, at)          // a complete pass no longer has the row
//	e.Met(uuid, beyond, now)           // a complete pass told of everybody but so many
//	e.EndMeeting(uuid, at)             // it left the live list; nothing is lost yet
//	e.Resume(uuid)                     // it is back on the list after all
//	e.Take(meeting, person, minutes, readings.Past, now) // the tail: settles the row
//	e.MetAll(uuid)                     // the past answer was had whole
//	e.Summarize(uuid, person, averages) // qos_summary, if there is one, before:
//	e.Close(uuid, readings.NoAnswer, now) // the tail is in, or given up: the last word
//	e.Lose(readings.Limit, n)          // what the caller knows to have lost itself
//
// Give Take all minutes of an answer; to save converting those that count no
// more ask [Engine.Known] first. Live answers may hold the whole session, only
// the newest minute or what is new, in any order: it makes no difference.
//
// # Making it last, and showing it
//
//	batch := e.Encode(now, zoomNow)    // once a cycle, under the caller's lock
//	err := store.Save(batch.Records) // one transaction, no lock needed
//	if err == nil { e.Commit(batch) }  // only now is anything visible
//	v := e.View()                      // render it, and if it was for a scrape:
//	e.Shown(v, now)
//
// A batch that was not saved is simply dropped: all of it is in the next one.
// Records are small: one for each meeting that changed, one for the counters,
// and one an hour for the meetings that are over. Without a store set
// Config.Volatile, skip the saving and commit at once.
//
// A label set that is new to Prometheus stands at 0, with all verdicts, until
// it has been shown for Config.Hold (longer than the longest scrape interval:
// then every server that scrapes has seen the 0, in step or not). Only a
// committed Encode lifts a set from 0, so that no crash shows it at 0 again,
// which Prometheus would take for a reset.
//
// # What counts
//
// A minute is known once it gave a reading. An entry without latency, jitter
// and loss of any stream leaves its minute open: its figures may come late. Of
// the roads of one media and direction the client's counts, else the room
// connector's, else the web gateway's. Minutes before Begin do not count and are
// not lost.
//
// A row is named by the meeting's UUID and the row's id. A past answer may
// number people anew: there a row whose join time or participant UUID speaks
// against its id is looked for by both. In doubt two rows are one: readings
// may then be missing, never doubled.
//
// Of the ten minutes before the counting began the readings are among a
// meeting's recent ones, so that an alert knows at once; they are not counted.
//
// What each session remembers is a bitmap over the 48 hours before its newest
// minute. What slides out of it is settled: minutes that were missing are lost
// as too_old.
//
// # What is lost
//
// Losses are in participant-minutes: nobody knows how many streams a minute
// would have had. A past answer is Zoom's last word, so minutes that it lacks
// were minutes in which nothing was sent or received, and are not lost. Where
// there is no past answer every minute from join to leave that was not counted
// is lost, an upper bound, as idle minutes cannot be told from missed ones.
// Only who never had an entry, such as a view-only attendee, loses no more
// than the time from five minutes before the last answer, as entries may come
// late. Of people who were indicated but never told of, a whole meeting even,
// an estimate is lost: so many people, from when everybody was told of to the
// meeting's end; as limit those who were beyond what may be held. What else the
// caller knows is its own to book, with Lose.
//
// # Damage
//
// The store checks the integrity of each record. The counters' record has the
// fingerprints of all others, so that records of different times are never taken
// together. Whatever is missing, or of another time, is left out, and minutes from before
// Begin then do not count for what it told of: that meeting, or any
// meeting the engine does not know. Nothing is ever counted twice.
//
// Meetings that are closed are remembered for 48 hours, so that one that comes
// back counts only what is new.
//
// # What it costs
//
// A live participant of one hour takes about 600 bytes of memory and 160 on
// disk, one of 48 hours, the most that is remembered, 960 and 540; see
// BenchmarkMemory. Rows that left stay until their meeting is closed: close
// those of meetings that go on for days with CloseSession, which leaves about
// 200 bytes. A meeting that is over takes 50 bytes for two days.
package readings
