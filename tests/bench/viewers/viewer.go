package main

import (
	"fmt"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"
)

// viewer is one session with its counters.
type viewer struct {
	builder    *builder
	signalling signalling
	peer       *peer
	failure    error
	connected  bool
	first      chan struct{} // one for each kind that has come
	video      counter
	audio      counter
}

func newViewer(builder *builder, signalling signalling) *viewer {
	return &viewer{builder: builder, signalling: signalling, first: make(chan struct{}, 16)}
}

func (v *viewer) kinds() int {
	if *audio && !*either {
		return 2
	}
	return 1
}

func (v *viewer) read(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	delayID := idOf(receiver, playoutDelayURI)
	video := track.Kind() == webrtc.RTPCodecTypeVideo
	counter := &v.audio
	if video {
		counter = &v.video
	}
	buffer := make([]byte, 1500)
	packet := &rtp.Packet{}
	for told := false; ; {
		size, _, err := track.Read(buffer)
		if err != nil {
			return
		}
		if packet.Unmarshal(buffer[:size]) != nil {
			continue
		}
		counter.take(packet, video, packet.GetExtension(delayID))
		if !told {
			told = true
			v.first <- struct{}{}
		}
	}
}

func (v *viewer) open() error {
	peer, err := v.builder.newPeer(v.read)
	if err != nil {
		return err
	}
	v.peer = peer
	if err := v.signalling.connect(peer); err != nil {
		return err
	}
	late := time.After(deadline)
	for i := 0; i < v.kinds(); i++ {
		select {
		case <-v.first:
		case <-late:
			return fmt.Errorf("no media; the connection is %v", peer.ConnectionState())
		}
	}
	return nil
}

func (v *viewer) start() {
	v.failure = v.open()
	v.connected = v.failure == nil
}

func (v *viewer) stop() {
	if v.peer != nil {
		v.signalling.leave()
		v.peer.Close()
	}
}
