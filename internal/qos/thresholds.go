package qos

import "math"

// Thresholds are what the quality of a stream is judged by. They are the only
// ones: the counters, the page and the plan all go by them.
type Thresholds struct {
	Latency Bounds // seconds
	Jitter  Bounds // seconds
	Loss    Bounds // average packet loss, 0 to 1
	// Degraded is the share of somebody's recent readings in a medium that are poor or
	// bad from which on they are degraded in it, above 0 to 1.
	Degraded float64
	// CPU is the greatest load of a machine that is still normal, 0 to 1.
	CPU float64
	// WiFi is the least Wi-Fi signal that is still good, in dBm.
	WiFi float64
}

// HighCPU reports whether the load of a machine is high.
func (t *Thresholds) HighCPU(load float64) bool { return load > t.CPU }

// WeakWiFi reports whether a Wi-Fi signal is weak.
func (t *Thresholds) WeakWiFi(rssi float64) bool { return rssi < t.WiFi }

// Bounds are the greatest values of a figure that are still good, fair and
// poor; what is beyond is bad. All are positive, and none is lower than the one
// before.
type Bounds struct{ Good, Fair, Poor float64 }

// DefaultThresholds are those in wide use for Zoom.
func DefaultThresholds() Thresholds {
	return Thresholds{
		Latency: Bounds{Good: 0.150, Fair: 0.300, Poor: 0.500},
		Jitter:  Bounds{Good: 0.040, Fair: 0.060, Poor: 0.100},
		Loss:    Bounds{Good: 0.02, Fair: 0.05, Poor: 0.10},

		Degraded: 0.3, CPU: 0.95, WiFi: -75,
	}
}

// Quality is the worst of a stream's latency, jitter and average loss, as far
// as they are there; QualityUnknown where none is.
func (t *Thresholds) Quality(latency, jitter, loss float64) Quality {
	return max(t.Latency.Quality(latency), t.Jitter.Quality(jitter), t.Loss.Quality(loss))
}

// Quality judges one figure; it is QualityUnknown where the figure is not
// Measured.
func (b *Bounds) Quality(v float64) Quality {
	switch {
	case !Measured(v):
		return QualityUnknown
	case v <= b.Good:
		return Good
	case v <= b.Fair:
		return Fair
	case v <= b.Poor:
		return Poor
	default:
		return Bad
	}
}

// Measured reports whether a latency, jitter or loss can be judged and counted:
// it is not absent, not negative and finite.
func Measured(v float64) bool { return v >= 0 && v <= math.MaxFloat64 }
