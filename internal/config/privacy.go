package config

// The presets of privacy.
const (
	presetDefault  = "default"
	presetHelpdesk = "helpdesk"
)

// preset is the treatment of every field before any is set by itself.
func preset(name string) Fields {
	f := Fields{
		User: Hash, Email: Hash,
		UserName: Drop, Topic: Drop, Host: Drop,
		IPAddress: Drop, InternalIPAddress: Drop, PCName: Drop, Domain: Drop,
		MeetingID: Plain, Department: Plain, Location: Plain, Device: Plain,
	}
	if name == presetHelpdesk {
		f.UserName, f.Email, f.Topic, f.Host = Plain, Plain, Plain, Plain
	}
	return f
}

// minKey is in bytes. Who guesses the key can test guesses of e-mails.
const minKey = 16

func (d *decoder) privacy(p *Privacy) reader {
	name := presetDefault
	return d.mapping(nil,
		field{
			"preset", choice(d, &name, presetDefault, presetHelpdesk).then(func(value) { p.Fields = preset(name) }),
			"The treatment of every field that `fields` does not name. `helpdesk` shows `user_name`, `email`, `topic` and `host` as they are.",
		},
		field{
			"key_file", d.hashKey(&p.Key).such("/run/secrets/zoom_qos_hash_key").without("a key made in the storage path"),
			"The key of the hashes, at least 16 bytes, such as `openssl rand -hex 32` makes. Whoever has it can test guesses.",
		},
		field{"fields", d.privacyFields(&p.Fields), "The treatment of single fields, whatever the preset: `drop`, `hash` (HMAC-SHA-256, 16 hexadecimal digits) or `plain`; of the two addresses also `subnet`."},
		field{"subnet", d.mapping(nil,
			field{"ipv4", d.integer(&p.SubnetIPv4, 1, 32), "Of an IPv4 address."},
			field{"ipv6", d.integer(&p.SubnetIPv6, 1, 128), "Of an IPv6 address."},
		), "The prefix length that `subnet` leaves."},
	)
}

func (d *decoder) hashKey(p *Secret) reader {
	return reader{kind: "file", read: func(v value) {
		switch s, ok := d.secretFile(v); {
		case !ok:
		case len(s) < minKey:
			d.fail(v, "the key in the file is too short: it must have at least %d bytes, as \"openssl rand -hex 32\" makes them", minKey)
		default:
			*p = Secret(s)
		}
	}}
}

func (d *decoder) privacyFields(f *Fields) reader {
	fact := func(p *Treatment) reader { return choice(d, p, Drop, Hash, Plain) }
	address := func(p *Treatment) reader { return choice(d, p, Drop, Hash, Plain, Subnet) }
	return d.mapping(nil,
		field{"user", fact(&f.User), "The user's id, the same in all meetings."},
		field{"user_name", fact(&f.UserName), "The name that a participant shows."},
		field{"email", fact(&f.Email), "A participant's e-mail address."},
		field{"topic", fact(&f.Topic), "The meeting's topic."},
		field{"host", fact(&f.Host), "The host's name, else their e-mail address."},
		field{"ip_address", address(&f.IPAddress), "The public address."},
		field{"internal_ip_address", address(&f.InternalIPAddress), "The addresses in their network."},
		field{"pc_name", fact(&f.PCName), "The computer's name."},
		field{"domain", fact(&f.Domain), "The computer's domain."},
		field{"meeting_id", fact(&f.MeetingID), "The number that people dial."},
		field{"department", fact(&f.Department), "The host's department."},
		field{"location", fact(&f.Location), "The city, as Zoom guesses it."},
		field{"device", fact(&f.Device), "Device, operating system and client version."},
	)
}
