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

// persistentKey returns the configured key or that of the storage directory. It
// does not need the credentials of the accounts.
func (p *program) persistentKey() ([]byte, error) {
	if p.configFile != "" {
		configured, err := config.LoadHashKey(p.configFile)
		if err != nil {
			return nil, err
		}
		if key := configured.Reveal(); key != "" {
			return []byte(key), nil
		}
	}
	if p.storagePath == "" {
		return nil, errors.New("there is no persistent key to hash with: set --storage.path, or --config.file with privacy.key_file, as for the exporter")
	}
	return accounts.LoadKey(p.storagePath)
}

func (p *program) hash(context.Context) int {
	key, err := p.persistentKey()
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
			fmt.Fprintln(p.stderr, "reading standard input failed:", err)
			return exitFailed
		}
	}
	for _, value := range values {
		if value = strings.TrimSpace(value); value != "" {
			if _, err := fmt.Fprintln(p.stdout, qos.HashOf(key, value)); err != nil {
				fmt.Fprintln(p.stderr, "writing the hash failed:", err)
				return exitFailed
			}
		}
	}
	return exitOK
}
