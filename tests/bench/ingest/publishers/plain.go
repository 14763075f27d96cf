package main

import (
	"bytes"
	"net"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v2"
)

// plain is SRTP from a socket of its own with a key that bench_ingest_floor knows: the publisher's number, in all of its bytes.
// Its SSRCs are twice that number, and one more.
type plain struct {
	socket  net.Conn
	context *srtp.Context
	ssrc    uint32
	packet  []byte
}

func openPlain(number int) (*plain, error) {
	socket, err := net.Dial("udp", *floor)
	if err != nil {
		return nil, err
	}
	key := []byte{byte(number)}
	context, err := srtp.CreateContext(bytes.Repeat(key, 16), bytes.Repeat(key, 14), srtp.ProtectionProfileAes128CmHmacSha1_80)
	return &plain{socket: socket, context: context, ssrc: 2 * uint32(number)}, err
}

func (p *plain) write(packet *rtp.Packet, ssrc uint32) error {
	packet.SSRC = ssrc
	text, err := packet.Marshal()
	if err != nil {
		return err
	}
	if p.packet, err = p.context.EncryptRTP(p.packet, text, nil); err != nil {
		return err
	}
	_, err = p.socket.Write(p.packet)
	return err
}

func (p *plain) writeVideo(packet *rtp.Packet) error { return p.write(packet, p.ssrc) }
func (p *plain) writeAudio(packet *rtp.Packet) error { return p.write(packet, p.ssrc+1) }
func (p *plain) wantsKeyframe() bool                 { return false }
