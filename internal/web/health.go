package web

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
)

const (
	// healthTimeout is how long an exporter may take to answer.
	healthTimeout = 5 * time.Second
	// maxHealthBody is in bytes; a longer page is not the exporter's.
	maxHealthBody = 1 << 10
	// plainHTTPOnTLS is how net/http answers plain HTTP on a TLS port.
	plainHTTPOnTLS = "Client sent an HTTP request to an HTTPS server."
)

// CheckHealth requests a health page. It returns nil if a healthy exporter
// answers, be it by asking for a password or TLS.
func CheckHealth(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
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
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxHealthBody))
	if err != nil {
		return fmt.Errorf("the answer of %s was cut off: %w", req.URL.Redacted(), err)
	}
	if isExporter(resp, strings.TrimSpace(string(body))) {
		return nil
	}
	return notExporter(req.URL, resp)
}

// isExporter reports whether an answer is that of an exporter's health page, or
// of exporter-toolkit or net/http in front of it.
func isExporter(resp *http.Response, body string) bool {
	switch resp.StatusCode {
	case http.StatusOK:
		return body == Healthy
	case http.StatusUnauthorized:
		return body == http.StatusText(http.StatusUnauthorized) && resp.Header.Get("WWW-Authenticate") == "Basic"
	case http.StatusBadRequest:
		return body == plainHTTPOnTLS
	}
	return false
}

// notExporter describes an answer that is not an exporter's.
func notExporter(asked *url.URL, resp *http.Response) error {
	text := fmt.Sprintf("HTTP %d", resp.StatusCode)
	if to := resp.Header.Get("Location"); to != "" {
		text += " (a redirect, not followed)"
	}
	if server := printable(resp.Header.Get("Server")); server != "" {
		text += fmt.Sprintf(" from %q", server)
	}
	return fmt.Errorf("%s answered %s, which is not the health page of this exporter (/-/healthy)", asked.Redacted(), text)
}

// printable makes the value of a header safe to print, and short.
func printable(value string) string {
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
