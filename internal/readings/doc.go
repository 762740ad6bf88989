// Package readings is an exactly-once (deduplicating) counter of readings. Zoom's
// answers repeat a session's minutes, in any order and number; the counter adds
// each stream's reading at each minute of each participant to its counters and
// histograms at most once, by a bitmap of the minutes counted: a sliding window
// of 48 hours for each session. Minutes that are unavailable are counted as lost.
//
// The package does no I/O, reads no clock, and knows neither Zoom's API nor
// Prometheus. An [Engine] serves one account and is not safe for concurrent use;
// its [View] is immutable and may be read by anybody. Times are Zoom's, except
// for those at which something is shown.
//
// # Feeding it
//
//	e := readings.New(config)          // then once, with a store:
//	err := e.Restore(records)          // errors say what was damaged; continue
//	e.Open()                           // meetings that are live or wait for a backfill
//
//	e.Begin(start)                     // as soon as Zoom's time is known
//	e.Expect(meeting, people, begun)   // the meeting is on the live list
//	e.Take(meeting, person, minutes, readings.Live, now) // each row of a live answer
//	e.Unread(uuid, person, readings.Live, values) // its unreadable values that are new
//	e.Leave(uuid, person, at)          // a complete walk no longer has the row
//	e.Met(uuid, beyond, now)           // a complete walk had all people but so many
//	e.EndMeeting(uuid, at)             // it left the live list; nothing is lost yet
//	e.Resume(uuid)                     // it is on the live list again
//	e.Take(meeting, person, minutes, readings.Past, now) // the backfill: settles the row
//	e.MetAll(uuid)                     // the backfill is complete
//	e.Summarize(uuid, person, averages) // qos_summary, where there is one
//	e.Close(uuid, readings.NoAnswer, now) // the backfill has come, or is given up
//
// Pass Take all minutes of an answer, or those that [Engine.Known] lacks, to save
// converting the others. Live answers may have the whole session, only its newest
// minute, or only what is new: it makes no difference.
//
// # Saving and showing it
//
//	batch := e.Encode(now, zoomNow)    // once a cycle, under the caller's lock
//	err := store.Save(batch.Records)   // one transaction, without the lock
//	if err == nil { e.Commit(batch, now) } // only now is anything visible
//	v := e.View()                      // render it
//
// What a View shows of the counters was saved before, in one transaction with the
// minutes that were counted, so that a crash cannot lose one without the other. A
// batch that cannot be saved is dropped; the next one includes its content. Records
// are small: one for the counters, one for each meeting that changed, and one an hour
// for the tombstones of closed meetings. Without a store set Config.Volatile and commit
// at once.
//
// A new label set is shown as 0, with all verdicts, for Config.Hold, which is longer
// than the longest scrape interval: every Prometheus server that scraped meanwhile
// has seen the 0, and increase() includes the first readings. The time counts
// whether or not anybody scrapes: rendering a view changes nothing.
//
// # What counts
//
// A minute is counted once it has a reading. One without latency, jitter and loss
// of any stream stays open, as its figures may come late. If a stream is reported
// via several paths, the client's reading counts, else the room connector's, else
// the web gateway's. Minutes before Begin do not count and are not lost; their label
// sets are shown as 0.
//
// A row is identified by the meeting's UUID and the row's id. Past answers may
// give people other ids; a row whose join time or participant UUID contradicts
// its id is looked up by both. In doubt two rows are one: readings may then be
// missing, but none counts twice.
//
// # What is lost
//
// Losses are in participant-minutes, as the number of streams in a minute that
// was not received is unknown. A past answer is Zoom's final record, so nobody
// sent or received anything in minutes that it lacks, and these are not lost.
// Without a past answer, every minute from join to leave that was not counted is
// lost: an upper bound, as idle minutes cannot be distinguished. Somebody who
// never had a minute, such as a view-only attendee, loses only the time since
// five minutes before the last answer, as minutes may come late. Minutes that
// leave a session's window uncounted are lost as too_old.
//
// People whom the live list indicated but no row names have an estimated loss:
// their number times the minutes since all people were last in rows, until the
// meeting's end. Those beyond what may be held are lost as limit.
//
// # Damage
//
// The store checks the integrity of each record. The record of the counters has the
// fingerprints of all others, so that records from different times are never used
// together. Records that are missing or from another time are ignored. Minutes
// before Begin then do not count for the meeting concerned or, if that is unknown,
// for any meeting that has no record. Nothing is counted twice.
//
// # What it costs
//
// A live participant of one hour takes about 520 bytes of memory and 140 on disk,
// one of 48 hours 890 and 520; see BenchmarkMemory. Sessions of people who left
// stay until their meeting is closed; CloseSession, for meetings that go on for
// days, leaves about 200 bytes. A tombstone takes 50 bytes for two days.
package readings
