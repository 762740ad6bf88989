package store

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// A record stands in the store behind a byte that tells its form and a checksum
// over where it stands and what it is: pages of the file have none.
const (
	recordForm = 1
	recordHead = 1 + crc32.Size
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// keyOf is the key of an account: no identifier stands on the disk in clear.
func keyOf(id string) []byte {
	sum := sha256.Sum256([]byte(id))
	return sum[:16]
}

func seal(key, record []byte) []byte {
	sealed := make([]byte, recordHead, recordHead+len(record))
	sealed[0] = recordForm
	binary.BigEndian.PutUint32(sealed[1:], checksum(key, record))
	return append(sealed, record...)
}

// unseal returns a copy: what bbolt gives is only lent.
func unseal(key, sealed []byte) ([]byte, error) {
	if len(sealed) < recordHead || sealed[0] != recordForm {
		return nil, fmt.Errorf("%w: it is of an unknown form", ErrDamaged)
	}
	record := append([]byte{}, sealed[recordHead:]...)
	if binary.BigEndian.Uint32(sealed[1:]) != checksum(key, record) {
		return nil, fmt.Errorf("%w: it does not fit its checksum", ErrDamaged)
	}
	return record, nil
}

func checksum(key, record []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, record)
}
