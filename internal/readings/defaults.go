package readings

// DefaultConfig returns the configuration that the zero Config stands for.
func DefaultConfig() Config { return Config{}.withDefaults() }
