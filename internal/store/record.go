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

func seal(account []byte, name string, record []byte) []byte {
	sealed := make([]byte, recordHead, recordHead+len(record))
	sealed[0] = recordForm
	binary.BigEndian.PutUint32(sealed[1:], checksum(account, name, record))
	return append(sealed, record...)
}

// unseal returns a copy: what bbolt gives is only lent.
func unseal(account []byte, name string, sealed []byte) ([]byte, error) {
	if len(sealed) < recordHead || sealed[0] != recordForm {
		return nil, fmt.Errorf("record %q is of an unknown form: %w", name, ErrDamaged)
	}
	record := append([]byte{}, sealed[recordHead:]...)
	if binary.BigEndian.Uint32(sealed[1:]) != checksum(account, name, record) {
		return nil, fmt.Errorf("record %q does not fit its checksum: %w", name, ErrDamaged)
	}
	return record, nil
}

func checksum(account []byte, name string, record []byte) uint32 {
	sum := crc32.Update(0, castagnoli, account)
	sum = crc32.Update(sum, castagnoli, []byte(name))
	sum = crc32.Update(sum, castagnoli, []byte{0})
	return crc32.Update(sum, castagnoli, record)
}
