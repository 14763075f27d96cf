package main

import (
	"math/rand"
	"time"

	"github.com/pion/rtp"
	"vp8"
)

const (
	pacerTick       = 5 * time.Millisecond // of libwebrtc's pacer
	framesPerSecond = 30
	packetsPerFrame = 19. / 3 // six or seven
	packetBytes     = 1100
	headerBytes     = 12
	keyframeEvery   = 2 * framesPerSecond
	videoType       = 96
	uneven          = vp8.ClockRate / 1000 // a frame's timestamp, to either side

	audioType      = 111
	audioInterval  = 20 * time.Millisecond
	audioBytes     = 120
	audioClockRate = 48000
)

var epoch = time.Now()

// stream is one SSRC, and when its next packet is due.
type stream interface {
	start(now time.Time, tick time.Duration)
	due() time.Time
	send() error
}

func newPacket(payloadType uint8, bytes int) rtp.Packet {
	payload := make([]byte, bytes-headerBytes)
	rand.Read(payload)
	return rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: payloadType, SequenceNumber: uint16(rand.Uint32())},
		Payload: payload,
	}
}

// later is somewhere within the interval: publishers do not keep step.
func later(now time.Time, interval time.Duration) time.Time {
	return now.Add(time.Duration(rand.Int63n(int64(interval))))
}

func timestamp(at time.Time, rate int64) uint32 {
	return uint32(int64(at.Sub(epoch)) * rate / int64(time.Second))
}

// video has frames of noise, whose packets are a tick apart. As with a camera, frames are unevenly far from each other.
type video struct {
	out     outlet
	packet  rtp.Packet
	tick    time.Duration
	frameAt time.Time
	frame   int
	part    int
	parts   int
	key     bool
}

func newVideo(out outlet) stream {
	return &video{out: out, packet: newPacket(videoType, packetBytes)}
}

func (v *video) start(now time.Time, tick time.Duration) {
	v.tick = tick
	v.beginFrame(later(now, time.Second/framesPerSecond))
}

func (v *video) beginFrame(at time.Time) {
	v.frameAt, v.part = at, 0
	v.parts = int(packetsPerFrame*float64(v.frame+1)) - int(packetsPerFrame*float64(v.frame))
	v.packet.Timestamp = timestamp(at, vp8.ClockRate) + uint32(rand.Intn(2*uneven+1)) - uneven
	v.key = v.out.wantsKeyframe() || v.frame%keyframeEvery == 0
	v.frame++
}

func (v *video) due() time.Time {
	return v.frameAt.Add(v.tick * time.Duration(v.part))
}

func (v *video) send() error {
	vp8.Begin(v.packet.Payload, v.part == 0, v.key)
	v.part++
	v.packet.Marker = v.part == v.parts
	err := v.out.writeVideo(&v.packet)
	v.packet.SequenceNumber++
	if v.part == v.parts {
		v.beginFrame(v.frameAt.Add(time.Second / framesPerSecond))
	}
	return err
}

// audio has a packet every 20 ms.
type audio struct {
	out    outlet
	packet rtp.Packet
	at     time.Time
}

func newAudio(out outlet) stream {
	return &audio{out: out, packet: newPacket(audioType, audioBytes)}
}

func (a *audio) start(now time.Time, _ time.Duration) {
	a.at = later(now, audioInterval)
}

func (a *audio) due() time.Time {
	return a.at
}

func (a *audio) send() error {
	a.packet.Timestamp = timestamp(a.at, audioClockRate)
	err := a.out.writeAudio(&a.packet)
	a.packet.SequenceNumber++
	a.at = a.at.Add(audioInterval)
	return err
}
