// A Pion subscriber in a Janus VideoRoom: subscribes to all that is published, once, and says how long it took.
//
//	pion_subscriber ws://10.78.0.2:8188/ 1234
//
// Prints {"webrtcup_ms": …, "first_packet_ms": …, "tracks": …}: milliseconds from before the WebSocket is opened until
// Janus says `webrtcup`, and until every track has had a packet.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v3"
	"janus"
)

const deadline = 20 * time.Second

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "pion_subscriber:", err)
		os.Exit(1)
	}
}

func attach(session *janus.Session) json.Number {
	handle, err := session.Attach("janus.plugin.videoroom")
	check(err)
	return handle
}

func message(session *janus.Session, handle json.Number, body janus.Object, jsep interface{}) janus.Message {
	answer, err := session.Message(handle, body, jsep)
	check(err)
	return answer
}

func streamsOf(feeds []janus.Feed) []janus.Object {
	wanted := []janus.Object{}
	for _, one := range feeds {
		for _, line := range one.Streams {
			if !line.Disabled {
				wanted = append(wanted, janus.Object{"feed": one.ID, "mid": line.Mid})
			}
		}
	}
	return wanted
}

// newPeer counts down `first` with the first packet of each of its tracks.
func newPeer(first *sync.WaitGroup) *webrtc.PeerConnection {
	// As the DTLS server: as the client it is often too early for Janus, and starts again a second later.
	settings := webrtc.SettingEngine{}
	check(settings.SetAnsweringDTLSRole(webrtc.DTLSRoleServer))
	media, registry := &webrtc.MediaEngine{}, &interceptor.Registry{}
	check(media.RegisterDefaultCodecs())
	check(webrtc.RegisterDefaultInterceptors(media, registry))
	api := webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry))
	peer, err := api.NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
	check(err)
	peer.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		packet := make([]byte, 1500)
		if _, _, err := track.Read(packet); err != nil {
			return
		}
		first.Done()
		for {
			if _, _, err := track.Read(packet); err != nil {
				return
			}
		}
	})
	return peer
}

func answer(peer *webrtc.PeerConnection, offer webrtc.SessionDescription) *webrtc.SessionDescription {
	check(peer.SetRemoteDescription(offer))
	made, err := peer.CreateAnswer(nil)
	check(err)
	gathered := webrtc.GatheringCompletePromise(peer)
	check(peer.SetLocalDescription(made))
	<-gathered
	return peer.LocalDescription()
}

func within(what string, done <-chan struct{}) {
	select {
	case <-done:
	case <-time.After(deadline):
		check(fmt.Errorf("not in time: %s", what))
	}
}

func closed(group *sync.WaitGroup) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	return done
}

func main() {
	url, room := os.Args[1], json.Number(os.Args[2])
	start := time.Now()
	since := func() float64 { return float64(time.Since(start).Microseconds()) / 1000 }

	session, err := janus.Open(url)
	check(err)
	joined := message(session, attach(session), janus.Object{"request": "join", "ptype": "publisher", "room": room, "display": "pion"}, nil)
	subscriber := attach(session)
	streams := streamsOf(joined.Plugin.Data.Publishers)
	attached := message(session, subscriber, janus.Object{
		"request": "join", "ptype": "subscriber", "room": room, "private_id": joined.Plugin.Data.PrivateID, "streams": streams,
	}, nil)

	var first sync.WaitGroup
	first.Add(len(streams))
	peer := newPeer(&first)
	message(session, subscriber, janus.Object{"request": "start"}, answer(peer, *attached.Jsep))
	within("webrtcup", session.WebrtcUp)
	up := since()
	within("the first packet of every track", closed(&first))
	check(json.NewEncoder(os.Stdout).Encode(janus.Object{"webrtcup_ms": up, "first_packet_ms": since(), "tracks": len(streams)}))
	check(peer.Close())
	session.Destroy()
}
