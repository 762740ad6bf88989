package workday

// The plain policies are the baselines of the comparison. They know the live
// meetings from the list, spend requests for it, and are answered at once.

// policy spends a scrape's allowance on live meetings, calls answer for each that
// it asks for, and returns what it spent.
type policy func(live []*attended, allowance float64, answer func(*attended)) float64

// plainDay is the outcome of a plain policy on one day.
type plainDay struct{ spent int }

// runPlain runs a policy that is scraped every so many seconds. A scrape may spend
// what is left of the day's budget or, if even is true, what is saved up of it by
// the clock.
func runPlain(days int, every, budget float64, meetings []*attended, even bool, spend policy) ([]plainDay, []ages) {
	spent := make([]plainDay, days)
	answers := make(map[*attended][]float64, len(meetings))
	var live []*attended
	begun := 0
	saved, left, next := 0.0, 0.0, 0.0
	day := -1
	for at := 0.0; at < float64(days)*daySeconds; at += every {
		if today := int(at / daySeconds); today != day {
			day, left, saved = today, budget, 0
		}
		if at < next { // once a minute on average, whenever scrapes come
			continue
		}
		next = max(next+60, at+55)
		for begun < len(meetings) && meetings[begun].start <= at {
			live = append(live, meetings[begun])
			begun++
		}
		now := live[:0]
		for _, m := range live {
			if m.end > at {
				now = append(now, m)
			}
		}
		live = now
		lists := float64(max(1, (len(live)+listRows-1)/listRows))
		if left < lists {
			continue
		}
		allowance := left - lists
		if even {
			saved += budget*max(every, 60)/daySeconds - lists
			allowance = min(allowance, saved)
		}
		cost := spend(live, allowance, func(m *attended) { answers[m] = append(answers[m], at) })
		saved -= cost
		left -= cost + lists
		spent[day].spent += int(cost + lists)
	}
	all := make([]ages, days)
	for _, m := range meetings {
		enter(all, m, answers[m])
	}
	return spent, all
}

// everything asks for each meeting, in the order of their starts, until the
// allowance is spent.
func everything(live []*attended, allowance float64, answer func(*attended)) float64 {
	spent := 0.0
	for _, m := range live {
		pages := float64(m.pages())
		if spent+pages > allowance {
			break
		}
		spent += pages
		answer(m)
	}
	return spent
}

// roundRobin asks for one meeting after the other and continues where it stopped
// the last time, saving up for the one that did not fit.
func roundRobin() policy {
	asked := make(map[*attended]int)
	round := 0
	return func(live []*attended, allowance float64, answer func(*attended)) float64 {
		spent := 0.0
		for range 2 { // the rest of this round, then one of the next
			for _, m := range live {
				if asked[m] > round {
					continue
				}
				pages := float64(m.pages())
				if spent+pages > allowance {
					return spent
				}
				spent += pages
				asked[m] = round + 1
				answer(m)
			}
			round++
			if len(live) == 0 || asked[live[0]] > round {
				break
			}
			return spent // each once a minute at most
		}
		return spent
	}
}
