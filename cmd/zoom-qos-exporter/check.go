package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/check"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
)

// check reports whether the exporter can do its work, or only whether its
// configuration is valid.
func (p *program) check(ctx context.Context) int {
	cfg, err := p.load()
	if cfg == nil {
		fmt.Fprintln(p.stderr, err)
		return exitFailed
	}
	absent, _ := errors.AsType[config.Errors](err)
	options := check.Options{
		Report: p.stdout, Progress: p.stderr, NoticeAfter: p.noticeAfter,
		Clock: p.clock, UserID: p.userID, Source: p.source(),
		StoragePath:     p.storagePath,
		WebConfigFile:   *p.web.WebConfigFile,
		ListenAddresses: *p.web.WebListenAddresses,
		SystemdSocket:   p.web.WebSystemdSocket != nil && *p.web.WebSystemdSocket,
		DebugAddress:    p.debugAddress,
	}
	ready := true
	if p.checkConfigOnly {
		err = check.Config(options, cfg, absent)
	} else {
		ready, err = check.Run(ctx, options, cfg, absent)
	}
	if err != nil {
		fmt.Fprintln(p.stderr, "writing the report failed:", err)
		return exitFailed
	}
	if !ready {
		return exitFailed
	}
	return exitOK
}

// source is where the configuration comes from, in words.
func (p *program) source() string {
	switch {
	case p.demo:
		return "the demo"
	case p.configFile != "":
		return p.configFile
	}
	return "the environment"
}
