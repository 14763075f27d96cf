// Many viewers in one process, which cost as little as viewers can: nothing is decoded, and nothing is sent that was not
// asked for.
//
//	viewers -url http://10.78.0.1:8080/whep/call/participant -token T [-n N] [-ramp 1s] [-duration 10s] [-audio] [-nack]
//	        [-playout-delay] [-vanish]
//	viewers -janus ws://10.78.0.1:8188/ -mountpoint 1 …
//
// Comes in on stdin: the lines `stats`, and `stop`, as does the end of stdin. Goes out on stdout: one JSON object a
// line, its `event` is `ready` (every viewer has a packet of each kind, or has failed), `stats` or `stopped`. Counters run
// from the start.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

const deadline = 20 * time.Second

var (
	url        = flag.String("url", "", "WHEP endpoint; %d is the viewer's number")
	token      = flag.String("token", "", "bearer token for it")
	janusURL   = flag.String("janus", "", "WebSocket of a Janus, instead of a WHEP endpoint")
	mountpoint = flag.Int("mountpoint", 1, "what to watch in Janus' streaming plugin")
	count      = flag.Int("n", 1, "number of viewers")
	ramp       = flag.Duration("ramp", time.Second, "time in which they come, evenly")
	duration   = flag.Duration("duration", 0, "ends by itself so long after ready; 0: never")
	audio      = flag.Bool("audio", false, "ask for audio too")
	either     = flag.Bool("either", false, "with -audio: one of the two is enough")
	withNack   = flag.Bool("nack", false, "ask for lost packets, and report what was received")
	withDelay  = flag.Bool("playout-delay", false, "take the playout delays that packets name")
	vanish     = flag.Bool("vanish", false, "end without a word to the server")
)

// signalling is what a viewer needs of a server: connect negotiates, leave says good-bye.
type signalling interface {
	connect(peer *peer) error
	leave()
}

func newSignalling(number int) signalling {
	if *janusURL != "" {
		return &janusViewer{url: *janusURL, mountpoint: *mountpoint}
	}
	return &whep{url: strings.ReplaceAll(*url, "%d", fmt.Sprint(number)), token: *token}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "viewers:", err)
		os.Exit(1)
	}
}

// startAll returns once every viewer has a packet of each kind, or has failed.
func startAll(all []*viewer) {
	var settled sync.WaitGroup
	settled.Add(len(all))
	begin := time.Now()
	for i := range all {
		due := begin.Add(*ramp * time.Duration(i) / time.Duration(len(all)))
		time.Sleep(time.Until(due))
		go func(one *viewer) {
			defer settled.Done()
			one.start()
		}(all[i])
	}
	settled.Wait()
}

func stopAll(all []*viewer) {
	if *vanish {
		return
	}
	var gone sync.WaitGroup
	gone.Add(len(all))
	for _, one := range all {
		go func(one *viewer) {
			defer gone.Done()
			one.stop()
		}(one)
	}
	gone.Wait()
}

func say(what interface{}) {
	line, err := json.Marshal(what)
	check(err)
	os.Stdout.Write(append(line, '\n'))
}

// commands closes when stdin does.
func commands() <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(os.Stdin); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	return lines
}

func serve(all []*viewer) {
	var end <-chan time.Time
	if *duration > 0 {
		end = time.After(*duration)
	}
	for lines := commands(); ; {
		select {
		case <-end:
			return
		case line, open := <-lines:
			if line == "stats" {
				say(summary("stats", all, false))
			}
			if line == "stop" || (!open && *duration == 0) {
				return
			}
			if !open {
				lines = nil
			}
		}
	}
}

func main() {
	flag.Parse()
	builder := newBuilder()
	all := make([]*viewer, *count)
	for i := range all {
		all[i] = newViewer(builder, newSignalling(i))
	}
	startAll(all)
	say(summary("ready", all, false))
	serve(all)
	final := summary("stopped", all, true)
	stopAll(all)
	say(final)
}
