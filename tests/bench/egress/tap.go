// How long a packet is inside a server, by the kernel's own clock at its two interfaces: when it came in on the one, and
// when it left for a viewer on the other. Neither the source nor the viewers have a part in it.
//
//	tap -in lo -out viewa [-every 8]
//
// RTP headers are not encrypted: a viewer's packets have its source's sequence numbers and timestamps, each plus a constant.
// Neither the constants are known nor, of several sources, which is the viewer's; but a source's frames are unevenly spaced,
// so only one pair of constants turns a source's packets into the viewer's. Of packets that leave in one piece (GSO) the
// first is seen, which waited longest.
// Comes in on stdin: `begin` starts anew; `delays` asks; the end of stdin ends it.
// Goes out on stdout: one JSON object a line: ready, begun, and delays { flows, packets, p50, p95, p99, max } in ms.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"sort"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

const (
	everyProtocol  = 0x0003 // ETH_P_ALL: of what leaves, nothing else is shown
	incoming       = 0      // PACKET_HOST
	outgoing       = 4      // PACKET_OUTGOING
	stampedMessage = 35     // SCM_TIMESTAMPNS
	headerBytes    = 20 + 8 // of IPv4 without options, and UDP
	rtpBytes       = 12
	longest        = time.Second
	fewest         = 50 // packets of a viewer, to find its distance with
	tries          = 16
	probes         = 8   // packets that are tried before all are
	alike          = 0.8 // of a viewer's packets, at least, that are the source's at that distance
)

var (
	in    = flag.String("in", "lo", "where the source's packets come in")
	out   = flag.String("out", "", "where the viewers' packets leave")
	every = flag.Uint("every", 1, "look at viewers whose port is divisible by this power of two")
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "tap:", err)
		os.Exit(1)
	}
}

// passed is when a packet did.
type passed struct {
	sequence  uint16
	timestamp uint32
	at        int64 // ns
}

// distance of a viewer's packets from the source's.
type distance struct {
	sequence  uint16
	timestamp uint32
}

// record is what was seen since the beginning. Any thread.
type record struct {
	mutex sync.Mutex
	in    map[uint32][]passed // by SSRC
	out   map[uint16][]passed // by the viewer's port
}

func (r *record) begin() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.in, r.out = map[uint32][]passed{}, map[uint16][]passed{}
}

func (r *record) take(ssrc uint32, port uint16, one passed, kind uint8) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if kind == incoming {
		r.in[ssrc] = append(r.in[ssrc], one)
	} else {
		r.out[port] = append(r.out[port], one)
	}
}

func networkOrder(value uint16) uint16 {
	return value<<8 | value>>8
}

// open sees UDP on the interface, of ports that are looked at.
func open(name string, kind uint8, divisor uint) int {
	link, err := net.InterfaceByName(name)
	check(err)
	socket, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_DGRAM, int(networkOrder(everyProtocol)))
	check(err)
	const packetType = 0xfffff000 + 4 // SKF_AD_OFF + SKF_AD_PKTTYPE
	check(syscall.AttachLsf(socket, []syscall.SockFilter{
		*syscall.LsfStmt(syscall.BPF_LD|syscall.BPF_B|syscall.BPF_ABS, packetType),
		*syscall.LsfJump(syscall.BPF_JMP|syscall.BPF_JEQ|syscall.BPF_K, int(kind), 0, 6),
		*syscall.LsfStmt(syscall.BPF_LD|syscall.BPF_B|syscall.BPF_ABS, 9),
		*syscall.LsfJump(syscall.BPF_JMP|syscall.BPF_JEQ|syscall.BPF_K, syscall.IPPROTO_UDP, 0, 4),
		*syscall.LsfStmt(syscall.BPF_LD|syscall.BPF_H|syscall.BPF_ABS, 22),
		*syscall.LsfStmt(syscall.BPF_ALU|syscall.BPF_AND|syscall.BPF_K, int(divisor-1)),
		*syscall.LsfJump(syscall.BPF_JMP|syscall.BPF_JEQ|syscall.BPF_K, 0, 0, 1),
		*syscall.LsfStmt(syscall.BPF_RET|syscall.BPF_K, headerBytes+rtpBytes),
		*syscall.LsfStmt(syscall.BPF_RET|syscall.BPF_K, 0),
	}))
	check(syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1))
	check(syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_RCVBUFFORCE, 8<<20))
	check(syscall.Bind(socket, &syscall.SockaddrLinklayer{Protocol: networkOrder(everyProtocol), Ifindex: link.Index}))
	return socket
}

func stampOf(control []byte) int64 {
	messages, err := syscall.ParseSocketControlMessage(control)
	check(err)
	for _, message := range messages {
		if message.Header.Type == stampedMessage {
			return (*syscall.Timespec)(unsafe.Pointer(&message.Data[0])).Nano()
		}
	}
	check(fmt.Errorf("the kernel does not say when"))
	return 0
}

