package zoomapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// decoder reads Zoom's answers. A value that it cannot use costs nothing but that
// value: only a syntax error fails. It is reused from page to page, by one
// goroutine at a time, and retains nothing of a page.
type decoder struct {
	json    *jsontext.Decoder
	options jsontext.Options
	texts   interner

	minutes slab[Minute]
	streams slab[Stream]
	cpus    slab[CPU]
	wifis   slab[WiFi]

	// Scratch space for the minutes of a row and the streams of a minute.
	rowMinutes    []Minute
	minuteStreams []Stream
}

func newDecoder() *decoder {
	d := &decoder{json: new(jsontext.Decoder)}
	d.options = json.JoinOptions(
		jsontext.AllowInvalidUTF8(true),
		jsontext.AllowDuplicateNames(true),
		json.WithUnmarshalers(json.JoinUnmarshalers(
			json.UnmarshalFromFunc(d.text),
			json.UnmarshalFromFunc(d.count),
			json.UnmarshalFromFunc(d.textList),
			json.UnmarshalFromFunc(d.minuteList),
			json.UnmarshalFromFunc(d.summaryList),
		)),
	)
	return d
}

// reset starts a document.
func (d *decoder) reset(body []byte) {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	d.json.Reset(bytes.NewBuffer(body), d.options)
}

// release drops the document and everything made from it, so that neither a
// page's memory nor the names in it are retained.
func (d *decoder) release() {
	d.json.Reset(bytes.NewBuffer(nil), d.options)
	d.texts.reset()
	d.minutes, d.streams, d.cpus, d.wifis = nil, nil, nil, nil
	clear(d.rowMinutes[:cap(d.rowMinutes)])
	clear(d.minuteStreams[:cap(d.minuteStreams)])
}

// decodePage reads a page whose rows are in the field rows. Its errors are causes
// of ErrBody.
func decodePage[T any](d *decoder, body []byte, rows string) (Page[T], error) {
	d.reset(body)
	defer d.release()
	var (
		page        Page[T]
		hasRows     bool
		isEmptyList bool
	)
	if d.json.PeekKind() != '{' {
		return Page[T]{}, d.notObject()
	}
	err := d.object(func(name []byte) error {
		switch string(name) {
		case "next_page_token":
			return d.pageToken(&page.NextPageToken)
		case "total_records":
			kind := d.json.PeekKind()
			err := d.total(&page.TotalRecords)
			isEmptyList = page.TotalRecords == 0 && (kind == '0' || kind == '"')
			return err
		case rows:
			page.Rows, page.Unreadable = nil, 0
			kind := d.json.PeekKind()
			hasRows = kind == '[' || kind == 'n'
			if kind != '[' {
				return d.json.SkipValue()
			}
			return decodeRows(d, &page)
		}
		return d.json.SkipValue()
	})
	if err == nil {
		err = d.end()
	}
	if err != nil {
		return Page[T]{}, syntaxError(err)
	}
	if !hasRows && !isEmptyList {
		return Page[T]{}, fmt.Errorf("it has no list of %s", rows)
	}
	return page, nil
}

func decodeRows[T any](d *decoder, page *Page[T]) error {
	return d.array(func() error {
		if d.json.PeekKind() != '{' {
			page.Unreadable++
			return d.json.SkipValue()
		}
		var row T
		if err := json.UnmarshalDecode(d.json, &row); err != nil {
			return err
		}
		page.Rows = append(page.Rows, row)
		return nil
	})
}

// decodeObject reads a document of one object.
func decodeObject(d *decoder, body []byte, into any) error {
	d.reset(body)
	defer d.release()
	if d.json.PeekKind() != '{' {
		return d.notObject()
	}
	err := json.UnmarshalDecode(d.json, into)
	if err == nil {
		err = d.end()
	}
	return syntaxError(err)
}

// notObject returns why a document cannot be read whose first token is not '{'.
func (d *decoder) notObject() error {
	if err := d.json.SkipValue(); err != nil {
		return syntaxError(err)
	}
	return errors.New("it is not a JSON object")
}

