package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// table aligns what people read. Empty values are left out.
type table struct{ w *tabwriter.Writer }

func newTable(w io.Writer) *table {
	return &table{tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)}
}

func (t *table) flush() { _ = t.w.Flush() } // the writer below is a buffer

// columns writes one row; tabs and line ends inside a cell become blanks.
func (t *table) columns(cells ...string) {
	for i := range cells {
		cells[i] = oneLine(cells[i])
	}
	fmt.Fprintln(t.w, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
}

// row writes a name and its value.
func (t *table) row(name, value string) {
	if value != "" {
		t.columns(name, value)
	}
}

func (t *table) yes(name string, value bool) {
	if value {
		t.columns(name, "yes")
	}
}

func (t *table) time(name string, at time.Time) {
	if !at.IsZero() {
		t.columns(name, stamp(at))
	}
}

// number writes a limit; 0 means that none is known.
func (t *table) number(name string, n int, unit string) {
	if n > 0 {
		t.columns(name, fmt.Sprintf("%d %s", n, unit))
	}
}

// stamp is a time for people, in UTC to the second.
func stamp(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05Z") }

// showTicket writes a ticket as a person would read it aloud: what it is
// about first, then where it stands, then what was said.
func showTicket(w io.Writer, ticket *tt.Ticket) {
	t := newTable(w)
	t.columns("ticket", ticket.ID)
	t.row("state", string(ticket.State))
	if !strings.EqualFold(ticket.Stage, string(ticket.State)) {
		t.row("stage", ticket.Stage)
	}
	t.row("subject", ticket.Subject)
	t.row("object", ticket.Object)
	if len(ticket.Objects) > 1 {
		t.row("members", strings.Join(ticket.Objects[1:], ", "))
	}
	t.row("group", ticket.Group)
	t.row("queue", ticket.Queue)
	t.row("key", ticket.Key)
	t.row("owner", ticket.Owner)
	t.row("department", ticket.Dept)
	t.row("reason", ticket.PreReason)
	t.time("opened", ticket.OpenedAt)
	t.time("expires", ticket.ExpiresAt)
	t.time("closed", ticket.ClosedAt)
	t.row("closed by", ticket.CloseDept)
	t.row("final reason", ticket.FinalReason)
	t.row("link", ticket.URL)
	t.yes("shortened", ticket.Truncated)
	t.flush()
	if ticket.Body != "" {
		fmt.Fprintf(w, "\n%s\n", indent(ticket.Body))
	}
	for _, c := range ticket.Comments {
		fmt.Fprintf(w, "\n%s\n", commentHead(c))
		if c.Body != "" {
			fmt.Fprintln(w, indent(c.Body))
		}
	}
}

func commentHead(c tt.Comment) string {
	head := stamp(c.At)
	for _, part := range []string{c.Login, c.Subject} {
		if part != "" {
			head += "  " + oneLine(part)
		}
	}
	return head
}

// indent sets text off, without what would move a terminal's cursor.
func indent(text string) string {
	lines := strings.Split(strings.TrimRight(tt.CleanText(text), "\n"), "\n")
	return "    " + strings.Join(lines, "\n    ")
}

func showCapabilities(w io.Writer, c tt.Capabilities) {
	t := newTable(w)
	defer t.flush()
	word := map[bool]string{true: "yes", false: "no"}
	t.columns("group tickets", word[c.PromoteGroupTT])
	guarantee := string(c.KeyGuarantee)
	if guarantee == "" {
		guarantee = "no keys"
	}
	t.columns("one ticket per key", guarantee)
	lease := "none: tickets end when they are closed"
	if c.Lease > 0 {
		lease = c.Lease.String()
	}
	t.columns("lease", lease)
	t.columns("close may be pending", word[c.AsyncClose])
	t.columns("comments after close", word[c.CommentsAfterClose])
	t.columns("updates", word[c.Updates])
	t.number("longest subject", c.MaxSubject, "bytes")
	t.number("longest body", c.MaxBody, "bytes")
	t.number("longest comment", c.MaxComment, "bytes")
	t.number("most comments", c.MaxComments, "per ticket")
	t.row("effects", c.Effects)
}
