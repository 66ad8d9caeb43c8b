// Package journal keeps metadata and comments in carriers that have no place
// for them: labels, tags, names of rules. What is kept is an [Entry]; what a
// carrier holds is one or more texts of limited size, the pieces of the entry.
//
// # One text
//
// A person who reads a text in the vendor's console sees what it says:
//
//	ttj1 c cwqkcfmmg4izqcay 2/2 89 62e40c32 t 7, both fibres"} 27a9020a
//
// Its parts, with a blank between them:
//
//	ttj1                the format and its version
//	c                   the kind of the entry
//	cwqkcfmmg4izqcay    its id
//	2/2                 the number of this piece, and of all pieces
//	89                  the length of the entry's data in bytes
//	62e40c32            CRC-32C of all pieces, each followed by a newline
//	t 7, both fibres"}  this piece of the data
//	27a9020a            CRC-32C of this text, up to the last blank
//
// Both ends of a text are its own, so a carrier that trims white space does
// no harm. Texts are valid UTF-8 without control characters: one in the data,
// or a caret, is written as a caret and two hexadecimal digits (a newline is
// ^0a). JSON made by encoding/json has none but rare ones, and stays as it is.
//
// The last checksum finds a text that the carrier cut or changed. The one
// before the data keeps apart what was written under one id by two writers or
// at two times, so no entry is ever put together from both.
//
// # Reading
//
// A carrier is shared with people and other programs, so [Decode] expects
// anything. Foreign texts are ignored. A damaged entry is reported, and does
// not change what is read of any other. A text of a newer version is reported
// and left alone: every version of the format begins with the version, the
// kind and the id.
package journal

import (
	"crypto/sha256"
	"encoding/base32"
	"unicode/utf8"

	"github.com/ttkit/ttkit/tt"
)

// Limits of the format.
const (
	MinLimit  = 64     // bytes of a text: the least that Encode takes
	MaxPieces = 999    // pieces of an entry
	MaxData   = 999999 // bytes of an entry's data
	maxID     = 16     // bytes of an id
)

// Entry is one thing kept in a carrier.
type Entry struct {
	Kind byte   // a to z; each adapter gives them their meaning
	ID   string // 1 to 16 of a to z and 0 to 9; one entry per kind and id
	Data []byte // valid UTF-8, usually JSON; at most MaxData bytes, may be empty
}

// Piece is one text of an entry.
type Piece struct {
	// Name is a name for carriers that want one: 1 to 32 of a to z, 0 to 9
	// and _, beginning with tt_. It follows from kind, id and number alone,
	// and sorts by them.
	Name string

	// Text is what Decode reads; it does not need the name.
	Text string
}

// Damage tells what Decode could not read.
type Damage struct {
	Kind   byte   // 0 when unknown
	ID     string // "" when unknown
	Newer  bool   // written by a newer version of this library: leave it alone
	Reason string // for people; holds nothing of the data
}

// ID makes an id from a key of any length, always the same one: 80 bits of
// its SHA-256.
func ID(key string) string {
	sum := sha256.Sum256([]byte(key))
	var id [maxID]byte
	idEncoding.Encode(id[:], sum[:maxID*5/8])
	return string(id[:])
}

var idEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func (e Entry) validate() error {
	switch {
	case !validKind(e.Kind):
		return invalid("the kind of a journal entry is a letter a to z")
	case !validID(e.ID):
		return invalid("the id of a journal entry is 1 to %d of a to z and 0 to 9", maxID)
	case len(e.Data) > MaxData:
		return invalid("a journal entry of %d bytes is too long: at most %d", len(e.Data), MaxData)
	case !utf8.Valid(e.Data):
		return invalid("the data of a journal entry is no valid UTF-8")
	}
	return nil
}

func validKind(k byte) bool { return k >= 'a' && k <= 'z' }

func validID(id string) bool {
	for i := range len(id) {
		if c := id[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return id != "" && len(id) <= maxID
}

func invalid(format string, args ...any) error {
	return tt.Errorf(tt.CodeInvalid, tt.NotDone, format, args...)
}
