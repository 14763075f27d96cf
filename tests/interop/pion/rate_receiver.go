// A bare WHIP receiver on Pion that tells its publisher what to send at most, so that ours is measured against something
// that does nothing else: it takes RTP, drops it, and reports (receiver reports, transport-wide feedback, NACK).
//
//	rate_receiver --listen 127.0.0.1:PORT
//
// Comes in on stdin: the lines `limit BITS_PER_SECOND` and `free`, told by REMB at once and then every second, `free` with
// a request for a keyframe. Goes out on stdout: {"event": "listening"}, and {"event": "told"} for each line.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v3"
)

const unlimited = 2147475456 // bits per second; fits in 32 bits, signed

type receiver struct {
	mutex sync.Mutex // what follows
	peer  *webrtc.PeerConnection
	video uint32 // SSRC
	limit float32
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func say(event string) {
	fmt.Printf("{\"event\": %q}\n", event)
}

func (r *receiver) tell(limit float32, keyframe bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.limit = limit
	if r.peer == nil || limit == 0 {
		return
	}
	packets := []rtcp.Packet{&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: limit, SSRCs: []uint32{r.video}}}
	if keyframe {
		packets = append(packets, &rtcp.PictureLossIndication{MediaSSRC: r.video})
	}
	r.peer.WriteRTCP(packets)
}

func (r *receiver) repeat() {
	for range time.Tick(time.Second) {
		r.mutex.Lock()
		limit := r.limit
		r.mutex.Unlock()
		r.tell(limit, false)
	}
}

func (r *receiver) take(track *webrtc.TrackRemote) {
	if track.Kind() == webrtc.RTPCodecTypeVideo {
		r.mutex.Lock()
		r.video = uint32(track.SSRC())
		r.mutex.Unlock()
	}
	for buffer := make([]byte, 1500); ; {
		if _, _, err := track.Read(buffer); err != nil {
			return
		}
	}
}

func (r *receiver) answer(offer string) (string, error) {
	peer, err := webrtc.NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		return "", err
	}
	r.mutex.Lock()
	r.peer = peer
	r.mutex.Unlock()
	peer.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { r.take(track) })
	if err = peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", err
	}
	local, err := peer.CreateAnswer(nil)
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

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	// For pages of any origin.
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Access-Control-Allow-Headers", "authorization, content-type")
	w.Header().Set("Access-Control-Expose-Headers", "location")
	if request.Method != http.MethodPost {
		return
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return
	}
	answer, err := r.answer(string(body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	w.Header().Set("Content-Type", "application/sdp")
	w.Header().Set("Location", "/session")
	w.WriteHeader(http.StatusCreated)
	io.WriteString(w, answer)
}

func (r *receiver) obey() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var limit float32
		if _, err := fmt.Sscanf(lines.Text(), "limit %f", &limit); err == nil {
			r.tell(limit, false)
		} else {
			r.tell(unlimited, true)
		}
		say("told")
	}
	os.Exit(0)
}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on")
	flag.Parse()
	r := &receiver{}
	go r.repeat()
	go r.obey()
	listener, err := net.Listen("tcp", *listen)
	must(err)
	say("listening")
	must(http.Serve(listener, r))
}
