// A WHEP server on Pion, so that the player is tested against something that is not ours.
//
//	whep_server --listen 127.0.0.1:PORT --video FILE.ivf --audio FILE.ogg [--token T] [--counter] [--busy N] [--redirect]
//	            [--certificate FILE --key FILE]
//
// It plays the two files (VP8; Opus with one packet in each page) round and round to everybody who POSTs to /whep/gate.
// Goes out on stdout: one JSON object a line: listening, refused, posted, answered, trickled, connected, deleted, closed;
// each with the number of sessions that are open then.
package main

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/pion/webrtc/v3"
	"github.com/pion/webrtc/v3/pkg/media"
	"github.com/pion/webrtc/v3/pkg/media/ivfreader"
	"github.com/pion/webrtc/v3/pkg/media/oggreader"
)

const (
	endpoint    = "/whep/gate"
	sessions    = "/sessions/"
	sdpType     = "application/sdp"
	trickleType = "application/trickle-ice-sdpfrag"
	maxBody     = 64 * 1024
	retryAfter  = "1"
)

var (
	listen      = flag.String("listen", "127.0.0.1:0", "address to listen on")
	videoFile   = flag.String("video", "", "IVF file with VP8")
	audioFile   = flag.String("audio", "", "OGG file with Opus, one packet a page")
	token       = flag.String("token", "", "the bearer token to ask for")
	counter     = flag.Bool("counter", false, "answer offers with 406 and an offer of ours")
	busy        = flag.Int("busy", 0, "answer so many POSTs with 503 first")
	redirect    = flag.Bool("redirect", false, "answer "+endpoint+" with 307 to another place")
	certificate = flag.String("certificate", "", "PEM; then it speaks https")
	key         = flag.String("key", "", "PEM")
)

type session struct {
	peer *webrtc.PeerConnection
	etag string
}

type server struct {
	video, audio *webrtc.TrackLocalStaticSample

	mutex sync.Mutex // what follows
	open  map[string]*session
	busy  int
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func (s *server) say(event string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	line, err := json.Marshal(map[string]interface{}{"event": event, "sessions": len(s.open)})
	must(err)
	os.Stdout.Write(append(line, '\n'))
}

func (s *server) session(id string) *session {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.open[id]
}

func (s *server) add(id string, one *session) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.open[id] = one
}

// Ends a session once; false when it was none.
func (s *server) end(id string) bool {
	s.mutex.Lock()
	one := s.open[id]
	delete(s.open, id)
	s.mutex.Unlock()
	if one == nil {
		return false
	}
	// Not inside a callback of its own.
	go one.peer.Close()
	return true
}

func (s *server) isBusy() bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.busy == 0 {
		return false
	}
	s.busy--
	return true
}

func (s *server) newPeer(id string) (*webrtc.PeerConnection, error) {
	peer, err := webrtc.NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		return nil, err
	}
	peer.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			s.say("connected")
		case webrtc.PeerConnectionStateFailed:
			if s.end(id) {
				s.say("closed")
			}
		}
	})
	return peer, nil
}

// Senders hand RTCP on to what answers NACKs only while somebody reads it.
func (s *server) addTracks(peer *webrtc.PeerConnection) error {
	for _, track := range []*webrtc.TrackLocalStaticSample{s.video, s.audio} {
		sender, err := peer.AddTrack(track)
		if err != nil {
			return err
		}
		go func() {
			for buffer := make([]byte, 1500); ; {
				if _, _, err := sender.Read(buffer); err != nil {
					return
				}
			}
		}()
	}
	return nil
}

// Our side of the negotiation, with all candidates: the answer to `offer`, or an offer of our own.
func (s *server) describe(peer *webrtc.PeerConnection, offer string) (string, error) {
	var local webrtc.SessionDescription
	var err error
	if *counter {
		if err = s.addTracks(peer); err == nil {
			local, err = peer.CreateOffer(nil)
		}
	} else {
		remote := webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}
		if err = peer.SetRemoteDescription(remote); err == nil {
			if err = s.addTracks(peer); err == nil {
				local, err = peer.CreateAnswer(nil)
			}
		}
	}
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(peer)
	if err = peer.SetLocalDescription(local); err != nil {
		return "", err
	}
	<-gathered
	return peer.LocalDescription().SDP, nil
}

func randomID() string {
	bytes := make([]byte, 16)
	_, err := rand.Read(bytes)
	must(err)
	return hex.EncodeToString(bytes)
}

