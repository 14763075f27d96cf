// Sends datagrams as fast as it is told, each of them in turn, from one socket.
//
//	flood -to 10.77.0.1:7000 -rate 100000 -time 3s HEX…
//
// Goes out on stdout: one JSON object, {"event": "sent", "packets": N}.
package main

import (
	"encoding/hex"
	"flag"
	"fmt"
	"net"
	"os"
	"time"
)

const tick = 5 * time.Millisecond

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "flood:", err)
		os.Exit(1)
	}
}

func main() {
	to := flag.String("to", "", "address and port")
	rate := flag.Int("rate", 100000, "packets a second")
	duration := flag.Duration("time", 3*time.Second, "how long")
	flag.Parse()
	var datagrams [][]byte
	for _, text := range flag.Args() {
		bytes, err := hex.DecodeString(text)
		check(err)
		datagrams = append(datagrams, bytes)
	}
	connection, err := net.Dial("udp", *to)
	check(err)

	sent := 0
	begin := time.Now()
	for spent := time.Duration(0); spent < *duration; spent = time.Since(begin) {
		// What is overdue is made up for, so that the rate is kept while the machine has other things to do.
		for due := int(spent.Seconds() * float64(*rate)); sent < due && time.Since(begin) < *duration; sent++ {
			connection.Write(datagrams[sent%len(datagrams)])
		}
		time.Sleep(tick)
	}
	fmt.Printf("{\"event\": \"sent\", \"packets\": %d}\n", sent)
}
