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

func (d *decoder) privacy(v value, p *Privacy) {
	name := presetDefault
	d.read(d.object(v),
		field{"preset", func(v value) {
			choice(d, &name, presetDefault, presetHelpdesk)(v)
			p.Fields = preset(name)
		}},
		field{"key_file", func(v value) {
			switch s, ok := d.secretFile(v); {
			case !ok:
			case len(s) < minKey:
				d.fail(v, "the key in the file is too short: it must have at least %d bytes, as \"openssl rand -hex 32\" makes them", minKey)
			default:
				p.Key = Secret(s)
			}
		}},
		field{"fields", func(v value) { d.fields(v, &p.Fields) }},
		field{"subnet", func(v value) {
			d.read(d.object(v),
				field{"ipv4", d.integer(&p.SubnetIPv4, 1, 32)},
				field{"ipv6", d.integer(&p.SubnetIPv6, 1, 128)},
			)
		}},
	)
}

func (d *decoder) fields(v value, f *Fields) {
	fact := func(name string, p *Treatment) field {
		return field{name, choice(d, p, Drop, Hash, Plain)}
	}
	address := func(name string, p *Treatment) field {
		return field{name, choice(d, p, Drop, Hash, Plain, Subnet)}
	}
	d.read(d.object(v),
		fact("user", &f.User),
		fact("user_name", &f.UserName),
		fact("email", &f.Email),
		fact("topic", &f.Topic),
		fact("host", &f.Host),
		address("ip_address", &f.IPAddress),
		address("internal_ip_address", &f.InternalIPAddress),
		fact("pc_name", &f.PCName),
		fact("domain", &f.Domain),
		fact("meeting_id", &f.MeetingID),
		fact("department", &f.Department),
		fact("location", &f.Location),
		fact("device", &f.Device),
	)
}