func (s *server) post(w http.ResponseWriter, body string) {
	if s.isBusy() {
		w.Header().Set("Retry-After", retryAfter)
		s.refuse(w, http.StatusServiceUnavailable, "full")
		return
	}
	id := randomID()
	peer, err := s.newPeer(id)
	must(err)
	description, err := s.describe(peer, body)
	if err != nil {
		peer.Close()
		s.refuse(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	etag := `"` + randomID() + `"`
	s.add(id, &session{peer, etag})
	s.say("posted")
	w.Header().Set("Content-Type", sdpType)
	w.Header().Set("Location", sessions+id)
	w.Header().Set("ETag", etag)
	if *counter {
		w.WriteHeader(http.StatusNotAcceptable)
	} else {
		w.WriteHeader(http.StatusCreated)
	}
	io.WriteString(w, description)
}

func (s *server) refuse(w http.ResponseWriter, status int, why string) {
	s.say("refused")
	http.Error(w, why, status)
}

func trickle(peer *webrtc.PeerConnection, fragment string) error {
	mid := ""
	for _, line := range strings.Split(fragment, "\r\n") {
		if strings.HasPrefix(line, "a=mid:") {
			mid = strings.TrimPrefix(line, "a=mid:")
		}
		if !strings.HasPrefix(line, "a=candidate:") {
			continue
		}
		of := mid
		candidate := webrtc.ICECandidateInit{Candidate: strings.TrimPrefix(line, "a="), SDPMid: &of}
		if err := peer.AddICECandidate(candidate); err != nil {
			return err
		}
	}
	return nil
}

func (s *server) patch(w http.ResponseWriter, request *http.Request, one *session, body string) {
	if match := request.Header.Get("If-Match"); match != one.etag {
		s.refuse(w, http.StatusPreconditionFailed, "If-Match is "+match)
		return
	}
	var err error
	event := "trickled"
	switch request.Header.Get("Content-Type") {
	case sdpType:
		event = "answered"
		err = one.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: body})
	case trickleType:
		err = trickle(one.peer, body)
	default:
		s.refuse(w, http.StatusUnsupportedMediaType, "neither SDP nor a fragment")
		return
	}
	if err != nil {
		s.refuse(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	s.say(event)
	w.WriteHeader(http.StatusNoContent)
}

func (s *server) atEndpoint(w http.ResponseWriter, request *http.Request, body string) {
	switch {
	case *redirect && request.URL.Path == endpoint:
		w.Header().Set("Location", "/moved"+endpoint)
		w.WriteHeader(http.StatusTemporaryRedirect)
	case request.Method == http.MethodOptions:
		w.Header().Set("Accept-Post", sdpType)
		w.WriteHeader(http.StatusNoContent)
	case request.Method != http.MethodPost:
		s.refuse(w, http.StatusMethodNotAllowed, request.Method)
	case request.Header.Get("Content-Type") != sdpType:
		s.refuse(w, http.StatusUnsupportedMediaType, "no SDP")
	default:
		s.post(w, body)
	}
}

func (s *server) atSession(w http.ResponseWriter, request *http.Request, body string) {
	id := strings.TrimPrefix(request.URL.Path, sessions)
	one := s.session(id)
	switch {
	case one == nil:
		s.refuse(w, http.StatusNotFound, "no such session")
	case request.Method == http.MethodPatch:
		s.patch(w, request, one, body)
	case request.Method == http.MethodDelete:
		s.end(id)
		s.say("deleted")
	default:
		s.refuse(w, http.StatusMethodNotAllowed, request.Method)
	}
}

func (s *server) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(io.LimitReader(request.Body, maxBody))
	if err != nil {
		return
	}
	if *token != "" && request.Header.Get("Authorization") != "Bearer "+*token {
		s.refuse(w, http.StatusUnauthorized, "no such token")
		return
	}
	if strings.HasPrefix(request.URL.Path, sessions) {
		s.atSession(w, request, string(body))
	} else {
		s.atEndpoint(w, request, string(body))
	}
}

type sample struct {
	data     []byte
	duration time.Duration
}

func readVideo(name string) []sample {
	file, err := os.Open(name)
	must(err)
	defer file.Close()
	reader, header, err := ivfreader.NewWith(file)
	must(err)
	duration := time.Second * time.Duration(header.TimebaseNumerator) / time.Duration(header.TimebaseDenominator)
	var samples []sample
	for {
		frame, _, err := reader.ParseNextFrame()
		if err == io.EOF {
			return samples
		}
		must(err)
		samples = append(samples, sample{frame, duration})
	}
}

func readAudio(name string) []sample {
	const rate = 48000
	file, err := os.Open(name)
	must(err)
	defer file.Close()
	reader, _, err := oggreader.NewWith(file)
	must(err)
	var samples []sample
	var last uint64
	for {
		page, header, err := reader.ParseNextPage()
		if err == io.EOF {
			return samples
		}
		must(err)
		duration := time.Second * time.Duration(header.GranulePosition-last) / rate
		last = header.GranulePosition
		if duration > 0 { // the page of comments has none
			samples = append(samples, sample{page, duration})
		}
	}
}

// On a steady clock: a late sample makes none of the others late.
func play(track *webrtc.TrackLocalStaticSample, samples []sample) {
	due := time.Now()
	for i := 0; ; i = (i + 1) % len(samples) {
		track.WriteSample(media.Sample{Data: samples[i].data, Duration: samples[i].duration})
		due = due.Add(samples[i].duration)
		time.Sleep(time.Until(due))
	}
}

func newTrack(mimeType, id string) *webrtc.TrackLocalStaticSample {
	track, err := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: mimeType}, id, "gate")
	must(err)
	return track
}

func main() {
	flag.Parse()
	s := &server{
		video: newTrack(webrtc.MimeTypeVP8, "video"),
		audio: newTrack(webrtc.MimeTypeOpus, "audio"),
		open:  map[string]*session{},
		busy:  *busy,
	}
	go play(s.video, readVideo(*videoFile))
	go play(s.audio, readAudio(*audioFile))
	listener, err := net.Listen("tcp", *listen)
	must(err)
	s.say("listening")
	if *certificate != "" {
		must(http.ServeTLS(listener, s, *certificate, *key))
	}
	must(http.Serve(listener, s))
}
