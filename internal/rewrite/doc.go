// Package rewrite changes records on systems that cannot compare and swap.
//
// A change is read, modify, write: the whole record, or a whole field of it,
// is written as it was read, with something added. Nothing tells the server
// what the write was made from, so two writers can each take away what the
// other has added, and nobody is told. converge does the same work for the
// other half of the problem, one record per key.
//
// # Within the process
//
// There is one writer per record, so no two changes of one process cross. An
// edit says what the record shall have in the end, not what to send. What
// comes while the writer is at work waits, and travels together in the next
// write; what the server refuses of several together is tried one by one.
//
// A caller may leave at any time. Before its edit is claimed for a write,
// nothing is done; from then on it is written, and its outcome is unknown to
// the one who left. A write runs on for [flight.Grace] after the last of its
// callers.
//
// # Between processes
//
// Window is how long any writer may hold what it has read before it writes. A
// record that was read longer ago is read again. So when a window has passed
// since a write, everybody who had read the record before it has written, too.
// Then the record is read back, and what it lacks is put back. What was
// acknowledged is remembered until a read-back has found it; read-backs that
// fail are made again, for as long as it takes.
//
// A window of 0 says that this process is the only writer. Then nothing is
// read back, but in doubt.
//
// # Doubt
//
// A write whose reply was lost may have happened, may happen until Late has
// passed, or never. It is not repeated as it was: the record is read, and what
// it lacks is written upon that. Should the lost write land after all, it takes
// away what was written since. So while it may, whatever is acknowledged is
// remembered, whoever wrote it, and it is read back once more when Late has
// passed, and the time by which reads lag. An edit whose write was lost is never
// said not to be done, whatever it is answered with.
//
// # Shutdown
//
// [Engine.Drain] reads back what was written, each when its window has passed.
// It does not wait for Late: what is in doubt is read back once.
//
// What stays possible: a process that dies before it has read back; another
// process's write that got no answer and lands after this one's read-back; and
// a record that ends before something can be put back, where such a record
// takes nothing more.
package rewrite
