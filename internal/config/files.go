package config

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	maxConfig = 1 << 20
	maxSecret = 64 << 10
	maxCA     = 1 << 20
)

// readFile reads a regular file of at most limit bytes. Its errors do not contain
// the path, which may be a secret that was given in place of one.
func readFile(path string, limit int64) (data []byte, err error) {
	defer func() {
		var pathErr *fs.PathError
		if errors.As(err, &pathErr) {
			err = pathErr.Err
		}
	}()
	// Checked before opening, as opening a pipe blocks until it has a writer.
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("it is a directory")
	case !info.Mode().IsRegular():
		return nil, errors.New("it is a pipe, a socket or a device; it must be a regular file, or a link to one")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err = io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("it is larger than %d KiB", limit>>10)
	}
	return data, nil
}

// fileAt reads the file at path v, relative to the configuration file.
func (d *decoder) fileAt(v value, limit int64) ([]byte, bool) {
	path, ok := d.text(v)
	if !ok {
		return nil, false
	}
	if !filepath.IsAbs(path) && d.file != "" {
		path = filepath.Join(filepath.Dir(d.file), path)
	}
	data, err := d.readFile(path, limit)
	if err != nil {
		d.failWith(err, v, "the file cannot be read: %v; check the path (a relative one starts at %s) and the permissions", err, d.baseDir())
		if isAbsent(err) {
			d.markAbsent()
		}
		return nil, false
	}
	if len(bytes.TrimSpace(data)) == 0 {
		d.fail(v, "the file is empty")
		return nil, false
	}
	return data, true
}

// baseDir describes the directory at which relative paths start.
func (d *decoder) baseDir() string {
	if d.file == "" {
		return "the working directory"
	}
	return "the configuration file's directory"
}

// secretFile reads the file at path v, without its final newline.
func (d *decoder) secretFile(v value) (string, bool) {
	data, ok := d.fileAt(v, maxSecret)
	return strings.TrimRight(string(data), "\r\n"), ok
}

// certificates decodes the path of a file of PEM certificates, and reads it.
func (d *decoder) certificates(p *[]byte) reader {
	return reader{kind: "file", read: func(v value) {
		data, ok := d.fileAt(v, maxCA)
		if !ok {
			return
		}
		found := 0
		for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
			if block.Type != "CERTIFICATE" {
				continue
			}
			found++
			if _, err := x509.ParseCertificate(block.Bytes); err != nil {
				d.failWith(err, v, "certificate %d of the file cannot be read: %v", found, err)
				return
			}
		}
		if found == 0 {
			d.fail(v, "the file contains no PEM certificate (-----BEGIN CERTIFICATE-----)")
			return
		}
		*p = data
	}}
}
