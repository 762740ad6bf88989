package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/accounts"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// lastingKey is the configured key or the storage directory's. Accounts count
// for nothing here: who looks somebody up need not have their credentials.
func (p *program) lastingKey() ([]byte, error) {
	if p.configFile != "" {
		privacy, err := config.LoadPrivacy(p.configFile)
		if err != nil {
			return nil, err
		}
		if key := privacy.Key.Reveal(); key != "" {
			return []byte(key), nil
		}
	}
	if p.storagePath == "" {
		return nil, errors.New("there is no lasting key to hash with: give --storage.path, or --config.file with privacy.key_file, as the exporter has them")
	}
	return accounts.LoadKey(p.storagePath)
}

func (p *program) hash(context.Context) int {
	key, err := p.lastingKey()
	if err != nil {
		fmt.Fprintln(p.stderr, err)
		return exitFailed
	}
	values := p.hashValues
	if len(values) == 0 {
		lines := bufio.NewScanner(p.stdin)
		for lines.Scan() {
			values = append(values, lines.Text())
		}
		if err := lines.Err(); err != nil {
			fmt.Fprintln(p.stderr, "standard input can't be read:", err)
			return exitFailed
		}
	}
	for _, value := range values {
		if value = strings.TrimSpace(value); value != "" {
			fmt.Fprintln(p.stdout, qos.HashOf(key, value))
		}
	}
	return exitOK
}
