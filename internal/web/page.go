package web

import "net/http"

func newPage(Options) http.Handler { return http.NotFoundHandler() }
