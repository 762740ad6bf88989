package budget

// Plan is a Zoom plan, as far as its rate limits go.
type Plan string

// The plans. Business stands for Education and Enterprise as well. Unlimited is
// for simulators, and for proxies that keep the limits by themselves.
const (
	Free      Plan = "free"
	Pro       Plan = "pro"
	Business  Plan = "business"
	Unlimited Plan = "unlimited"
)

// Limits returns the limits that Zoom documents for the plan.
func (p Plan) Limits() Limits {
	switch p {
	case Free:
		return Limits{HeavyPerSecond: 1, ResourceIntensivePerMinute: 10, HeavyPerDay: 1_000, ResourceIntensivePerDay: 30_000}
	case Pro:
		return Limits{HeavyPerSecond: 10, ResourceIntensivePerMinute: 10, PerDay: 30_000}
	case Unlimited:
		return Limits{}
	default:
		return Limits{HeavyPerSecond: 40, ResourceIntensivePerMinute: 20, PerDay: 60_000}
	}
}
