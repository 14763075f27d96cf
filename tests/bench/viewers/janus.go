package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/pion/webrtc/v3"
	"janus"
)

// janusViewer plays a mountpoint of Janus' streaming plugin, on a session and a WebSocket of its own.
type janusViewer struct {
	url        string
	mountpoint int
	session    *janus.Session
}

func (j *janusViewer) open() (json.Number, error) {
	session, err := janus.Open(j.url)
	if err != nil {
		return "", err
	}
	j.session = session
	return session.Attach("janus.plugin.streaming")
}

// connect counts from `watch`: session and handle are there, as a POST finds its connection.
func (j *janusViewer) connect(peer *peer) error {
	handle, err := j.open()
	if err != nil {
		return err
	}
	peer.asked = time.Now()
	offered, err := j.session.Message(handle, janus.Object{"request": "watch", "id": j.mountpoint}, nil)
	if err != nil {
		return err
	}
	if offered.Jsep == nil {
		return fmt.Errorf("watch: no offer")
	}
	if err := peer.take(webrtc.SDPTypeOffer, offered.Jsep.SDP); err != nil {
		return err
	}
	answer, err := peer.describe(peer.CreateAnswer(nil))
	if err != nil {
		return err
	}
	_, err = j.session.Message(handle, janus.Object{"request": "start"}, janus.Object{"type": "answer", "sdp": answer})
	return err
}

func (j *janusViewer) leave() {
	if j.session != nil {
		j.session.Destroy()
	}
}
