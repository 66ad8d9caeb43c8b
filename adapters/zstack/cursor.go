package zstack

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"github.com/ttkit/ttkit/tt"
)

// overlap is how many of the latest numbers of the history are read again
// every time: a lower number may commit after a higher one. That many changes
// of status, anywhere on the platform, have to happen during one transaction
// before a change is missed.
const overlap = 256

// tagOverlap is for how many seconds of the latest tags the same is done: they
// have no number, only a date.
const tagOverlap = 5

// cursor is how far a reader of the feed has come: what was told, of that
// which will be read again.
type cursor struct {
	sequence int64             // the highest number told
	told     [overlap / 8]byte // bit n: sequence-n was told, or is not to be
	date     int64             // of the newest tag told, by the digits of the server's clock; 0: none yet
	tags     []toldTag         // the tags told that are not older than the overlap
}

// toldTag is half of a tag's uuid, and its date.
type toldTag struct {
	id   [8]byte
	date int64
}

func tagID(uuid string) (id [8]byte) {
	_, _ = hex.Decode(id[:], []byte(uuid[:2*len(id)])) // of a uuid
	return id
}

// hasSequence reports whether a row of the history need not be told.
func (c *cursor) hasSequence(n int64) bool {
	back := c.sequence - n
	switch {
	case back < 0:
		return false
	case back >= overlap:
		return true
	}
	return c.told[back/8]&(1<<(back%8)) != 0
}

func (c *cursor) addSequence(n int64) {
	if ahead := n - c.sequence; ahead > 0 {
		var moved [overlap / 8]byte
		for back := int64(0); back+ahead < overlap; back++ {
			if c.told[back/8]&(1<<(back%8)) != 0 {
				moved[(back+ahead)/8] |= 1 << ((back + ahead) % 8)
			}
		}
		c.told, c.sequence = moved, n
	}
	if back := c.sequence - n; back < overlap {
		c.told[back/8] |= 1 << (back % 8)
	}
}

func (c *cursor) hasTag(uuid string) bool {
	id := tagID(uuid)
	return slices.ContainsFunc(c.tags, func(t toldTag) bool { return t.id == id })
}

func (c *cursor) addTag(uuid string, date int64) {
	c.tags = append(c.tags, toldTag{tagID(uuid), date})
	c.date = max(c.date, date)
}

// prune forgets tags that are not read again.
func (c *cursor) prune(since int64) {
	c.tags = slices.DeleteFunc(c.tags, func(t toldTag) bool { return t.date < since })
}

const cursorVersion = 1

// String is what UpdatesRequest.After takes.
func (c *cursor) String() string {
	b := []byte{cursorVersion}
	b = binary.AppendVarint(b, c.sequence)
	b = append(b, c.told[:]...)
	b = binary.AppendVarint(b, c.date)
	for _, t := range c.tags {
		b = append(b, t.id[:]...)
		b = binary.AppendVarint(b, c.date-t.date)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(text string) (*cursor, error) {
	wrong := tt.Errorf(tt.CodeInvalid, tt.NotDone, "after: not a cursor of this system: give Updates.Next of the call before, or nothing to begin now")
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) == 0 || b[0] != cursorVersion {
		return nil, wrong
	}
	c := &cursor{}
	ok := true
	number := func() int64 {
		n, size := binary.Varint(b)
		if size <= 0 {
			ok = false
			return 0
		}
		b = b[size:]
		return n
	}
	b = b[1:]
	if c.sequence = number(); !ok || c.sequence < 0 || len(b) < len(c.told) {
		return nil, wrong
	}
	b = b[copy(c.told[:], b):]
	if c.date = number(); !ok || c.date < 0 || c.date > latestDate {
		return nil, wrong
	}
	for len(b) > 0 {
		var t toldTag
		if len(b) <= len(t.id) {
			return nil, wrong
		}
		b = b[copy(t.id[:], b):]
		if t.date = c.date - number(); !ok || t.date < 0 || t.date > c.date {
			return nil, wrong
		}
		c.tags = append(c.tags, t)
	}
	return c, nil
}

// latestDate is the end of the year 9999.
const latestDate = 253402300799
