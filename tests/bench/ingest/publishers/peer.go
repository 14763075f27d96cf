package main

import (
	"sync/atomic"

	"github.com/pion/dtls/v2"
	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"
	"light"
	"vp8"
)

// RTCP's packet type and formats.
const (
	payloadFeedback = 206
	pli             = 1
	fir             = 4
)

// builder makes peers that share what they can.
type builder struct {
	api           *webrtc.API
	configuration webrtc.Configuration
}

var (
	videoCodec = webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeVP8, ClockRate: vp8.ClockRate,
		RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}},
	}
	audioCodec = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: audioClockRate, Channels: 2}
)

// newBuilder has the one SRTP suite that all servers have, or they would be compared in different ones.
func newBuilder() *builder {
	media := &webrtc.MediaEngine{}
	check(media.RegisterCodec(
		webrtc.RTPCodecParameters{RTPCodecCapability: videoCodec, PayloadType: videoType}, webrtc.RTPCodecTypeVideo))
	check(media.RegisterCodec(
		webrtc.RTPCodecParameters{RTPCodecCapability: audioCodec, PayloadType: audioType}, webrtc.RTPCodecTypeAudio))
	settings := light.Settings()
	settings.SetSRTPProtectionProfiles(dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	configuration, err := light.Configuration()
	check(err)
	return &builder{webrtc.NewAPI(
		webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(&interceptor.Registry{}),
	), configuration}
}

// signalling returns the answer to an offer.
type signalling interface {
	negotiate(offer string) (string, error)
}

// peer is a connection that only sends.
type peer struct {
	connection   *webrtc.PeerConnection
	video, audio *webrtc.TrackLocalStaticRTP
	wanted       atomic.Bool // a keyframe
}

func (p *peer) add(codec webrtc.RTPCodecCapability, id string) (*webrtc.TrackLocalStaticRTP, error) {
	track, err := webrtc.NewTrackLocalStaticRTP(codec, id, "publisher")
	if err != nil {
		return nil, err
	}
	line, err := p.connection.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		return nil, err
	}
	go p.readFeedback(line.Sender())
	return track, nil
}

// readFeedback looks for wishes for a keyframe, and lets go of all else.
func (p *peer) readFeedback(sender *webrtc.RTPSender) {
	for buffer := make([]byte, 1500); ; {
		size, _, err := sender.Read(buffer)
		if err != nil {
			return
		}
		if wantsKeyframe(buffer[:size]) {
			p.wanted.Store(true)
		}
	}
}

// wantsKeyframe is true for a compound with a PLI (RFC 4585 section 6.3.1) or a FIR (RFC 5104 section 4.3.1).
func wantsKeyframe(compound []byte) bool {
	for len(compound) >= 4 {
		format, length := compound[0]&0x1f, 4*(1+int(compound[2])<<8+int(compound[3]))
		if compound[1] == payloadFeedback && (format == pli || format == fir) {
			return true
		}
		if length > len(compound) {
			return false
		}
		compound = compound[length:]
	}
	return false
}

func openPeer(builder *builder, signalling signalling) (*peer, error) {
	connection, err := builder.api.NewPeerConnection(builder.configuration)
	if err != nil {
		return nil, err
	}
	p := &peer{connection: connection}
	if p.video, err = p.add(videoCodec, "video"); err != nil {
		return nil, err
	}
	if p.audio, err = p.add(audioCodec, "audio"); err != nil {
		return nil, err
	}
	return p, p.connect(signalling)
}

func (p *peer) connect(signalling signalling) error {
	untilConnected := light.WhenConnected(p.connection.GetSenders()[0], deadline)
	offer, err := p.connection.CreateOffer(nil)
	text, err := light.Describe(p.connection, offer, err)
	if err != nil {
		return err
	}
	answer, err := signalling.negotiate(text)
	if err != nil {
		return err
	}
	if err := p.connection.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		return err
	}
	return untilConnected()
}

func (p *peer) writeVideo(packet *rtp.Packet) error { return p.video.WriteRTP(packet) }
func (p *peer) writeAudio(packet *rtp.Packet) error { return p.audio.WriteRTP(packet) }
func (p *peer) wantsKeyframe() bool                 { return p.wanted.Swap(false) }