// end checks that nothing follows the document.
func (d *decoder) end() error {
	_, err := d.json.ReadToken()
	if err == io.EOF {
		return nil
	}
	if err == nil {
		err = errTrailing
	}
	return err
}

var errTrailing = errors.New("text follows the JSON object")

// syntaxError says where the syntax error is without quoting the document.
func syntaxError(err error) error {
	if err == nil {
		return nil
	}
	syntactic, ok := errors.AsType[*jsontext.SyntacticError](err)
	switch {
	case err == errTrailing:
		return err
	case err == io.EOF:
		return errors.New("it is empty")
	case !ok:
		return errors.New("it cannot be decoded")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("it is cut off at byte %d", syntactic.ByteOffset)
	}
	return fmt.Errorf("it is not JSON at byte %d", syntactic.ByteOffset)
}

// object calls member after each name of the next object, to read its value. The
// name is not valid once the value is read.
func (d *decoder) object(member func(name []byte) error) error {
	if _, err := d.json.ReadToken(); err != nil {
		return err
	}
	for d.json.PeekKind() != '}' {
		value, err := d.json.ReadValue()
		if err != nil {
			return err
		}
		name := value[1 : len(value)-1]
		if bytes.IndexByte(name, '\\') >= 0 {
			name = []byte(d.texts.text(value))
		}
		if err := member(name); err != nil {
			return err
		}
	}
	_, err := d.json.ReadToken()
	return err
}

// array calls element for each element of the next array, to read it.
func (d *decoder) array(element func() error) error {
	if _, err := d.json.ReadToken(); err != nil {
		return err
	}
	for d.json.PeekKind() != ']' {
		if err := element(); err != nil {
			return err
		}
	}
	_, err := d.json.ReadToken()
	return err
}

// list is array, but takes anything else for the only element of an array.
func (d *decoder) list(element func() error) error {
	if d.json.PeekKind() != '[' {
		return element()
	}
	return d.array(element)
}

// skip skips a value of the wrong type and reports whether it is blank.
func (d *decoder) skip() (blank bool, err error) {
	value, err := d.json.ReadValue()
	return err == nil && isBlank(value), err
}

// isBlank reports whether a value is null or empty.
func isBlank(value jsontext.Value) bool {
	switch value.Kind() {
	case 'n':
		return true
	case '"', '{', '[':
		return len(bytes.TrimSpace(value[1:len(value)-1])) == 0
	}
	return false
}

// text reads a Text.
func (d *decoder) text(dec *jsontext.Decoder, t *Text) error {
	value, err := dec.ReadValue()
	switch kind := value.Kind(); {
	case err != nil:
		return err
	case kind == '"' || kind == '0':
		*t = d.texts.text(value)
	case isBlank(value):
		*t = ""
	default:
		*t = Unreadable
	}
	return nil
}

// count reads an integer, quoted or not.
func (d *decoder) count(dec *jsontext.Decoder, c *Count) error {
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	digits := strings.TrimSpace(strings.Trim(string(value), `"`))
	n, err := strconv.ParseInt(digits, 10, 64)
	switch {
	case err == nil:
		*c = Count(n)
	case digits == "" || digits == "null":
		*c = 0
	default:
		*c = NoCount
	}
	return nil
}

// textList reads a list of texts, without blank ones.
func (d *decoder) textList(dec *jsontext.Decoder, list *[]Text) error {
	*list = nil
	return d.list(func() error {
		var t Text
		err := d.text(dec, &t)
		if t != "" {
			*list = append(*list, t)
		}
		return err
	})
}

// pageToken reads the next page's token. Anything but a string or number ends the
// list: requesting the page "false" would fail.
func (d *decoder) pageToken(token *string) error {
	*token = ""
	if kind := d.json.PeekKind(); kind != '"' && kind != '0' {
		return d.json.SkipValue()
	}
	var t Text
	err := d.text(d.json, &t)
	*token = string(t)
	return err
}

// total reads the number of rows of the whole list; 0 if it is implausible.
func (d *decoder) total(n *int) error {
	var c Count
	err := d.count(d.json, &c)
	*n = int(min(max(c, 0), math.MaxInt32))
	return err
}
