package store

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// A record is framed by a byte with the version of the frame and a checksum over
// key and record, as bbolt's pages have none.
const (
	frameVersion = 1
	frameHeader  = 1 + crc32.Size
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// keyOf returns the key of an account: no identifier is saved in clear.
func keyOf(id string) []byte {
	sum := sha256.Sum256([]byte(id))
	return sum[:16]
}

func frame(key, record []byte) []byte {
	framed := make([]byte, frameHeader, frameHeader+len(record))
	framed[0] = frameVersion
	binary.BigEndian.PutUint32(framed[1:], checksum(key, record))
	return append(framed, record...)
}

// unframe returns a copy of the record, as bbolt's memory is valid during the
// transaction only.
func unframe(key, framed []byte) ([]byte, error) {
	if len(framed) < frameHeader || framed[0] != frameVersion {
		return nil, fmt.Errorf("%w: unknown version of the frame", ErrDamaged)
	}
	record := append([]byte{}, framed[frameHeader:]...)
	if binary.BigEndian.Uint32(framed[1:]) != checksum(key, record) {
		return nil, fmt.Errorf("%w: the checksum does not match", ErrDamaged)
	}
	return record, nil
}

func checksum(key, record []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, record)
}
