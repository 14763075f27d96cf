package main

import (
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/webrtc/v3"
	"light"
)

const (
	videoType = 96
	audioType = 111

	playoutDelayURI = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
)

// builder makes peers that share what they can.
type builder struct {
	api           *webrtc.API
	configuration webrtc.Configuration
}

// peer is a connection that only receives.
type peer struct {
	*webrtc.PeerConnection
	asked time.Time // the server was asked for media
}

func newMedia() *webrtc.MediaEngine {
	feedback := []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}}
	media := &webrtc.MediaEngine{}
	check(media.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000, RTCPFeedback: feedback},
		PayloadType:        videoType,
	}, webrtc.RTPCodecTypeVideo))
	check(media.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2},
		PayloadType:        audioType,
	}, webrtc.RTPCodecTypeAudio))
	if *withDelay {
		extension := webrtc.RTPHeaderExtensionCapability{URI: playoutDelayURI}
		check(media.RegisterHeaderExtension(extension, webrtc.RTPCodecTypeVideo))
	}
	return media
}

// idOf is what a header extension goes by; 0 when it was not agreed on.
func idOf(receiver *webrtc.RTPReceiver, uri string) uint8 {
	for _, extension := range receiver.GetParameters().HeaderExtensions {
		if extension.URI == uri {
			return uint8(extension.ID)
		}
	}
	return 0
}

func newInterceptors() *interceptor.Registry {
	registry := &interceptor.Registry{}
	if !*withNack {
		return registry
	}
	generator, err := nack.NewGeneratorInterceptor(nack.GeneratorInterval(20 * time.Millisecond))
	check(err)
	registry.Add(generator)
	reports, err := report.NewReceiverInterceptor()
	check(err)
	registry.Add(reports)
	return registry
}

func newBuilder() *builder {
	settings := light.Settings()
	// As the client it is often too early for Janus, and starts again a second later.
	check(settings.SetAnsweringDTLSRole(webrtc.DTLSRoleServer))
	configuration, err := light.Configuration()
	check(err)
	api := webrtc.NewAPI(
		webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(newMedia()), webrtc.WithInterceptorRegistry(newInterceptors()),
	)
	return &builder{api, configuration}
}

func (b *builder) newPeer(onTrack func(*webrtc.TrackRemote, *webrtc.RTPReceiver)) (*peer, error) {
	connection, err := b.api.NewPeerConnection(b.configuration)
	if err != nil {
		return nil, err
	}
	connection.OnTrack(onTrack)
	return &peer{PeerConnection: connection}, nil
}

// describe sets what was made as the local description: with all candidates.
func (p *peer) describe(made webrtc.SessionDescription, err error) (string, error) {
	return light.Describe(p.PeerConnection, made, err)
}

func (p *peer) offer() (string, error) {
	kinds := []webrtc.RTPCodecType{webrtc.RTPCodecTypeVideo}
	if *audio {
		kinds = append(kinds, webrtc.RTPCodecTypeAudio)
	}
	for _, kind := range kinds {
		line := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
		if _, err := p.AddTransceiverFromKind(kind, line); err != nil {
			return "", err
		}
	}
	return p.describe(p.CreateOffer(nil))
}

func (p *peer) take(kind webrtc.SDPType, sdp string) error {
	return p.SetRemoteDescription(webrtc.SessionDescription{Type: kind, SDP: sdp})
}