// watch looks at media alone: version 2, and no payload type that would be RTCP (RFC 5761 section 4).
func watch(socket int, kind uint8, into *record) {
	packet, control := make([]byte, headerBytes+rtpBytes), make([]byte, 128)
	for {
		size, controlSize, _, _, err := syscall.Recvmsg(socket, packet, control, 0)
		if err == syscall.EINTR {
			continue
		}
		check(err)
		rtp := packet[headerBytes:]
		kindOfPayload := rtp[1] & 0x7f
		if size < len(packet) || rtp[0]>>6 != 2 || (kindOfPayload >= 64 && kindOfPayload < 96) {
			continue
		}
		port := binary.BigEndian.Uint16(packet[22:])
		into.take(binary.BigEndian.Uint32(rtp[8:]), port, passed{
			binary.BigEndian.Uint16(rtp[2:]), binary.BigEndian.Uint32(rtp[4:]), stampOf(control[:controlSize]),
		}, kind)
	}
}

// source is what came in of one SSRC.
type source struct {
	came       []passed
	bySequence map[uint16]passed
}

func (r *record) sources() []source {
	var all []source
	for _, came := range r.in {
		one := source{came, map[uint16]passed{}}
		for _, packet := range came {
			one.bySequence[packet.sequence] = packet
		}
		all = append(all, one)
	}
	return all
}

// delaysOf a viewer, nil when its packets are no source's. Some are not with any viewer: what was sent again, and what came
// after the relay itself left some out.
func delaysOf(sources []source, left []passed) []float64 {
	if len(left) < fewest {
		return nil
	}
	for i := 1; i < tries; i++ {
		for _, one := range sources {
			if delays := one.delaysFrom(left[len(left)*i/tries], left); delays != nil {
				return delays
			}
		}
	}
	return nil
}

// delaysFrom takes a viewer's packet for each of the source's that came before it. The one for which most others fit is right: one
// packet further most fit too, since a frame's have the same timestamp.
func (s source) delaysFrom(some passed, left []passed) []float64 {
	few := make([]passed, probes)
	for i := range few {
		few[i] = left[len(left)*i/probes]
	}
	var best []float64
	first := sort.Search(len(s.came), func(i int) bool { return s.came[i].at > some.at-int64(longest) })
	for ; first < len(s.came) && s.came[first].at <= some.at; first++ {
		candidate := distance{some.sequence - s.came[first].sequence, some.timestamp - s.came[first].timestamp}
		if len(delaysAt(candidate, s.bySequence, few)) < probes/2 {
			continue
		}
		if delays := delaysAt(candidate, s.bySequence, left); len(delays) > len(best) {
			best = delays
		}
	}
	if float64(len(best)) < alike*float64(len(left)) {
		return nil
	}
	return best
}

// delaysAt that distance, of the packets that have it.
func delaysAt(candidate distance, came map[uint16]passed, left []passed) []float64 {
	var delays []float64
	for _, one := range left {
		arrived, known := came[one.sequence-candidate.sequence]
		if known && arrived.timestamp == one.timestamp-candidate.timestamp && arrived.at <= one.at {
			delays = append(delays, float64(one.at-arrived.at)/1e6)
		}
	}
	return delays
}

type spread struct {
	Event   string  `json:"event"`
	Flows   int     `json:"flows"`
	Packets int     `json:"packets"`
	P50     float64 `json:"p50"`
	P95     float64 `json:"p95"`
	P99     float64 `json:"p99"`
	Max     float64 `json:"max"`
}

func (r *record) spread() spread {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	result := spread{"delays", 0, 0, -1, -1, -1, -1}
	var all []float64
	sources := r.sources()
	for _, left := range r.out {
		if delays := delaysOf(sources, left); delays != nil {
			result.Flows++
			all = append(all, delays...)
		}
	}
	if len(all) == 0 {
		return result
	}
	sort.Float64s(all)
	at := func(share float64) float64 { return all[int(share*float64(len(all)-1)+0.5)] }
	result.Packets = len(all)
	result.P50, result.P95, result.P99, result.Max = at(0.5), at(0.95), at(0.99), at(1)
	return result
}

func say(what interface{}) {
	line, err := json.Marshal(what)
	check(err)
	fmt.Println(string(line))
}

func main() {
	flag.Parse()
	seen := &record{}
	seen.begin()
	go watch(open(*in, incoming, 1), incoming, seen)
	go watch(open(*out, outgoing, *every), outgoing, seen)
	say(map[string]string{"event": "ready"})
	for scanner := bufio.NewScanner(os.Stdin); scanner.Scan(); {
		switch scanner.Text() {
		case "begin":
			seen.begin()
			say(map[string]string{"event": "begun"})
		case "delays":
			say(seen.spread())
		}
	}
}
