package main

import (
	"sync"
	"time"

	"github.com/pion/rtp"
)

// counter is what arrived of one stream. Any thread.
type counter struct {
	mutex      sync.Mutex
	packets    uint64 // the same one twice counts once
	duplicates uint64
	frames     uint64 // marker bits
	keyframes  uint64 // beginnings
	first      int64  // extended sequence numbers
	highest    int64
	seen       [1 << 16 / 64]uint64 // of the last 65536
	last       time.Time
	silence    time.Duration // the longest between two packets
	firstAt    time.Time
	frameAt    time.Time // the first keyframe was complete
	pending    frame
	playout    [3]byte // the last playout delay that was named
	playouts   uint64  // packets that named one
	extended   uint64  // packets with any header extension
}

// frame is a keyframe of which not all has come.
type frame struct {
	timestamp  uint32
	begin, end int64 // sequence numbers; -1: not yet known
	received   int64
}

// take counts a packet; playoutDelay is empty when it names none.
func (c *counter) take(packet *rtp.Packet, video bool, playoutDelay []byte) {
	now := time.Now()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.packets == 0 {
		c.first = int64(packet.SequenceNumber)
		c.highest = c.first - 1
		c.firstAt, c.last = now, now
	}
	number := c.extend(packet.SequenceNumber)
	if !c.mark(number) {
		c.duplicates++
		return
	}
	c.packets++
	if packet.Extension {
		c.extended++
	}
	if len(playoutDelay) == 3 {
		copy(c.playout[:], playoutDelay)
		c.playouts++
	}
	if gap := now.Sub(c.last); gap > c.silence {
		c.silence = gap
	}
	c.last = now
	if packet.Marker {
		c.frames++
	}
	if video {
		c.takeVideo(number, packet, now)
	}
}

// extend gives the number nearest to the highest so far.
func (c *counter) extend(sequence uint16) int64 {
	step := int64(int16(sequence - uint16(c.highest)))
	return c.highest + step
}

// mark returns false for what has been here before.
func (c *counter) mark(number int64) bool {
	for next := c.highest + 1; next <= number; next++ {
		slot := uint16(next)
		c.seen[slot/64] &^= 1 << (slot % 64)
	}
	if number > c.highest {
		c.highest = number
	}
	slot := uint16(number)
	if number < c.first || c.seen[slot/64]&(1<<(slot%64)) != 0 {
		return false
	}
	c.seen[slot/64] |= 1 << (slot % 64)
	return true
}

// descriptorSize of RFC 7741 section 4.2.
func descriptorSize(payload []byte) int {
	if len(payload) < 2 || payload[0]&0x80 == 0 {
		return 1
	}
	size := 2
	extension := payload[1]
	if extension&0x80 != 0 && len(payload) > 2 {
		size++
		if payload[2]&0x80 != 0 {
			size++
		}
	}
	if extension&0x40 != 0 {
		size++
	}
	if extension&0x30 != 0 {
		size++
	}
	return size
}

// beginsKeyframe: S set, first partition, and the P bit of the frame's header is 0.
func beginsKeyframe(payload []byte) bool {
	size := descriptorSize(payload)
	return len(payload) > size && payload[0]&0x17 == 0x10 && payload[size]&1 == 0
}

func (c *counter) takeVideo(number int64, packet *rtp.Packet, now time.Time) {
	begins := beginsKeyframe(packet.Payload)
	if begins {
		c.keyframes++
	}
	if !c.frameAt.IsZero() {
		return
	}
	if begins {
		c.pending = frame{timestamp: packet.Timestamp, begin: number, end: -1}
	}
	if !begins && c.pending.received == 0 || packet.Timestamp != c.pending.timestamp {
		return
	}
	c.pending.received++
	if packet.Marker {
		c.pending.end = number
	}
	if c.pending.end >= 0 && c.pending.received == c.pending.end-c.pending.begin+1 {
		c.frameAt = now
	}
}
