package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/pion/webrtc/v3"
)

const maxAnswer = 64 * 1024

// whep is one session at a WHEP endpoint (draft-ietf-wish-whep).
type whep struct {
	url, token, session string
}

var client = &http.Client{Timeout: deadline}

func (w *whep) request(method, url, body string) (*http.Response, string, error) {
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	if w.token != "" {
		request.Header.Set("Authorization", "Bearer "+w.token)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/sdp")
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return response, string(text), err
}

func (w *whep) connect(peer *peer) error {
	offer, err := peer.offer()
	if err != nil {
		return err
	}
	peer.asked = time.Now()
	response, answer, err := w.request(http.MethodPost, w.url, offer)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusCreated {
		return fmt.Errorf("POST: %s: %s", response.Status, answer)
	}
	session, err := response.Location()
	if err != nil {
		return err
	}
	w.session = session.String()
	return peer.take(webrtc.SDPTypeAnswer, answer)
}

func (w *whep) leave() {
	if w.session != "" {
		w.request(http.MethodDelete, w.session, "")
	}
}
