// One synthetic VP8 track of 30 frames and 240 packets a second, 2.3 Mbit/s, with a keyframe every two seconds and when
// asked for one. The headers are VP8's, the pictures are noise. As with a camera, frames are unevenly far from each other:
// each by up to 1 ms of its timestamp.
//
//	source -whip http://10.78.0.1:8080/whip/call?participant=alice -token T [-playout-delay 40ms]
//	source -rtp 127.0.0.1:5004 -rtcp 127.0.0.1:5005
//
// Comes in on stdin: `burst N`, packets that leave at once: 8, a frame, at the start; the end of stdin ends it. Goes out on
// stdout: one JSON object a line: connected, keyframe (with what it was made for).
package main

import (
	"bufio"
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"
	"light"
	"vp8"
	"whip"
)

const (
	deadline        = 20 * time.Second
	framesPerSecond = 30
	packetsPerFrame = 8
	packetBytes     = 1200
	headerBytes     = 12
	keyframeEvery   = 2 * framesPerSecond
	payloadType     = 96
	clockRate       = vp8.ClockRate
	uneven          = clockRate / 1000
	playoutDelayURI = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
)

var (
	whipURL = flag.String("whip", "", "WHIP endpoint")
	token   = flag.String("token", "", "bearer token for it")
	delay   = flag.Duration("playout-delay", -1, "least and most that a player may wait, named in every packet; negative: not named")
	plain   = flag.String("rtp", "", "address for plain RTP instead")
	rtcpTo  = flag.String("rtcp", "", "address for RTCP beside it, from which PLI come")

	wanted atomic.Bool // a keyframe
	burst  atomic.Int32
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "source:", err)
		os.Exit(1)
	}
}

func takeFeedback(packets []rtcp.Packet) {
	for _, packet := range packets {
		switch packet.(type) {
		case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
			wanted.Store(true)
		}
	}
}

// track makes the packets, one after the other.
type track struct {
	header rtp.Header // of the next packet
	even   uint32     // timestamp of its frame, were all equally far from each other
	frame  int
	part   int
	key    bool
}

func (t *track) beginFrame() {
	asked := wanted.Swap(false)
	t.key = asked || t.frame%keyframeEvery == 0
	if t.key {
		fmt.Printf("{\"event\": \"keyframe\", \"asked\": %v}\n", asked)
	}
}

func (t *track) next() *rtp.Packet {
	if t.part == 0 {
		t.beginFrame()
	}
	payload := make([]byte, packetBytes-headerBytes)
	rand.Read(payload)
	vp8.Begin(payload, t.part == 0, t.key)
	packet := &rtp.Packet{Header: t.header, Payload: payload}
	packet.Marker = t.part == packetsPerFrame-1
	t.header.SequenceNumber++
	if t.part++; t.part == packetsPerFrame {
		t.part = 0
		t.frame++
		t.even += clockRate / framesPerSecond
		t.header.Timestamp = t.even + uint32(rand.Intn(2*uneven+1)) - uneven
	}
	return packet
}

// play is on a steady clock: a late packet makes none of the others late.
func play(write func(*rtp.Packet) error) {
	t := &track{even: rand.Uint32()}
	t.header = rtp.Header{
		Version: 2, PayloadType: payloadType, SSRC: rand.Uint32(), SequenceNumber: uint16(rand.Uint32()), Timestamp: t.even,
	}
	for due := time.Now(); ; {
		packets := int(burst.Load())
		if rest := packetsPerFrame - t.part; packets > rest {
			packets = rest // a burst ends with its frame
		}
		for i := 0; i < packets; i++ {
			check(write(t.next()))
		}
		due = due.Add(time.Second * time.Duration(packets) / (framesPerSecond * packetsPerFrame))
		time.Sleep(time.Until(due))
	}
}

func readFeedback(sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		takeFeedback(packets)
	}
}

func publish() func(*rtp.Packet) error {
	media, registry := &webrtc.MediaEngine{}, &interceptor.Registry{}
	check(media.RegisterDefaultCodecs())
	check(webrtc.RegisterDefaultInterceptors(media, registry))
	if *delay >= 0 {
		extension := webrtc.RTPHeaderExtensionCapability{URI: playoutDelayURI}
		check(media.RegisterHeaderExtension(extension, webrtc.RTPCodecTypeVideo))
	}
	api := webrtc.NewAPI(
		webrtc.WithSettingEngine(webrtc.SettingEngine{LoggerFactory: light.Words()}), webrtc.WithMediaEngine(media),
		webrtc.WithInterceptorRegistry(registry),
	)
	peer, err := api.NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
	check(err)
	codec := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: clockRate}
	local, err := webrtc.NewTrackLocalStaticRTP(codec, "video", "source")
	check(err)
	line, err := peer.AddTransceiverFromTrack(local, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	check(err)
	go readFeedback(line.Sender())
	untilConnected := light.WhenConnected(line.Sender(), deadline)
	made, err := peer.CreateOffer(nil)
	offer, err := light.Describe(peer, made, err)
	check(err)
	answer, _, err := whip.Post(*whipURL, *token, offer)
	check(err)
	check(peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}))
	check(untilConnected())
	return withDelay(line.Sender(), local.WriteRTP)
}

// withDelay names the playout delay if the answer took it: twice 12 bits, in units of 10 ms.
func withDelay(sender *webrtc.RTPSender, write func(*rtp.Packet) error) func(*rtp.Packet) error {
	for _, extension := range sender.GetParameters().HeaderExtensions {
		if extension.URI == playoutDelayURI {
			units := uint32(*delay / (10 * time.Millisecond))
			value := binary.BigEndian.AppendUint32(nil, units<<12|units)[1:]
			return func(packet *rtp.Packet) error {
				check(packet.SetExtension(uint8(extension.ID), value))
				return write(packet)
			}
		}
	}
	return write
}

// reportTo shows the other side where feedback is to go, again and again.
func reportTo(address string) {
	socket, err := net.Dial("udp", address)
	check(err)
	go func() {
		report, err := (&rtcp.ReceiverReport{SSRC: 1}).Marshal()
		check(err)
		for ; ; time.Sleep(time.Second) {
			socket.Write(report)
		}
	}()
	for buffer := make([]byte, 1500); ; {
		// An error is a port where nobody listens yet.
		if size, err := socket.Read(buffer); err == nil {
			if packets, err := rtcp.Unmarshal(buffer[:size]); err == nil {
				takeFeedback(packets)
			}
		}
	}
}

func sendPlain() func(*rtp.Packet) error {
	if *rtcpTo != "" {
		go reportTo(*rtcpTo)
	}
	socket, err := net.Dial("udp", *plain)
	check(err)
	return func(packet *rtp.Packet) error {
		bytes, err := packet.Marshal()
		check(err)
		socket.Write(bytes)
		return nil
	}
}

func main() {
	flag.Parse()
	burst.Store(packetsPerFrame)
	write := sendPlain
	if *whipURL != "" {
		write = publish
	}
	ready := write()
	fmt.Println(`{"event": "connected"}`)
	go play(ready)
	for scanner := bufio.NewScanner(os.Stdin); scanner.Scan(); {
		var packets int32
		if _, err := fmt.Sscanf(scanner.Text(), "burst %d", &packets); err == nil && packets > 0 {
			burst.Store(packets)
		}
	}
}
