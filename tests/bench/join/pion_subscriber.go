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
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v3"
)

const deadline = 20 * time.Second

type object = map[string]interface{}

type stream struct {
	Mid      string `json:"mid"`
	Disabled bool   `json:"disabled"`
}

type feed struct {
	ID      json.Number `json:"id"`
	Streams []stream    `json:"streams"`
}

type message struct {
	Janus       string `json:"janus"`
	Transaction string `json:"transaction"`
	Data        struct {
		ID json.Number `json:"id"`
	} `json:"data"`
	Plugin struct {
		Data struct {
			PrivateID  json.Number `json:"private_id"`
			Publishers []feed      `json:"publishers"`
			Error      string      `json:"error"`
		} `json:"data"`
	} `json:"plugindata"`
	Jsep *webrtc.SessionDescription `json:"jsep"`
}

// session is one Janus session over one WebSocket.
type session struct {
	socket   *websocket.Conn
	id       json.Number
	last     int
	webrtcup chan struct{}
	answers  chan message
	broken   chan error
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "pion_subscriber:", err)
		os.Exit(1)
	}
}

func open(url string) *session {
	dialer := websocket.Dialer{Subprotocols: []string{"janus-protocol"}, HandshakeTimeout: deadline}
	socket, _, err := dialer.Dial(url, nil)
	check(err)
	s := &session{socket: socket, webrtcup: make(chan struct{}), answers: make(chan message, 64), broken: make(chan error, 1)}
	go s.read()
	s.id = s.request(object{"janus": "create"}).Data.ID
	return s
}

func (s *session) read() {
	for {
		var m message
		if err := s.socket.ReadJSON(&m); err != nil {
			s.broken <- err
			return
		}
		switch {
		case m.Janus == "webrtcup":
			close(s.webrtcup)
		case m.Transaction != "" && m.Janus != "ack":
			s.answers <- m
		}
	}
}

// request returns the answer that is not an ack.
func (s *session) request(request object) message {
	s.last++
	transaction := strconv.Itoa(s.last)
	request["transaction"] = transaction
	if s.id != "" {
		request["session_id"] = s.id
	}
	// Not WriteJSON: Janus takes the line end behind the object for the beginning of another one.
	text, err := json.Marshal(request)
	check(err)
	check(s.socket.WriteMessage(websocket.TextMessage, text))
	late := time.After(deadline)
	for {
		select {
		case m := <-s.answers:
			if m.Transaction != transaction {
				continue
			}
			if m.Janus == "error" || m.Plugin.Data.Error != "" {
				check(fmt.Errorf("%v: %s", request["janus"], m.Plugin.Data.Error))
			}
			return m
		case err := <-s.broken:
			check(err)
		case <-late:
			check(fmt.Errorf("no answer to %v", request["janus"]))
		}
	}
}

func (s *session) attach() json.Number {
	return s.request(object{"janus": "attach", "plugin": "janus.plugin.videoroom"}).Data.ID
}

func (s *session) message(handle json.Number, body object, jsep interface{}) message {
	request := object{"janus": "message", "handle_id": handle, "body": body}
	if jsep != nil {
		request["jsep"] = jsep
	}
	return s.request(request)
}

func streamsOf(feeds []feed) []object {
	wanted := []object{}
	for _, one := range feeds {
		for _, line := range one.Streams {
			if !line.Disabled {
				wanted = append(wanted, object{"feed": one.ID, "mid": line.Mid})
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

	s := open(url)
	joined := s.message(s.attach(), object{"request": "join", "ptype": "publisher", "room": room, "display": "pion"}, nil)
	subscriber := s.attach()
	streams := streamsOf(joined.Plugin.Data.Publishers)
	attached := s.message(subscriber, object{
		"request": "join", "ptype": "subscriber", "room": room, "private_id": joined.Plugin.Data.PrivateID, "streams": streams,
	}, nil)

	var first sync.WaitGroup
	first.Add(len(streams))
	peer := newPeer(&first)
	s.message(subscriber, object{"request": "start"}, answer(peer, *attached.Jsep))
	within("webrtcup", s.webrtcup)
	up := since()
	within("the first packet of every track", closed(&first))
	check(json.NewEncoder(os.Stdout).Encode(object{"webrtcup_ms": up, "first_packet_ms": since(), "tracks": len(streams)}))
	check(peer.Close())
	s.request(object{"janus": "destroy"})
}
