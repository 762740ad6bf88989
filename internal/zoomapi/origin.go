package zoomapi

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// maxName bounds a server's name, in bytes.
const maxName = 60

// server describes the proxy, portal or load balancer that answered instead of
// Zoom. It is "" for Zoom itself, which is recognised by the body (isZooms) or
// by its headers, and for an empty answer that names no server.
func (ex *exchange) server(isZooms bool) string {
	who, via := name(ex.header.Get("Server")), name(ex.header.Get("Via"))
	to, err := url.Parse(ex.header.Get("Location"))
	redirects := err == nil && to.Host != ""
	switch {
	case isFromProxy(ex.status, ex.header):
		who = strings.TrimSuffix("a proxy, "+who, ", ")
	case isZooms, hasZoomHeader(ex.header), who == "" && via == "" && !redirects && len(ex.body) == 0:
		return ""
	}
	who = cmp.Or(who, "an unidentified server")
	if via != "" {
		who += " via " + via
	}
	if redirects {
		who += " redirecting to " + name(to.Hostname())
	}
	return who
}

// hasZoomHeader reports whether there is a header that only Zoom sets, such as
// X-Zm-Trackingid, which is on all of its answers.
func hasZoomHeader(header http.Header) bool {
	for name := range header {
		if strings.HasPrefix(name, "X-Zm-") {
			return true
		}
	}
	return false
}

// isFromProxy reports whether an answer is certainly a proxy's.
func isFromProxy(status int, header http.Header) bool {
	return status == http.StatusProxyAuthRequired || header.Get("Proxy-Authenticate") != "" ||
		header.Get("Proxy-Status") != "" || header.Get("X-Squid-Error") != ""
}

// name returns a name that a server gave, quoted and safe to log; "" if it is
// empty.
func name(text string) string {
	if text = cut(scrub(text), maxName); text == "" {
		return ""
	}
	return strconv.Quote(text)
}

// isJSON reports whether a body begins like a JSON object or array, or is empty.
func isJSON(body []byte) bool {
	text := strings.TrimLeft(string(body[:min(len(body), 64)]), " \t\r\n")
	return text == "" || text[0] == '{' || text[0] == '['
}

// proxyRefusal is a proxy's answer to CONNECT other than 200.
type proxyRefusal struct {
	status int
	who    string
}

func (r *proxyRefusal) Error() string { return fmt.Sprintf("the proxy answered HTTP %d", r.status) }

// refusedByProxy is an http.Transport's OnProxyConnectResponse. Without it, the
// transport's error has only the text of the proxy's status line.
func refusedByProxy(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	who := "proxy " + hostPort(proxy)
	if server := name(resp.Header.Get("Server")); server != "" {
		who += ", " + server
	}
	return &proxyRefusal{resp.StatusCode, who}
}

// address returns the server that did not answer and the proxy in between, or
// the proxy alone if that could not be reached.
func (x *exchanger) address(req *http.Request, err error) string {
	server := hostPort(req.URL)
	if x.proxy == nil {
		return server
	}
	proxy, failed := x.proxy(req)
	if failed != nil || proxy == nil {
		return server
	}
	if isProxyconnect(err) {
		return "proxy " + hostPort(proxy)
	}
	return server + " through proxy " + hostPort(proxy)
}

// isProxyconnect reports whether a transport failed to reach its proxy.
func isProxyconnect(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "proxyconnect"
}

// hostPort returns the host and port of a URL, without its user and password.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	}
	return cut(clean(net.JoinHostPort(u.Hostname(), port)), maxMessage)
}

// certificateText says why a certificate is not trusted, and who issued it, which
// reveals a proxy that inspects TLS.
func certificateText(err *tls.CertificateVerificationError) string {
	text, _, _ := strings.Cut(err.Err.Error(), " (possibly because of ")
	text = scrub(text)
	if len(err.UnverifiedCertificates) == 0 {
		return text
	}
	issuer := err.UnverifiedCertificates[0].Issuer
	if by := name(cmp.Or(issuer.CommonName, strings.Join(issuer.Organization, " "))); by != "" {
		text += ", issued by " + by
	}
	return text
}
