package main

import (
	"time"

	"github.com/pion/webrtc/v3"
	"whip"
)

// whep is one session at a WHEP endpoint (draft-ietf-wish-whep).
type whep struct {
	url, token, session string
}

func (w *whep) connect(peer *peer) error {
	offer, err := peer.offer()
	if err != nil {
		return err
	}
	peer.asked = time.Now()
	answer, session, err := whip.Post(w.url, w.token, offer)
	if err != nil {
		return err
	}
	w.session = session
	return peer.take(webrtc.SDPTypeAnswer, answer)
}

func (w *whep) leave() {
	if w.session != "" {
		whip.Delete(w.session, w.token)
	}
}
