// Sends datagrams as fast as it is told, each of them in turn, from one socket or in the name of somebody else.
//
//	flood -to 10.77.0.1:7000 [-as 10.77.0.1:40000] [-ssrcs 20000] -rate 100000 -time 3s HEX…
//
// With -ssrcs each names another SSRC than the one before, so many of them in turn.
//
// Goes out on stdout: one JSON object, {"event": "sent", "packets": N}.
package main

import (
	"encoding/binary"
	"encoding/hex"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

const tick = 5 * time.Millisecond

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "flood:", err)
		os.Exit(1)
	}
}

// Through a socket of its own.
func plain(to string) func([]byte) {
	connection, err := net.Dial("udp", to)
	check(err)
	return func(datagram []byte) { connection.Write(datagram) }
}

// With a header (RFC 791 section 3.1, RFC 768) that names another sender. The kernel adds lengths and checksum of IP; a
// UDP checksum of zero is none.
func spoofed(from, to netip.AddrPort) func([]byte) {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_RAW, syscall.IPPROTO_RAW)
	check(err)
	source, destination := from.Addr().As4(), to.Addr().As4()
	head := make([]byte, 28)
	head[0], head[8], head[9] = 0x45, 64, syscall.IPPROTO_UDP
	copy(head[12:], source[:])
	copy(head[16:], destination[:])
	binary.BigEndian.PutUint16(head[20:], from.Port())
	binary.BigEndian.PutUint16(head[22:], to.Port())
	return func(datagram []byte) {
		binary.BigEndian.PutUint16(head[24:], uint16(8+len(datagram)))
		packet := append(append([]byte{}, head...), datagram...)
		// A full buffer drops, as a network would.
		syscall.Sendto(socket, packet, 0, &syscall.SockaddrInet4{Addr: destination})
	}
}

func main() {
	to := flag.String("to", "", "address and port")
	as := flag.String("as", "", "address and port of the sender it claims to be")
	rate := flag.Int("rate", 100000, "packets a second")
	ssrcs := flag.Uint("ssrcs", 0, "SSRCs of RTP (RFC 3550 section 5.1) to go through, instead of those in the datagrams")
	duration := flag.Duration("time", 3*time.Second, "how long")
	flag.Parse()
	var datagrams [][]byte
	for _, text := range flag.Args() {
		bytes, err := hex.DecodeString(text)
		check(err)
		datagrams = append(datagrams, bytes)
	}
	var send func([]byte)
	if *as == "" {
		send = plain(*to)
	} else {
		send = spoofed(netip.MustParseAddrPort(*as), netip.MustParseAddrPort(*to))
	}

	sent := 0
	begin := time.Now()
	for spent := time.Duration(0); spent < *duration; spent = time.Since(begin) {
		// What is overdue is made up for, so that the rate is kept while the machine has other things to do.
		for due := int(spent.Seconds() * float64(*rate)); sent < due && time.Since(begin) < *duration; sent++ {
			datagram := datagrams[sent%len(datagrams)]
			if *ssrcs > 0 {
				binary.BigEndian.PutUint32(datagram[8:], uint32(sent)%uint32(*ssrcs))
			}
			send(datagram)
		}
		time.Sleep(tick)
	}
	fmt.Printf("{\"event\": \"sent\", \"packets\": %d}\n", sent)
}
