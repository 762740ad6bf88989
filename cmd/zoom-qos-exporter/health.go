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
	// healthPatience is how long an exporter may take to answer.
	healthPatience = 5 * time.Second
	// maxHealth is in bytes; a longer page is not the exporter's.
	maxHealth = 1 << 10
	// wantsTLS is how net/http answers plain HTTP on a TLS port.
	wantsTLS = "Client sent an HTTP request to an HTTPS server."
)

func (p *program) healthcheck(ctx context.Context) int {
	if err := askHealth(ctx, p.healthURL); err != nil {
		fmt.Fprintln(p.stderr, "not healthy:", err)
		return exitFailed
	}
	return exitOK
}

// askHealth requests a health page. It is nil if a healthy exporter answers,
// which includes one that wants a password or TLS.
func askHealth(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, healthPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	transport := &http.Transport{DisableKeepAlives: true} // without a proxy, which might answer instead
	defer transport.CloseIdleConnections()
	client := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s did not answer in time", req.URL.Redacted())
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxHealth))
	if err != nil {
		return fmt.Errorf("the answer of %s was cut off: %w", req.URL.Redacted(), err)
	}
	if isExporter(resp, strings.TrimSpace(string(body))) {
		return nil
	}
	return errors.New(whoAnswered(req.URL, resp))
}

// isExporter reports whether an answer is that of an exporter's health page, or
// of exporter-toolkit and net/http in front of it.
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

// whoAnswered describes an answer that is not the exporter's.
func whoAnswered(asked *url.URL, resp *http.Response) string {
	text := fmt.Sprintf("HTTP %d", resp.StatusCode)
	if to := resp.Header.Get("Location"); to != "" {
		text += " (a redirect, not followed)"
	}
	if server := word(resp.Header.Get("Server")); server != "" {
		text += fmt.Sprintf(" from %q", server)
	}
	return fmt.Sprintf("%s answered %s, which is not the health page of this exporter (/-/healthy)", asked.Redacted(), text)
}

// word makes a header's value safe to print, and short.
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
