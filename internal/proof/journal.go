package proof

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Journal is a file in which a worker writes down, before and after, what it
// does: a process that is killed leaves what its successor must know.
type Journal struct{ file *os.File }

// OpenJournal opens the file for appending, and makes it if need be.
func OpenJournal(path string) (*Journal, error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &Journal{f}, nil
}

// Close closes the file.
func (j *Journal) Close() error { return j.file.Close() }

// The words that a line begins with.
const (
	wordTry    = "try"    // episode, operation: it begins, or begins again
	wordAck    = "ack"    // episode, operation, ticket: it was acknowledged
	wordRefuse = "refuse" // episode, operation, quoted error: it will never be
	wordSure   = "sure"   // episode: what a death left in doubt was repeated
	wordKill   = "kill"   // the worker is dead
)

// end is the last word of every line: one that was cut off lacks it.
const end = "."

// write adds a line. One write is one line; a line that a death cut off is
// ended by the next one's leading newline.
func (j *Journal) write(word string, args ...any) error {
	line := fmt.Sprintf("\n%s %d", word, time.Now().UnixNano())
	for _, arg := range args {
		line += fmt.Sprintf(" %v", arg)
	}
	_, err := j.file.WriteString(line + " " + end + "\n")
	return err
}

// Past is what a journal knows of one episode.
type Past struct {
	Ticket string       // "" until its raise was acknowledged
	Ops    map[int]*Did // by number

	killed   time.Time // the last death that left something in doubt
	repeated time.Time // when that was made up for
}

// Did is how far an operation came.
type Did struct {
	First, Last time.Time // when it was begun first, and last
	Acked       time.Time // zero: never
	Refused     string    // the error that ended it for good
	Tries       int
}

// ReadJournal reads a journal; a file that does not exist is empty. recent is
// for how long before a death what was acknowledged is in doubt all the same.
func ReadJournal(path string, recent time.Duration) (map[int]*Past, error) {
	past := map[int]*Past{}
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return past, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		take(past, strings.Fields(lines.Text()), recent)
	}
	return past, lines.Err()
}

// take reads the words of a line. What is no whole line says nothing.
func take(past map[int]*Past, words []string, recent time.Duration) {
	if len(words) < 3 || words[len(words)-1] != end {
		return
	}
	nano, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil {
		return
	}
	at := time.Unix(0, nano)
	if words[0] == wordKill {
		for _, p := range past {
			if p.inDoubt(at, recent) {
				p.killed = at
			}
		}
		return
	}
	numbers := make([]int, 0, 2)
	for _, word := range words[2:min(4, len(words)-1)] {
		n, err := strconv.Atoi(word)
		if err != nil {
			return
		}
		numbers = append(numbers, n)
	}
	p := past[numbers[0]]
	if p == nil {
		p = &Past{Ops: map[int]*Did{}}
		past[numbers[0]] = p
	}
	if words[0] == wordSure {
		p.repeated = at
		return
	}
	if len(numbers) < 2 {
		return
	}
	did := p.Ops[numbers[1]]
	if did == nil {
		did = &Did{First: at}
		p.Ops[numbers[1]] = did
	}
	switch rest := words[4 : len(words)-1]; words[0] {
	case wordTry:
		did.Last = at
		did.Tries++
	case wordAck:
		did.Acked = at
		if len(rest) > 0 {
			p.Ticket = rest[0]
		}
	case wordRefuse:
		did.Refused, _ = strconv.Unquote(strings.Join(rest, " "))
	}
}

// inDoubt reports whether a death at that time leaves anything of the episode
// in doubt.
func (p *Past) inDoubt(death time.Time, recent time.Duration) bool {
	for _, did := range p.Ops {
		if did.Refused == "" && (did.Acked.Before(did.Last) || did.Acked.After(death.Add(-recent))) {
			return true
		}
	}
	return false
}

// doubt returns the death after which the episode's work must be repeated;
// ok is false when there is none.
func (p *Past) doubt() (death time.Time, ok bool) {
	return p.killed, p.killed.After(p.repeated)
}
