package main

import (
	"context"
	"fmt"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/web"
)

func (p *program) healthcheck(ctx context.Context) int {
	if err := web.CheckHealth(ctx, p.healthURL); err != nil {
		fmt.Fprintln(p.stderr, "not healthy:", err)
		return exitFailed
	}
	return exitOK
}
