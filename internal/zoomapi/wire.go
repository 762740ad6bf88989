package zoomapi

import "math"

// Text is the text of a JSON string or number: Zoom sends strings for numbers and,
// now and then, the other way round. null, an empty object or array, and a
// missing field read as "", anything else as Unreadable.
type Text string

// Unreadable is the Text of a value that is neither string nor number. It does
// not parse as a figure, date or address, so it is counted as malformed, and it
// holds nothing of the value, which may name people.
const Unreadable Text = "\x00"

// Count is a JSON integer, which may come as a string. A blank reads as 0, and
// anything but an integer as NoCount.
type Count int64

// NoCount is the value of a Count that cannot be read.
const NoCount Count = math.MinInt64

// Kind distinguishes meetings from webinars. Its text is the value of the label
// kind.
type Kind string

// The kinds.
const (
	Meeting Kind = "meeting"
	Webinar Kind = "webinar"
)

// Page is one answer of a paged endpoint.
type Page[T any] struct {
	// NextPageToken requests the next page; it is "" on the last one.
	NextPageToken string
	// TotalRecords is how many rows the whole list has, by Zoom's count, those of
	// people who have left included; 0 if Zoom does not say.
	TotalRecords int
	// Rows are the entries that could be read.
	Rows []T
	// Unreadable counts entries that are not JSON objects.
	Unreadable int
}

// Live is an entry of the live list of meetings or webinars.
type Live struct {
	UUID               Text  `json:"uuid"`
	ID                 Text  `json:"id"` // the number that people dial, of 9 to 11 digits
	Topic              Text  `json:"topic"`
	Host               Text  `json:"host"`
	Email              Text  `json:"email"`
	Department         Text  `json:"dept"`
	StartTime          Text  `json:"start_time"`
	Participants       Count `json:"participants"` // approximate: not the number of rows
	AudioQuality       Text  `json:"audio_quality"`
	VideoQuality       Text  `json:"video_quality"`
	ScreenShareQuality Text  `json:"screen_share_quality"`
}

// ParticipantRow is an entry of the participants list, the only answer with
// roles and waiting rooms.
type ParticipantRow struct {
	UserID          Text `json:"user_id"`
	ParticipantUUID Text `json:"participant_uuid"`
	Role            Text `json:"role"`
	Status          Text `json:"status"`
}

// QoSRow is one join of one person, with its minutes.
type QoSRow struct {
	ID                  Text     `json:"id"`      // account user; blank for guests
	UserID              Text     `json:"user_id"` // per join
	ParticipantUUID     Text     `json:"participant_uuid"`
	UserName            Text     `json:"user_name"`
	Email               Text     `json:"email"`
	IPAddress           Text     `json:"ip_address"`
	InternalIPAddresses []Text   `json:"internal_ip_addresses"`
	Location            Text     `json:"location"`
	JoinTime            Text     `json:"join_time"`
	LeaveTime           Text     `json:"leave_time"` // set once the person has left
	Device              Text     `json:"device"`
	OS                  Text     `json:"os"`
	OSVersion           Text     `json:"os_version"`
	Client              Text     `json:"client"`
	Version             Text     `json:"version"`
	NetworkType         Text     `json:"network_type"`
	ConnectionType      Text     `json:"connection_type"`
	DataCenter          Text     `json:"data_center"`
	PCName              Text     `json:"pc_name"`
	Domain              Text     `json:"domain"`
	Minutes             []Minute `json:"user_qos"`
}

// SummaryRow is the summary of one join of one person over a whole meeting.
type SummaryRow struct {
	ParticipantID Text      `json:"participant_id"` // the user_id of other answers
	Summaries     []Summary `json:"qos"`
}

// Summary is one stream, or something else such as the processor load, over a
// whole session.
type Summary struct {
	// Type is a StreamName, or another name such as "cpu_usage"; Unreadable if
	// Details are.
	Type    Text
	Details SummaryDetails
}

// SummaryDetails are a stream's figures over a session, as Zoom writes them.
type SummaryDetails struct {
	AvgBitrate   Text `json:"avg_bitrate"`
	AvgLatency   Text `json:"avg_latency"`
	AvgJitter    Text `json:"avg_jitter"`
	AvgLoss      Text `json:"avg_loss"`
	MaxLoss      Text `json:"max_loss"`
	AvgFrameRate Text `json:"avg_frame_rate"`
	Resolution   Text `json:"resolution"`
}

// Minute is the state of one participant at the top of one minute.
type Minute struct {
	DateTime Text
	// Streams are the stream objects of the entry, in any order and each at most
	// once.
	Streams []Stream
	CPU     *CPU
	WiFi    *WiFi
	// Unreadable counts streams, CPU and WiFi that are not JSON objects, or the
	// entry itself.
	Unreadable int
}

// Stream is one media stream's figures, as Zoom writes them.
type Stream struct {
	// Name is Zoom's name of the stream, such as audio_input.
	Name StreamName
	Figures
}

// Figures are a stream's figures, as Zoom writes them, such as "126 ms".
type Figures struct {
	Bitrate    Text `json:"bitrate"`
	Latency    Text `json:"latency"`
	Jitter     Text `json:"jitter"`
	AvgLoss    Text `json:"avg_loss"`
	MaxLoss    Text `json:"max_loss"`
	Resolution Text `json:"resolution"`
	FrameRate  Text `json:"frame_rate"`
}

// CPU is a client's processor load, as Zoom writes it, such as "11%".
type CPU struct {
	ZoomMin   Text `json:"zoom_min_cpu_usage"`
	ZoomAvg   Text `json:"zoom_avg_cpu_usage"`
	ZoomMax   Text `json:"zoom_max_cpu_usage"`
	SystemMax Text `json:"system_max_cpu_usage"`
}

// WiFi is a client's received signal strength. Unit is "dBm".
type WiFi struct {
	Min  Text `json:"min_rssi"`
	Avg  Text `json:"avg_rssi"`
	Max  Text `json:"max_rssi"`
	Unit Text `json:"rssi_unit"`
}

// StreamName is the name of a stream object.
type StreamName string

// The stream objects that Zoom documents. The participant sends input and
// receives output; a room device sends "from" and receives "to".
const (
	AudioInput         StreamName = "audio_input"
	AudioOutput        StreamName = "audio_output"
	VideoInput         StreamName = "video_input"
	VideoOutput        StreamName = "video_output"
	ShareInput         StreamName = "as_input"
	ShareOutput        StreamName = "as_output"
	AudioDeviceFromCRC StreamName = "audio_device_from_crc"
	AudioDeviceToCRC   StreamName = "audio_device_to_crc"
	VideoDeviceFromCRC StreamName = "video_device_from_crc"
	VideoDeviceToCRC   StreamName = "video_device_to_crc"
	ShareDeviceFromCRC StreamName = "as_device_from_crc"
	ShareDeviceToCRC   StreamName = "as_device_to_crc"
	AudioDeviceFromRWG StreamName = "audio_device_from_rwg"
	AudioDeviceToRWG   StreamName = "audio_device_to_rwg"
	VideoDeviceFromRWG StreamName = "video_device_from_rwg"
	VideoDeviceToRWG   StreamName = "video_device_to_rwg"
	ShareDeviceFromRWG StreamName = "as_device_from_rwg"
	ShareDeviceToRWG   StreamName = "as_device_to_rwg"
)
