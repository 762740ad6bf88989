package qos

// ParticipantsMode says which participants have series of their own.
type ParticipantsMode string

// The modes.
const (
	AllParticipants      ParticipantsMode = "all"
	DegradedParticipants ParticipantsMode = "degraded" // those who were degraded, or are watched
	NoParticipants       ParticipantsMode = "none"
)

// ParticipantsModes are all modes.
func ParticipantsModes() []ParticipantsMode {
	return []ParticipantsMode{AllParticipants, DegradedParticipants, NoParticipants}
}
