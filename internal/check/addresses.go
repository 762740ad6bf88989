package check

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/web"
)

// systemdSocket stands in a report for the addresses of systemd's sockets.
const systemdSocket = "systemd socket"

// listenerTrials are the results of opening the exporter's listeners.
type listenerTrials struct {
	addresses []addressTrial
	// profiles is why profiles cannot be served at --debug.listen-address; nil
	// if they can.
	profiles error
}

// addressTrial is the result of listening at an address.
type addressTrial struct {
	address string
	err     error // nil if the address is free
	// health is why the program that uses the address is not a healthy exporter;
	// nil if it is one.
	health error
}

func (t *addressTrial) inUse() bool { return errors.Is(t.err, syscall.EADDRINUSE) }

func (t *addressTrial) usedByExporter() bool { return t.inUse() && t.health == nil }

// tryListeners opens the listeners for a moment, as the exporter would: all of
// those that work at the same time.
func (c *checker) tryListeners(ctx context.Context) listenerTrials {
	var t listenerTrials
	if c.SystemdSocket { // which is gone once it is closed
		err := web.TryListen(ctx, true, nil, func() { t.profiles = c.tryProfiles() })
		if err != nil {
			t.profiles = c.tryProfiles()
		}
		t.addresses = []addressTrial{{address: systemdSocket, err: err}}
		return t
	}
	var free []string
	for _, address := range c.ListenAddresses {
		a := addressTrial{address: address, err: web.TryListen(ctx, false, []string{address}, func() {})}
		if a.inUse() {
			a.health = web.CheckHealth(ctx, healthURL(a.err))
		}
		if a.err == nil {
			free = append(free, address)
		}
		t.addresses = append(t.addresses, a)
	}
	t.profiles = c.tryProfiles()
	if len(free) == 0 || len(free) == 1 && c.DebugAddress == "" {
		return t
	}
	all := strings.Join(free, " and ")
	err := web.TryListen(ctx, false, free, func() {
		if err := c.tryProfiles(); t.profiles == nil && err != nil {
			t.profiles = fmt.Errorf("%w while the exporter listens at --web.listen-address=%s", err, all)
		}
	})
	if err != nil { // two of them may be the same
		t.addresses = append(t.addresses, addressTrial{address: all, err: fmt.Errorf("not at the same time: %v", err)})
	}
	return t
}

// tryProfiles listens where profiles are served.
func (c *checker) tryProfiles() error {
	if c.DebugAddress == "" {
		return nil
	}
	listener, err := web.ListenForProfiles(c.DebugAddress)
	if err == nil {
		_ = listener.Close() // nobody has connected
	}
	return err
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
func (t *listenerTrials) exporterAddress() string {
	i := slices.IndexFunc(t.addresses, func(a addressTrial) bool { return a.usedByExporter() })
	if i < 0 {
		return ""
	}
	return t.addresses[i].address
}

// listed names all listen addresses.
func (t *listenerTrials) listed() string {
	all := make([]string, len(t.addresses))
	for i := range t.addresses {
		all[i] = t.addresses[i].address
	}
	return strings.Join(all, " or ")
}

// reportAddresses reports on the listen addresses.
func (s *startupCheck) reportAddresses() {
	for _, t := range s.listeners.addresses {
		switch {
		case t.err == nil:
			s.add(passed, "listen address", "%s is free", t.address)
		case t.usedByExporter() && s.besideExporter():
			s.add(note, "listen address", "%s is in use by the exporter that answers there", t.address)
		case t.usedByExporter():
			s.add(failed, "listen address", "%s is in use by another exporter, which does not use the storage %s: stop it or choose another --web.listen-address", t.address, s.StoragePath)
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

// reportProfiles reports on --debug.listen-address.
func (s *startupCheck) reportProfiles() {
	switch err := s.listeners.profiles; {
	case s.DebugAddress == "":
	case err == nil:
		s.add(passed, "profiles", "%s is free", s.DebugAddress)
	case errors.Is(err, syscall.EADDRINUSE) && s.besideExporter():
		s.add(note, "profiles", "%s is in use, probably by the exporter that answers at %s", s.DebugAddress, s.listeners.exporterAddress())
	default:
		s.add(failed, "profiles", "%v; choose another --debug.listen-address", err)
	}
}

// besideExporter reports whether the exporter with the same flags is running.
func (s *startupCheck) besideExporter() bool {
	return s.listeners.exporterAddress() != "" && (s.held || s.StoragePath == "")
}
