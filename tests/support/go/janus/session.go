// Package janus speaks Janus' WebSocket API: one session over one WebSocket, one request at a time.
package janus

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v3"
)

const (
	deadline       = 20 * time.Second
	keepaliveEvery = 20 * time.Second // Janus ends a session that is silent for 60 s
)

type Object = map[string]interface{}

type Stream struct {
	Mid      string `json:"mid"`
	Disabled bool   `json:"disabled"`
}

type Feed struct {
	ID      json.Number `json:"id"`
	Streams []Stream    `json:"streams"`
}

type Message struct {
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
			PrivateID  json.Number `json:"private_id"`
			Publishers []Feed      `json:"publishers"`
			Error      string      `json:"error"`
		} `json:"data"`
	} `json:"plugindata"`
	Jsep *webrtc.SessionDescription `json:"jsep"`
}

type Session struct {
	WebrtcUp chan struct{} // closed once Janus says so

	socket  *websocket.Conn
	writing sync.Mutex
	id      json.Number
	last    int
	answers chan Message // closed with the WebSocket
}

// Open connects and creates the session, which Destroy ends.
func Open(url string) (*Session, error) {
	dialer := websocket.Dialer{Subprotocols: []string{"janus-protocol"}, HandshakeTimeout: deadline}
	socket, _, err := dialer.Dial(url, nil)
	if err != nil {
		return nil, err
	}
	s := &Session{WebrtcUp: make(chan struct{}), socket: socket, answers: make(chan Message, 64)}
	go s.read()
	created, err := s.Request(Object{"janus": "create"})
	if err != nil {
		socket.Close()
		return nil, err
	}
	s.id = created.Data.ID
	go s.keepalive(Object{"janus": "keepalive", "session_id": s.id, "transaction": "alive"})
	return s, nil
}

func (s *Session) read() {
	defer close(s.answers)
	for {
		var m Message
		if s.socket.ReadJSON(&m) != nil {
			return
		}
		switch {
		case m.Janus == "webrtcup":
			close(s.WebrtcUp)
		case m.Transaction != "" && m.Janus != "ack":
			s.answers <- m
		}
	}
}

// Not WriteJSON: Janus takes the line end behind the object for the beginning of another one.
func (s *Session) send(request Object) error {
	text, err := json.Marshal(request)
	if err != nil {
		return err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.socket.WriteMessage(websocket.TextMessage, text)
}

func (s *Session) keepalive(request Object) {
	for {
		time.Sleep(keepaliveEvery)
		if s.send(request) != nil {
			return
		}
	}
}

// Request returns the answer that is not an ack.
func (s *Session) Request(request Object) (Message, error) {
	s.last++
	transaction := strconv.Itoa(s.last)
	request["transaction"] = transaction
	if s.id != "" {
		request["session_id"] = s.id
	}
	if err := s.send(request); err != nil {
		return Message{}, err
	}
	late := time.After(deadline)
	for {
		select {
		case m, open := <-s.answers:
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
			return Message{}, fmt.Errorf("no answer to %v", request["janus"])
		}
	}
}

// Attach returns a handle of the plugin.
func (s *Session) Attach(plugin string) (json.Number, error) {
	attached, err := s.Request(Object{"janus": "attach", "plugin": plugin})
	return attached.Data.ID, err
}

// Message sends a plugin's request; jsep may be nil.
func (s *Session) Message(handle json.Number, body Object, jsep interface{}) (Message, error) {
	request := Object{"janus": "message", "handle_id": handle, "body": body}
	if jsep != nil {
		request["jsep"] = jsep
	}
	return s.Request(request)
}

func (s *Session) Destroy() {
	s.Request(Object{"janus": "destroy"})
	s.socket.Close()
}
