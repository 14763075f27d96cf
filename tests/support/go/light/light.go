// Package light makes Pion peers that cost as little as peers can.
package light

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"os"
	"time"

	"github.com/pion/ice/v2"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v3"
)

// Words keeps Pion's own off stdout, where those of the programs are read.
func Words() *logging.DefaultLoggerFactory {
	factory := logging.NewDefaultLoggerFactory()
	factory.Writer = os.Stderr
	return factory
}

// Settings are on IPv4 and without loopback, as one interface of a test's host has it: every further candidate would cost the
// server checks of its own.
func Settings() webrtc.SettingEngine {
	words := Words()
	words.DefaultLogLevel = logging.LogLevelDisabled
	settings := webrtc.SettingEngine{LoggerFactory: words}
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetReceiveMTU(1500)
	return settings
}

// Configuration has one certificate for all: it is not these peers' cost that is measured.
func Configuration() (webrtc.Configuration, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return webrtc.Configuration{}, err
	}
	certificate, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return webrtc.Configuration{}, err
	}
	return webrtc.Configuration{
		BundlePolicy: webrtc.BundlePolicyMaxBundle, Certificates: []webrtc.Certificate{*certificate},
	}, nil
}

// Describe sets what was made as the local description: with all candidates.
func Describe(peer *webrtc.PeerConnection, made webrtc.SessionDescription, err error) (string, error) {
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(peer)
	if err := peer.SetLocalDescription(made); err != nil {
		return "", err
	}
	<-gathered
	return peer.LocalDescription().SDP, nil
}

// WhenConnected returns what waits for the DTLS of a peer, by one of its senders; it is called before negotiation. The peer's own
// state is none to wait for: Pion's reports of ICE may overtake each other, and then it stays `new` for ever.
func WhenConnected(sender *webrtc.RTPSender, deadline time.Duration) func() error {
	states := make(chan webrtc.DTLSTransportState, 8)
	sender.Transport().OnStateChange(func(state webrtc.DTLSTransportState) { states <- state })
	return func() error {
		late := time.After(deadline)
		for {
			select {
			case state := <-states:
				if state == webrtc.DTLSTransportStateConnected {
					return nil
				}
				if state == webrtc.DTLSTransportStateFailed {
					return fmt.Errorf("the connection failed")
				}
			case <-late:
				return fmt.Errorf("not connected in time")
			}
		}
	}
}
