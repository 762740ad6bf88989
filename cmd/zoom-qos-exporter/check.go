package main

import "context"

func (p *program) check(context.Context) int { return exitFailed }
