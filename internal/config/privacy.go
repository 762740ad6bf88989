package config

import "github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"

// The presets.
const (
	presetDefault  = "default"
	presetHelpdesk = "helpdesk"
)

// preset returns the privacy of a preset.
func preset(name string) qos.Privacy {
	p := qos.Privacy{
		User: qos.Hash, Email: qos.Hash,
		UserName: qos.Drop, Topic: qos.Drop, Host: qos.Drop,
		IPAddress: qos.Drop, InternalIPAddress: qos.Drop, PCName: qos.Drop, Domain: qos.Drop,
		MeetingID: qos.Plain, Department: qos.Plain, Location: qos.Plain, Device: qos.Plain,
		SubnetIPv4: 24, SubnetIPv6: 48,
	}
	if name == presetHelpdesk {
		p.UserName, p.Email, p.Topic, p.Host = qos.Plain, qos.Plain, qos.Plain, qos.Plain
	}
	return p
}

// minKey is the least length of a key in bytes. A key that can be guessed reveals
// the e-mail addresses that can be guessed.
const minKey = 16

func (d *decoder) privacy(c *Config) reader {
	name, p := presetDefault, &c.Privacy
	return d.mapping(nil,
		field{
			"preset", choice(d, &name, presetDefault, presetHelpdesk).then(func(value) { *p = preset(name) }),
			"The treatment of every field that `fields` does not name. `helpdesk` shows `user_name`, `email`, `topic` and `host` as they are.",
		},
		field{
			"key_file", d.hashKey(&c.HashKey).withExample("/run/secrets/zoom_qos_hash_key").withUnset("a key in the storage directory"),
			"The key of the hashes, at least 16 bytes, such as the output of `openssl rand -hex 32`. Anyone who has it can test guesses.",
		},
		field{"fields", d.privacyFields(p), "The treatment of single fields, which overrides the preset: `drop`, `hash` (HMAC-SHA-256, 16 hexadecimal digits) or `plain`; for the two addresses also `subnet`."},
		field{"subnet", d.mapping(nil,
			field{"ipv4", d.integer(&p.SubnetIPv4, 1, 32), "For an IPv4 address."},
			field{"ipv6", d.integer(&p.SubnetIPv6, 1, 128), "For an IPv6 address."},
		), "The prefix lengths that `subnet` keeps."},
	)
}

func (d *decoder) hashKey(p *Secret) reader {
	return reader{kind: "file", read: func(v value) {
		switch s, ok := d.secretFile(v); {
		case !ok:
		case len(s) < minKey:
			d.fail(v, "the key in the file is too short; it must have at least %d bytes, such as the output of \"openssl rand -hex 32\"", minKey)
		default:
			*p = Secret(s)
		}
	}}
}

func (d *decoder) privacyFields(p *qos.Privacy) reader {
	fact := func(m *qos.Mode) reader { return choice(d, m, qos.Drop, qos.Hash, qos.Plain) }
	address := func(m *qos.Mode) reader { return choice(d, m, qos.Drop, qos.Hash, qos.Plain, qos.Subnet) }
	return d.mapping(nil,
		field{"user", fact(&p.User), "The user's ID, the same in all meetings."},
		field{"user_name", fact(&p.UserName), "The participant's display name."},
		field{"email", fact(&p.Email), "A participant's e-mail address."},
		field{"topic", fact(&p.Topic), "The meeting's topic."},
		field{"host", fact(&p.Host), "The host's name, or else e-mail address."},
		field{"ip_address", address(&p.IPAddress), "The public address."},
		field{"internal_ip_address", address(&p.InternalIPAddress), "The internal addresses."},
		field{"pc_name", fact(&p.PCName), "The computer's name."},
		field{"domain", fact(&p.Domain), "The computer's domain."},
		field{"meeting_id", fact(&p.MeetingID), "The number that people dial."},
		field{"department", fact(&p.Department), "The host's department."},
		field{"location", fact(&p.Location), "The city, as Zoom guesses it."},
		field{"device", fact(&p.Device), "Device, operating system and client version."},
	)
}
