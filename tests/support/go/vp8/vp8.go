// Package vp8 has the headers of VP8 in RTP.
package vp8

const ClockRate = 90000

// Begin writes a descriptor of one byte (RFC 7741 section 4.2), S set on the first packet of a frame, and there the frame's
// header (RFC 6386 section 9.1). The rest of the payload is left as it is.
func Begin(payload []byte, first, key bool) {
	payload[0] = 0
	if !first {
		return
	}
	payload[0] = 0x10
	if key {
		copy(payload[1:], []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02}) // 1280 × 720
	} else {
		copy(payload[1:], []byte{0x11, 0, 0})
	}
}
