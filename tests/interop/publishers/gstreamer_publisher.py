# A publisher on GStreamer's webrtcbin with libnice, as its users build one.
#   /usr/bin/python3 gstreamer_publisher.py '{"codec": "VP8"}'
# With "sets": "sdp" the parameter sets of H264 are in the offer alone.
# Lines on stdin and stdout as serve.mjs has them.
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
    " ! application/x-rtp,media=video,encoding-name={codec},payload=96 ! peer."
)
SETTLE_MS = 200  # between the last frame and the last packet's way through the pipeline


def say(event, **more):
    print(json.dumps({"event": event, **more}), flush=True)


class Publisher:
    def __init__(self, codec, sets, loop):
        self.loop = loop
        self.packets = 0
        self.frames = 0
        encoder = OUT_OF_BAND if sets == "sdp" else ENCODERS[codec]
        self.pipeline = Gst.parse_launch(PIPELINE.format(encoder=encoder, codec=codec))
        self.peer = self.pipeline.get_by_name("peer")
        line = self.peer.emit("get-transceiver", 0)
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
        self.pipeline.get_by_name("valve").set_property("drop", True)
        GLib.timeout_add(SETTLE_MS, lambda: say("stopped", **self.counters()))

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
settings = json.loads(sys.argv[1])
publisher = Publisher(settings["codec"], settings.get("sets"), loop)
GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, publisher.on_line)
loop.run()
publisher.pipeline.set_state(Gst.State.NULL)
