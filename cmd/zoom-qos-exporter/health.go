package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/web"
)

const (
	// healthPatience is how long an exporter may take to say that it is well.
	healthPatience = 5 * time.Second
	// maxHealth is in bytes; what is longer is no health page of ours.
	maxHealth = 1 << 10
	// wantsTLS is how net/http answers a request without TLS where it has TLS.
	wantsTLS = "Client sent an HTTP request to an HTTPS server."
)

func (p *program) healthcheck(ctx context.Context) int {
	if err := askHealth(ctx, p.healthURL); err != nil {
		fmt.Fprintln(p.stderr, "not healthy:", err)
		return exitFailed
	}
	return exitOK
}

// askHealth asks at an address whether an exporter is well; nil if it is. One
// that asks for a password, or for TLS, is there and well.
func askHealth(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, healthPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	transport := &http.Transport{DisableKeepAlives: true} // without a proxy, which would answer itself
	defer transport.CloseIdleConnections()
	client := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxHealth))
	if err != nil {
		return fmt.Errorf("the answer of %s broke off: %w", req.URL.Redacted(), err)
	}
	if isExporter(resp, strings.TrimSpace(string(body))) {
		return nil
	}
	return errors.New(whoAnswered(req.URL, resp))
}

// isExporter reports whether an answer is that of an exporter's health page, or
// of the library that guards it.
func isExporter(resp *http.Response, body string) bool {
	switch resp.StatusCode {
	case http.StatusOK:
		return body == web.Healthy
	case http.StatusUnauthorized:
		return body == http.StatusText(http.StatusUnauthorized) && resp.Header.Get("WWW-Authenticate") == "Basic"
	case http.StatusBadRequest:
		return body == wantsTLS
	}
	return false
}

// whoAnswered tells what is at an address instead of the exporter.
func whoAnswered(asked *url.URL, resp *http.Response) string {
	text := fmt.Sprintf("HTTP %d", resp.StatusCode)
	if to := resp.Header.Get("Location"); to != "" {
		text += ", which leads elsewhere,"
	}
	if server := word(resp.Header.Get("Server")); server != "" {
		text += fmt.Sprintf(" from %q", server)
	}
	return fmt.Sprintf("%s answered %s: that is not the health page of this exporter, which is at /-/healthy", asked.Redacted(), text)
}

// word is a header's value, fit to be printed and not long.
func word(value string) string {
	value = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(value, ""))
	if runes := []rune(value); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return value
}
