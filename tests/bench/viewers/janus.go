package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v3"
)

const keepaliveEvery = 20 * time.Second

type object = map[string]interface{}

type message struct {
	Janus       string `json:"janus"`
	Transaction string `json:"transaction"`
	Data        struct {
		ID json.Number `json:"id"`
	} `json:"data"`
	Error struct {
		Reason string `json:"reason"`
	} `json:"error"`
	Plugin struct {
		Data struct {
			Error string `json:"error"`
		} `json:"data"`
	} `json:"plugindata"`
	Jsep *webrtc.SessionDescription `json:"jsep"`
}

// janus is a viewer of Janus' streaming plugin, on a session and a WebSocket of its own.
type janus struct {
	url        string
	mountpoint int
	socket     *websocket.Conn
	writing    sync.Mutex
	session    json.Number
	handle     json.Number
	last       int
	answers    chan message
}

func (j *janus) read() {
	defer close(j.answers)
	for {
		var m message
		if j.socket.ReadJSON(&m) != nil {
			return
		}
		if m.Transaction != "" && m.Janus != "ack" {
			j.answers <- m
		}
	}
}

// Not WriteJSON: Janus takes the line end behind the object for the beginning of another one.
func (j *janus) send(request object) error {
	text, err := json.Marshal(request)
	if err != nil {
		return err
	}
	j.writing.Lock()
	defer j.writing.Unlock()
	return j.socket.WriteMessage(websocket.TextMessage, text)
}

// request returns the answer that is not an ack.
func (j *janus) request(request object) (message, error) {
	j.last++
	transaction := strconv.Itoa(j.last)
	request["transaction"] = transaction
	if j.session != "" {
		request["session_id"] = j.session
	}
	if j.handle != "" {
		request["handle_id"] = j.handle
	}
	if err := j.send(request); err != nil {
		return message{}, err
	}
	late := time.After(deadline)
	for {
		select {
		case m, open := <-j.answers:
			if !open {
				return m, fmt.Errorf("%v: Janus closed the WebSocket", request["janus"])
			}
			if m.Transaction != transaction {
				continue
			}
			if m.Janus == "error" || m.Plugin.Data.Error != "" {
				return m, fmt.Errorf("%v: %s%s", request["janus"], m.Error.Reason, m.Plugin.Data.Error)
			}
			return m, nil
		case <-late:
			return message{}, fmt.Errorf("no answer to %v", request["janus"])
		}
	}
}

func (j *janus) message(body object, jsep interface{}) (message, error) {
	request := object{"janus": "message", "body": body}
	if jsep != nil {
		request["jsep"] = jsep
	}
	return j.request(request)
}

func (j *janus) open() error {
	dialer := websocket.Dialer{Subprotocols: []string{"janus-protocol"}, HandshakeTimeout: deadline}
	socket, _, err := dialer.Dial(j.url, nil)
	if err != nil {
		return err
	}
	j.socket, j.answers = socket, make(chan message, 64)
	go j.read()
	created, err := j.request(object{"janus": "create"})
	if err != nil {
		return err
	}
	j.session = created.Data.ID
	attached, err := j.request(object{"janus": "attach", "plugin": "janus.plugin.streaming"})
	j.handle = attached.Data.ID
	go j.keepalive(object{"janus": "keepalive", "session_id": j.session, "transaction": "alive"})
	return err
}

func (j *janus) keepalive(request object) {
	for {
		time.Sleep(keepaliveEvery)
		if j.send(request) != nil {
			return
		}
	}
}

// connect counts from `watch`: session and handle are there, as a POST finds its connection.
func (j *janus) connect(peer *peer) error {
	if err := j.open(); err != nil {
		return err
	}
	peer.asked = time.Now()
	offered, err := j.message(object{"request": "watch", "id": j.mountpoint}, nil)
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
	_, err = j.message(object{"request": "start"}, object{"type": "answer", "sdp": answer})
	return err
}

func (j *janus) leave() {
	if j.session != "" {
		j.request(object{"janus": "destroy"})
	}
	if j.socket != nil {
		j.socket.Close()
	}
}
