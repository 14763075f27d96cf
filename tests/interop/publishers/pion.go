// A publisher on Pion. It encodes nothing: what comes to its port as plain RTP goes on as its own.
//
//	pion '{"codec": "VP8"}'
//
// Lines on stdin and stdout as serve.mjs has them.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"

	"github.com/pion/logging"
	"github.com/pion/webrtc/v3"
)

var packets, frames atomic.Int64

func check(err error) {
	if err != nil {
		say(map[string]any{"event": "failed", "error": err.Error()})
		os.Exit(1)
	}
}

func say(line map[string]any) {
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

func sayCounters(event string) {
	say(map[string]any{"event": event, "packets": packets.Load(), "frames": frames.Load()})
}

func newPeer() *webrtc.PeerConnection {
	// Pion's own words go to stdout, where ours are read.
	words := logging.NewDefaultLoggerFactory()
	words.Writer = os.Stderr
	media := &webrtc.MediaEngine{}
	check(media.RegisterDefaultCodecs())
	api := webrtc.NewAPI(webrtc.WithSettingEngine(webrtc.SettingEngine{LoggerFactory: words}), webrtc.WithMediaEngine(media))
	peer, err := api.NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
	check(err)
	return peer
}

func addTrack(peer *webrtc.PeerConnection, codec string) *webrtc.TrackLocalStaticRTP {
	capability := webrtc.RTPCodecCapability{MimeType: "video/" + codec, ClockRate: 90000}
	track, err := webrtc.NewTrackLocalStaticRTP(capability, "video", "publisher")
	check(err)
	line, err := peer.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	check(err)
	go func() {
		for buffer := make([]byte, 1500); ; {
			if _, _, err := line.Sender().Read(buffer); err != nil {
				return
			}
		}
	}()
	return track
}

func offer(peer *webrtc.PeerConnection) {
	description, err := peer.CreateOffer(nil)
	check(err)
	gathered := webrtc.GatheringCompletePromise(peer)
	check(peer.SetLocalDescription(description))
	<-gathered
	say(map[string]any{"event": "offer", "sdp": peer.LocalDescription().SDP})
}

// RFC 5761 section 4
func isRTCP(packet []byte) bool { return packet[1] >= 192 && packet[1] < 224 }

func feed(socket net.PacketConn, track *webrtc.TrackLocalStaticRTP) {
	for buffer := make([]byte, 1500); ; {
		size, _, err := socket.ReadFrom(buffer)
		if err != nil {
			return // it was closed
		}
		if isRTCP(buffer) {
			continue
		}
		packets.Add(1)
		frames.Add(int64(buffer[1] >> 7))
		_, err = track.Write(buffer[:size])
		check(err)
	}
}

func main() {
	var settings struct{ Codec string }
	check(json.Unmarshal([]byte(os.Args[1]), &settings))
	peer := newPeer()
	track := addTrack(peer, settings.Codec)
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	check(err)
	peer.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			say(map[string]any{"event": "connected", "port": socket.LocalAddr().(*net.UDPAddr).Port})
		case webrtc.PeerConnectionStateFailed:
			check(fmt.Errorf("the connection failed"))
		}
	})
	offer(peer)
	go feed(socket, track)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		command, argument, _ := strings.Cut(lines.Text(), " ")
		switch command {
		case "answer":
			var sdp string
			check(json.Unmarshal([]byte(argument), &sdp))
			check(peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}))
		case "stats":
			sayCounters("stats")
		case "stop":
			socket.Close()
			sayCounters("stopped")
		}
	}
}
