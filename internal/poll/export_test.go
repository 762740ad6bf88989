package poll

// WeightOf is a live meeting's weight in the plan; 0 where there is no such
// meeting.
func (a *Account) WeightOf(uuid string) float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	if m := a.store.meetings[uuid]; m != nil {
		return a.weight(m)
	}
	return 0
}
