// Many publishers in one process, as cheap as publishers can be: nothing is encoded, one thread sends for all, and
// nobody estimates a bandwidth. Each has a track of VP8, 30 frames and 190 packets a second, 1.7 Mbit/s, and one of Opus, 50
// packets a second. A keyframe comes every two seconds, and when asked for.
//
//	publishers -whip 'http://10.78.0.1:8080/whip/call?participant=p%d' -token T [-n N] [-ramp 1s]
//	publishers -janus ws://10.78.0.1:8188/ -room 1 …
//	publishers -floor 10.78.0.1:5000 …                  to bench_ingest_floor
//
// Comes in on stdin: `paced` (packets one by one, as libwebrtc's pacer sends them) and `unpaced` (a frame at once, as OBS
// does) begin, `rest` stops, `stats`; the end of stdin ends it. Goes out on stdout: one JSON object a line: connected, and
// the answer to each command { sent, late }: packets so far, and how many of them left 5 ms after their time.
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

	"github.com/pion/rtp"
)

const deadline = 20 * time.Second

var (
	whipURL  = flag.String("whip", "", "WHIP endpoint; %d is the publisher's number")
	token    = flag.String("token", "", "bearer token for it")
	janusURL = flag.String("janus", "", "WebSocket of a Janus, instead of a WHIP endpoint")
	room     = flag.Int("room", 1, "where to publish in Janus' VideoRoom")
	floor    = flag.String("floor", "", "address of bench_ingest_floor, instead of either")
	count    = flag.Int("n", 1, "number of publishers")
	ramp     = flag.Duration("ramp", time.Second, "time in which they come, evenly")
)

// outlet is where a publisher's packets go.
type outlet interface {
	writeVideo(packet *rtp.Packet) error
	writeAudio(packet *rtp.Packet) error
	wantsKeyframe() bool // once for each wish
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "publishers:", err)
		os.Exit(1)
	}
}

func say(event string, s stats) {
	line, err := json.Marshal(map[string]interface{}{"event": event, "sent": s.sent, "late": s.late})
	check(err)
	os.Stdout.Write(append(line, '\n'))
}

func open(builder *builder, number int) (outlet, error) {
	switch {
	case *floor != "":
		return openPlain(number)
	case *janusURL != "":
		return openPeer(builder, janusRoom{*janusURL, *room, number})
	default:
		return openPeer(builder, whipEndpoint{strings.ReplaceAll(*whipURL, "%d", fmt.Sprint(number)), *token})
	}
}

func openAll() []outlet {
	builder := newBuilder()
	all := make([]outlet, *count)
	var opened sync.WaitGroup
	begin := time.Now()
	for i := range all {
		time.Sleep(time.Until(begin.Add(*ramp * time.Duration(i) / time.Duration(len(all)))))
		opened.Add(1)
		go func(i int) {
			defer opened.Done()
			one, err := open(builder, i)
			check(err)
			all[i] = one
		}(i)
	}
	opened.Wait()
	return all
}

func main() {
	flag.Parse()
	clock := newClock(openAll())
	say("connected", stats{})
	for scanner := bufio.NewScanner(os.Stdin); scanner.Scan(); {
		switch command := scanner.Text(); command {
		case "paced":
			clock.start(pacerTick)
			say(command, clock.stats())
		case "unpaced":
			clock.start(0)
			say(command, clock.stats())
		case "rest":
			clock.stop()
			say(command, clock.stats())
		case "stats":
			say(command, clock.stats())
		}
	}
}
