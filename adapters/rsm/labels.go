package rsm

import "iter"

// labels are those of an answer. Siblings of this API answer lists and nulls
// where others have text, so they are taken as whatever JSON they are, and
// only text counts.
//
// They are most of what a server answers. A type that decodes itself would
// make encoding/json read them twice over.
type labels any

// labelOf returns the text of a label; ok tells whether it has one.
func labelOf(l labels, name string) (text string, ok bool) {
	set, _ := l.(map[string]any)
	text, ok = set[name].(string)
	return text, ok
}

// texts yields the labels that are text.
func texts(l labels) iter.Seq2[string, string] {
	return func(yield func(name, text string) bool) {
		set, _ := l.(map[string]any)
		for name, value := range set {
			if text, ok := value.(string); ok && !yield(name, text) {
				return
			}
		}
	}
}
