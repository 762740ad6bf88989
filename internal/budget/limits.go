package budget

// Pool names one of Zoom's limits; its text is the label value.
type Pool string

// The pools. On Pro and larger plans both rate labels share PerDay; the Free plan has
// a daily pool for each.
const (
	HeavyPerSecond             Pool = "heavy_per_second"
	ResourceIntensivePerMinute Pool = "resource_intensive_per_minute"
	PerDay                     Pool = "per_day"
	HeavyPerDay                Pool = "heavy_per_day"
	ResourceIntensivePerDay    Pool = "resource_intensive_per_day"
)

// Daily reports whether the limit is one of a UTC day.
func (p Pool) Daily() bool {
	return p == PerDay || p == HeavyPerDay || p == ResourceIntensivePerDay
}

// Limits are Zoom's limits of one account, in requests; 0 means no such pool.
type Limits struct {
	HeavyPerSecond             int
	ResourceIntensivePerMinute int
	PerDay                     int
	HeavyPerDay                int
	ResourceIntensivePerDay    int
}

// lowest returns the lower of two limits, of which 0 is none.
func lowest(a, b int) int {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}
