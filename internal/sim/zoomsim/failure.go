package zoomsim

import "net/http"

// failure is an error answer.
type failure struct {
	status  int
	code    int
	message string
	fields  []field
	reason  string // of the token endpoint, whose error is message
}

type field struct{ name, message string }

func (f *failure) body(words *vocabulary) []byte {
	e := encoder{words: words}
	e.object("")
	if f.reason != "" {
		e.str("reason", f.reason)
		e.str("error", f.message)
		e.end('}')
		return e.b
	}
	e.num("code", int64(f.code))
	e.str("message", f.message)
	if len(f.fields) > 0 {
		e.array("errors")
		for _, field := range f.fields {
			e.object("")
			e.str("field", field.name)
			e.str("message", field.message)
			e.end('}')
		}
		e.end(']')
	}
	e.end('}')
	return e.b
}

func invalid(name, message string) *failure {
	return &failure{status: http.StatusBadRequest, code: 300, message: "Validation Failed.", fields: []field{{name, message}}}
}

// status300 returns an error 300, with the status that Status300 says.
func (m Moods) status300(message string) *failure {
	status := http.StatusBadRequest
	if m.Status300 {
		status = http.StatusMultipleChoices
	}
	return &failure{status: status, code: 300, message: message}
}

func notLive() *failure {
	return &failure{status: http.StatusNotFound, code: 3001, message: "This meeting is not available or ID is not valid."}
}

func badToken(message string) *failure {
	return &failure{status: http.StatusUnauthorized, code: 124, message: message}
}
