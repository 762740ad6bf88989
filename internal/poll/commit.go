package poll

import (
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
)

// commitEvery is how often counted readings are committed while a cycle goes on,
// which scrapes do not wait for.
const commitEvery = 5 * time.Second

// loadReadings makes the engine and the live state that New begins with.
func (a *Account) loadReadings() {
	settings := a.settings()
	a.readings = readings.New(settings.Readings)
	restored := false
	if a.store != nil {
		records, err := a.store.Load()
		restored = len(records) > 0
		if err = errors.Join(err, a.readings.Restore(records)); err != nil {
			a.log.Error("some of the counted readings are unavailable: what they covered is not counted again, and counters may restart from 0",
				zap.Error(err))
		}
	}
	a.live = live.New(settings, a.readings, restored, a.clock.Now())
}

// commit saves what was counted and then lets it be shown. If it cannot be saved the
// counters are held back, and are in the next batch.
func (a *Account) commit() {
	a.savingReadings.Lock()
	defer a.savingReadings.Unlock()
	a.commitLocked()
}

// commitDue reports whether the last commit was a while ago. The mutex is held.
func (a *Account) commitDue(now time.Time) bool { return now.Sub(a.committed) >= commitEvery }

// commitUnlessBusy is commit in the midst of a cycle: nobody waits for one that is
// under way.
func (a *Account) commitUnlessBusy() {
	if a.savingReadings.TryLock() {
		defer a.savingReadings.Unlock()
		a.commitLocked()
	}
}

// commitLocked is commit by whoever holds savingReadings.
func (a *Account) commitLocked() {
	a.mu.Lock()
	if !a.live.Begun() {
		a.mu.Unlock()
		return // nothing is new
	}
	now := a.now()
	a.committed = now.Time
	batch := a.readings.Encode(now.Time, now.Zoom)
	a.mu.Unlock()
	if a.store != nil && a.store.Save(batch.Records) != nil {
		return // the store logs its errors
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	before := a.readings.View()
	a.readings.Commit(batch, a.clock.Now())
	a.reportOverflow(before, a.readings.View())
}

// reportOverflow logs that label sets are collapsed: once for each step, until a reload
// changes what is counted. The mutex is held.
func (a *Account) reportOverflow(before, now *readings.View) {
	was, is := before.Overflow.Plus(before.HistogramOverflow), now.Overflow.Plus(now.HistogramOverflow)
	if is.NetworkType > was.NetworkType {
		a.warnCollapsed(&a.overflowed.networkType, "in network_type")
	}
	if is.All > was.All {
		a.warnCollapsed(&a.overflowed.all, "in all dimensions")
	}
}

func (a *Account) warnCollapsed(logged *bool, dimensions string) {
	if *logged {
		return
	}
	*logged = true
	a.log.Warn("the label sets of counted readings exceed their limit: further ones are counted as \"other\" "+dimensions+"; "+
		"remove a dimension, or raise readings.max_label_sets or readings.max_histogram_label_sets",
		zap.Int("max_label_sets", a.opts.Readings.MaxSets), zap.Int("max_histogram_label_sets", a.opts.Readings.MaxHistogramSets))
}
