package main

import (
	"sort"
	"time"
)

// stream is a counter in JSON.
type stream struct {
	Packets    uint64  `json:"packets"`
	Lost       int64   `json:"lost"` // gaps in the sequence numbers
	Duplicates uint64  `json:"duplicates"`
	Frames     uint64  `json:"frames"`
	Keyframes  uint64  `json:"keyframes"`
	SilenceMs  float64 `json:"silence_ms"` // the longest
	FirstMs    float64 `json:"first_packet_ms"`
	FrameMs    float64 `json:"first_frame_ms"`   // since the server was asked; -1: none so far
	Extended   uint64  `json:"extended"`         // packets with a header extension
	Playouts   uint64  `json:"playout_delays"`   // packets that named one
	PlayoutMs  [2]int  `json:"playout_delay_ms"` // the last: least and most
}

type one struct {
	Failure string `json:"failure,omitempty"`
	Video   stream `json:"video"`
	Audio   stream `json:"audio"`
}

// spread of what was measured, in milliseconds.
type spread struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

type state struct {
	Event      string   `json:"event"`
	Viewers    int      `json:"viewers"`
	Connected  int      `json:"connected"`
	Failures   []string `json:"failures"` // the first few
	Packets    uint64   `json:"packets"`
	Lost       int64    `json:"lost"`
	Duplicates uint64   `json:"duplicates"`
	WithFrame  int      `json:"with_frame"` // viewers that had a whole keyframe
	SilenceMs  float64  `json:"silence_ms"` // the longest of any
	First      spread   `json:"first_packet_ms"`
	Frame      spread   `json:"first_frame_ms"`
	Each       []one    `json:"each,omitempty"`
}

func milliseconds(duration time.Duration) float64 {
	return float64(duration.Microseconds()) / 1000
}

func since(begin, at time.Time) float64 {
	if at.IsZero() {
		return -1
	}
	return milliseconds(at.Sub(begin))
}

// playoutDelay is twice 12 bits, in units of 10 ms.
func (c *counter) playoutDelay() [2]int {
	both := int(c.playout[0])<<16 | int(c.playout[1])<<8 | int(c.playout[2])
	return [2]int{both >> 12 * 10, both & 0xfff * 10}
}

func (c *counter) read(begin time.Time) stream {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	lost := int64(0)
	silence := c.silence
	if c.packets > 0 {
		lost = c.highest - c.first + 1 - int64(c.packets)
		if now := time.Since(c.last); now > silence {
			silence = now
		}
	}
	return stream{
		c.packets, lost, c.duplicates, c.frames, c.keyframes, milliseconds(silence), since(begin, c.firstAt), since(begin, c.frameAt),
		c.extended, c.playouts, c.playoutDelay(),
	}
}

func (v *viewer) summary() one {
	if v.peer == nil {
		return one{Failure: "not begun"}
	}
	result := one{Video: v.video.read(v.peer.asked), Audio: v.audio.read(v.peer.asked)}
	if v.failure != nil {
		result.Failure = v.failure.Error()
	}
	return result
}

func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{-1, -1, -1, -1}
	}
	sort.Float64s(values)
	at := func(share float64) float64 { return values[int(share*float64(len(values)-1)+0.5)] }
	return spread{at(0.5), at(0.95), at(0.99), at(1)}
}

func summary(event string, all []*viewer, each bool) state {
	result := state{Event: event, Viewers: len(all), Failures: []string{}}
	var firsts, frames []float64
	for _, viewer := range all {
		read := viewer.summary()
		if viewer.connected {
			result.Connected++
		}
		if read.Failure != "" && len(result.Failures) < 5 {
			result.Failures = append(result.Failures, read.Failure)
		}
		for _, stream := range []stream{read.Video, read.Audio} {
			result.Packets += stream.Packets
			result.Lost += stream.Lost
			result.Duplicates += stream.Duplicates
			if stream.SilenceMs > result.SilenceMs {
				result.SilenceMs = stream.SilenceMs
			}
		}
		if read.Video.Packets > 0 {
			firsts = append(firsts, read.Video.FirstMs)
		}
		if read.Video.FrameMs >= 0 {
			result.WithFrame++
			frames = append(frames, read.Video.FrameMs)
		}
		if each {
			result.Each = append(result.Each, read)
		}
	}
	result.First, result.Frame = spreadOf(firsts), spreadOf(frames)
	return result
}
