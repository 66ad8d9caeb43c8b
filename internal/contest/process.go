package contest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
)

// variable, in the environment, makes a test binary the process that replays.
const variable = "TTKIT_CONTEST_REPLAY"

// ReplayIfAsked ends the process when a [Contest] started it to replay answers
// and it has done so. Otherwise it does nothing. TestMain calls it first.
func ReplayIfAsked() {
	if os.Getenv(variable) == "" {
		return
	}
	if err := replay(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "contest: replay:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// start starts the test binary once more, to replay. It returns the base URL;
// the recording NAME is below /NAME/CLIENT. The process ends with stop, or
// with this one.
func start(recordings map[string]recording) (base string, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), variable+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = in.Close() // it ends with its input
		_ = cmd.Wait()
	}
	if err := json.NewEncoder(in).Encode(recordings); err != nil {
		stop()
		return "", nil, err
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("it tells no address (does TestMain begin with ReplayIfAsked?): %w", err)
	}
	return "http://" + strings.TrimSpace(address), stop, nil
}

// replay serves the recordings that it reads from in, writes its address to
// out, and ends when in does.
func replay(in io.Reader, out io.Writer) error {
	var recordings map[string]recording
	if err := json.NewDecoder(in).Decode(&recordings); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, listener.Addr()); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, in)
		_ = listener.Close()
	}()
	_ = http.Serve(listener, newPlayer(recordings))
	return nil
}
