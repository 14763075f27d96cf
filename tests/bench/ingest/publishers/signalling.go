package main

import (
	"fmt"

	"janus"
	"whip"
)

// whipEndpoint is of RFC 9725.
type whipEndpoint struct {
	url, token string
}

func (w whipEndpoint) negotiate(offer string) (string, error) {
	answer, _, err := whip.Post(w.url, w.token, offer)
	return answer, err
}

// janusRoom is one of Janus' VideoRoom, on a session and a WebSocket of its own.
type janusRoom struct {
	url          string
	room, number int
}

func (j janusRoom) negotiate(offer string) (string, error) {
	session, err := janus.Open(j.url)
	if err != nil {
		return "", err
	}
	handle, err := session.Attach("janus.plugin.videoroom")
	if err != nil {
		return "", err
	}
	body := janus.Object{"request": "joinandconfigure", "ptype": "publisher", "room": j.room, "display": fmt.Sprint("p", j.number)}
	answer, err := session.Message(handle, body, janus.Object{"type": "offer", "sdp": offer})
	if err != nil {
		return "", err
	}
	if answer.Jsep == nil {
		return "", fmt.Errorf("joinandconfigure: no answer")
	}
	return answer.Jsep.SDP, nil
}
