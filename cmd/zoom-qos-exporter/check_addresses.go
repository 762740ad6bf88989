package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// systemdSocket stands in a report for the addresses of systemd's sockets.
const systemdSocket = "systemd socket"

// addressTrial is the result of listening at an address.
type addressTrial struct {
	address string
	err     error // nil if the address is free
	// health is the answer to a health check of whoever uses the address; nil
	// if that is an exporter.
	health error
}

func (t *addressTrial) inUse() bool { return errors.Is(t.err, syscall.EADDRINUSE) }

func (t *addressTrial) usedByExporter() bool { return t.inUse() && t.health == nil }

// tryAddresses listens at each address for a moment, as serve would.
func (p *program) tryAddresses(ctx context.Context) []addressTrial {
	if socket := p.web.WebSystemdSocket; socket != nil && *socket {
		return []addressTrial{{address: systemdSocket, err: p.listenBriefly(ctx)}}
	}
	var trials []addressTrial
	var free []string
	for _, address := range p.addresses() {
		t := addressTrial{address: address, err: p.listenBriefly(ctx, address)}
		if t.inUse() {
			t.health = askHealth(ctx, healthURL(t.err))
		}
		if t.err == nil {
			free = append(free, address)
		}
		trials = append(trials, t)
	}
	if len(free) > 1 { // two of them may be the same
		if err := p.listenBriefly(ctx, free...); err != nil {
			trials = append(trials, addressTrial{address: strings.Join(free, " and "), err: fmt.Errorf("not at the same time: %v", err)})
		}
	}
	return trials
}

// healthURL is the health page at the address that err says is in use.
func healthURL(err error) string {
	host, port := "localhost", ""
	if op, ok := errors.AsType[*net.OpError](err); ok {
		if tcp, ok := op.Addr.(*net.TCPAddr); ok {
			port = strconv.Itoa(tcp.Port)
			if len(tcp.IP) > 0 && !tcp.IP.IsUnspecified() {
				host = tcp.IP.String()
			}
		}
	}
	return "http://" + net.JoinHostPort(host, port) + "/-/healthy"
}

// exporterAddress is the address at which an exporter answers; "" if none does.
func (s *startupCheck) exporterAddress() string {
	for i := range s.addresses {
		if s.addresses[i].usedByExporter() {
			return s.addresses[i].address
		}
	}
	return ""
}

// listed names all listen addresses.
func (s *startupCheck) listed() string {
	all := make([]string, len(s.addresses))
	for i := range s.addresses {
		all[i] = s.addresses[i].address
	}
	return strings.Join(all, " or ")
}

// listen reports on the listen addresses.
func (s *startupCheck) listen() {
	for i := range s.addresses {
		t := &s.addresses[i]
		switch {
		case t.err == nil:
			s.add(works, "listen address", "%s is free", t.address)
		case t.usedByExporter() && (s.held || s.path == ""):
			s.add(remark, "listen address", "%s is in use by the exporter that answers there", t.address)
		case t.usedByExporter():
			s.add(failed, "listen address", "%s is in use by another exporter, which does not use the storage %s: stop it or choose another --web.listen-address", t.address, s.path)
		case t.inUse():
			s.add(failed, "listen address", "%s is in use by another program: choose another --web.listen-address (%v)", t.address, t.health)
		case errors.Is(t.err, fs.ErrPermission):
			s.add(failed, "listen address", "%s: user %d may not listen there, as low ports are reserved for root: choose a --web.listen-address with a higher port (%v)", t.address, os.Geteuid(), t.err)
		case t.address == systemdSocket:
			s.add(failed, "listen address", "%s: %v; start the exporter by its socket unit, or omit --web.systemd-socket", t.address, t.err)
		default:
			s.add(failed, "listen address", "%s: %v; choose another --web.listen-address", t.address, t.err)
		}
	}
}

// listenForProfiles reports on --debug.listen-address.
func (s *startupCheck) listenForProfiles(ctx context.Context) {
	if s.program.debugAddress == "" {
		return
	}
	listener, err := s.program.listenForProfiles()
	if err == nil {
		err = s.listenBeside(ctx)
		_ = listener.Close() // nobody has connected
	}
	switch {
	case err == nil:
		s.add(works, "profiles", "%s is free", s.program.debugAddress)
	case errors.Is(err, syscall.EADDRINUSE) && s.exporterAddress() != "" && (s.held || s.path == ""):
		s.add(remark, "profiles", "%s is in use, as by the exporter that answers at %s", s.program.debugAddress, s.exporterAddress())
	default:
		s.add(failed, "profiles", "%v; choose another --debug.listen-address", err)
	}
}

// listenBeside listens at the other addresses that are free, while profiles have
// theirs.
func (s *startupCheck) listenBeside(ctx context.Context) error {
	for i := range s.addresses {
		t := &s.addresses[i]
		if t.err != nil || t.address == systemdSocket {
			continue
		}
		if err := s.program.listenBriefly(ctx, t.address); err != nil {
			return fmt.Errorf("--debug.listen-address=%s: not at the same time as --web.listen-address=%s: %w", s.program.debugAddress, t.address, err)
		}
	}
	return nil
}
