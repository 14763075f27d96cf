# A publisher on GStreamer's webrtcbin with libnice, as its users build one.
#   /usr/bin/python3 gstreamer_publisher.py '{"codec": "VP8"}'
# With `"sound": true` it sends noise too, its reports tell when something was captured, and `stopped` lists what it sent;
# with `"late": 600` the picture goes out that many ms later.
# With "sets": "sdp" the parameter sets of H264 are in the offer alone.
# Lines on stdin and stdout as serve.mjs has them.
import hashlib
import json
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402



def h264(form, interval):
    return (
        "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15"
        f" ! video/x-h264,profile=constrained-baseline{form} ! valve name=valve"
        f" ! rtph264pay name=pay mtu=1200 config-interval={interval} aggregate-mode=zero-latency"
    )


ENCODERS = {
    "VP8": "vp8enc deadline=1 keyframe-max-dist=15 ! valve name=valve ! rtpvp8pay name=pay mtu=1200",
    "H264": h264("", -1),
}
OUT_OF_BAND = h264(",stream-format=avc", 0)
PIPELINE = (
    "webrtcbin name=peer bundle-policy=max-bundle videotestsrc is-live=true pattern=ball"
    " ! video/x-raw,format=I420,width=320,height=240,framerate=15/1 ! {encoder}"
    " ! application/x-rtp,media=video,encoding-name={codec},payload=96"
    " ! queue max-size-buffers=0 max-size-bytes=0 max-size-time=0 min-threshold-time={late} ! peer."
)
SOUND = (
    " audiotestsrc is-live=true wave=pink-noise samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 ! opusenc"
    " ! valve name=soundvalve ! rtpopuspay name=soundpay"
    " ! application/x-rtp,media=audio,encoding-name=OPUS,payload=111 ! peer."
)
SETTLE_MS = 200  # between the last frame and the last packet's way through the pipeline


def say(event, **more):
    print(json.dumps({"event": event, **more}), flush=True)


class Publisher:
    def __init__(self, settings, loop):
        self.loop = loop
        self.packets = 0
        self.frames = 0
        codec, late = settings["codec"], settings.get("late", 0) * Gst.MSECOND
        text = PIPELINE.format(encoder=OUT_OF_BAND if settings.get("sets") == "sdp" else ENCODERS[codec], codec=codec, late=late)
        self.pipeline = Gst.parse_launch(text + (SOUND if settings.get("sound") else ""))
        self.peer = self.pipeline.get_by_name("peer")
        self.sent = []
        if settings.get("sound"):
            self.peer.get_by_name("rtpbin").set_property("rtcp-sync-send-time", False)
            for name in ("pay", "soundpay"):
                sink = self.pipeline.get_by_name(name).get_static_pad("sink")
                sink.add_probe(Gst.PadProbeType.BUFFER, self.note, name == "pay")
        for line in filter(None, (self.peer.emit("get-transceiver", i) for i in range(2))):
            line.set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)
        self.peer.connect("on-negotiation-needed", self.negotiate)
        self.peer.connect("notify::ice-gathering-state", self.on_gathering)
        self.peer.connect("notify::connection-state", self.on_state)
        self.pad = self.pipeline.get_by_name("pay").get_static_pad("src")
        self.pad.add_probe(Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST, self.count)
        self.pipeline.set_state(Gst.State.PLAYING)

    def count(self, _, info):
        whole = info.get_buffer_list() if info.type & Gst.PadProbeType.BUFFER_LIST else None
        buffers = [whole.get(i) for i in range(whole.length())] if whole else [info.get_buffer()]
        self.packets += len(buffers)
        self.frames += sum(bool(one.get_flags() & Gst.BufferFlags.MARKER) for one in buffers)
        return Gst.PadProbeReturn.OK

    def note(self, _, info, video):
        frame = info.get_buffer()
        whole = frame.extract_dup(0, frame.get_size())
        self.sent.append({"video": video, "time": frame.pts / Gst.SECOND, "hash": hashlib.md5(whole).hexdigest()})
        return Gst.PadProbeReturn.OK

    def negotiate(self, _):
        GLib.timeout_add(20, self.offer)

    def offer(self):
        if not self.pad.has_current_caps():
            return True  # the encoder has not begun: the offer would lack what only its caps say
        self.peer.emit("create-offer", None, Gst.Promise.new_with_change_func(self.on_offer))
        return False

    def on_offer(self, promise):
        reply = promise.get_reply()  # the offer is part of it
        self.peer.emit("set-local-description", reply.get_value("offer"), Gst.Promise.new())

    def on_gathering(self, *_):
        if self.peer.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            say("offer", sdp=self.peer.get_property("local-description").sdp.as_text())

    def on_state(self, *_):
        state = self.peer.get_property("connection-state")
        if state == GstWebRTC.WebRTCPeerConnectionState.CONNECTED:
            say("connected")
        elif state == GstWebRTC.WebRTCPeerConnectionState.FAILED:
            say("failed", error="the connection failed")

    def accept(self, text):
        _, sdp = GstSdp.SDPMessage.new_from_text(text)
        answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
        self.peer.emit("set-remote-description", answer, Gst.Promise.new())

    def counters(self):
        return {"packets": self.packets, "frames": self.frames}

    def stop(self):
        for valve in filter(None, map(self.pipeline.get_by_name, ("valve", "soundvalve"))):
            valve.set_property("drop", True)
        GLib.timeout_add(SETTLE_MS, lambda: say("stopped", all=self.sent, **self.counters()))

    def on_line(self, channel, _):
        line = channel.readline()
        if not line:
            self.loop.quit()
            return False
        command, _, argument = line.strip().partition(" ")
        if command == "answer":
            self.accept(json.loads(argument))
        elif command == "stats":
            say("stats", **self.counters())
        elif command == "stop":
            self.stop()
        return True


Gst.init(None)
loop = GLib.MainLoop()
publisher = Publisher(json.loads(sys.argv[1]), loop)
GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, publisher.on_line)
loop.run()
publisher.pipeline.set_state(Gst.State.NULL)
