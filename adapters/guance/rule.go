package guance

import (
	"crypto/sha1"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/tt"
)

// The journal of a ticket is kept in the names of escalation rules, the one
// place of a schedule that takes a list of texts. Such a rule has no levels,
// which the vendor documents as allowed, so it never notifies anybody.

// maxPiece is the length of a rule's name in bytes. The server's limit is not
// documented.
const maxPiece = 255

const pieceMark = "ttj" // what the journal's texts begin with

// pieceOf returns the text of a rule that is a piece of our journal.
func pieceOf(rule []byte) (string, bool) {
	text, ok := unquote(valueOf(rule, "name"))
	return text, ok && strings.HasPrefix(strings.TrimLeft(text, " "), pieceMark)
}

// pieces are the texts of entries.
func pieces(entries []journal.Entry) ([]string, error) {
	var texts []string
	for _, e := range entries {
		parts, err := journal.Encode(e, maxPiece)
		if err != nil {
			return nil, tt.Errorf(tt.CodeInternal, tt.NotDone, "writing rules: %w", err)
		}
		for _, p := range parts {
			texts = append(texts, p.Text)
		}
	}
	return texts, nil
}

// How rules of the journal are written. A server may refuse one without
// levels; it is then given a level without recipients.
const (
	rulesUntried int32 = iota
	rulesEmpty
	rulesLevelled
)

const (
	noLevels    = `[]`
	silentLevel = `[{"level":0,"notifyConfig":[],"ifRepeatNotify":false,"repeatNotifyInterval":null}]`

	// dutyLevel notifies whoever is on duty, as a schedule without any level
	// does.
	dutyLevel = `[{"level":0,"notifyConfig":[{"notifyObjectType":"member","notifyObject":["watchkeeper"],"notifyMethod":[]}],"ifRepeatNotify":false,"repeatNotifyInterval":null}]`
)

// written returns rules with more pieces behind them. The ones before are as
// they came. A level on ours must not change who is notified: where no rule
// has one, the first of ours gets that of a schedule without rules.
func written(rules [][]byte, texts []string, levelled, dark bool) [][]byte {
	if len(texts) == 0 {
		return rules
	}
	out := slices.Grow(slices.Clone(rules), len(texts))
	duty := levelled && !dark && !slices.ContainsFunc(rules, hasLevels)
	for _, text := range texts {
		levels := noLevels
		if levelled {
			levels = silentLevel
		}
		if duty {
			levels, duty = dutyLevel, false
		}
		rule := make([]byte, 0, len(text)+len(levels)+128)
		rule = append(append(rule, `{"uuid":"`...), ruleUUID(text)...)
		rule = append(append(rule, `","name":`...), quote(text)...)
		rule = append(append(append(rule, `,"strategy":`...), levels...), '}')
		out = append(out, rule)
	}
	return out
}

func hasLevels(rule []byte) bool {
	levels, _ := parseList(valueOf(rule, "strategy"))
	return len(levels) > 0
}

// ruleSpace is the namespace of our rules' UUIDs, made at random once.
const ruleSpace = "\x7c\x1d\x52\xe0\x90\x4b\x4f\x6e\x8a\x35\x12\xd7\x5b\xc0\x6f\x93"

// ruleUUID is made of the text (RFC 9562, version 5), so that a rule that is
// written twice is the same rule.
func ruleUUID(text string) string {
	sum := sha1.Sum([]byte(ruleSpace + text))
	id := sum[:16]
	id[6] = id[6]&0x0f | 0x50
	id[8] = id[8]&0x3f | 0x80
	digits := hex.EncodeToString(id)
	return digits[:8] + "-" + digits[8:12] + "-" + digits[12:16] + "-" + digits[16:20] + "-" + digits[20:]
}
