# A player on GStreamer's webrtcbin that offers what its WHEP source offers: codecs by name alone, without parameters or
# channels. A frame of video counts once a parser has its parameter sets and the picture whole.
#   /usr/bin/python3 gstreamer_player.py '{"endpoint": "http://…/whep/demo/bob", "token": "…"}'
# With "sound": false it offers a picture alone. Lines on stdin and stdout as serve.mjs has them.
import json
import sys
import urllib.request
from urllib.parse import urljoin

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

VIDEO = ["VP8", "VP9", "H264", "H265", "AV1"]
DEPAY = {
    "VP8": "rtpvp8depay",
    "H264": "rtph264depay ! h264parse ! video/x-h264,stream-format=avc,alignment=au",
    "OPUS": "rtpopusdepay",
}


def say(event, **more):
    print(json.dumps({"event": event, **more}), flush=True)


def caps(media, names, clock, first):
    return Gst.Caps.from_string(
        ";".join(
            f"application/x-rtp,media={media},encoding-name={name},clock-rate={clock},payload={first + i}"
            for i, name in enumerate(names)
        )
    )


class Player:
    def __init__(self, settings, loop):
        self.settings = settings
        self.loop = loop
        self.session = None
        self.frames = {"video": 0, "audio": 0}
        self.pipeline = Gst.Pipeline()
        self.peer = Gst.ElementFactory.make("webrtcbin")
        self.peer.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        self.pipeline.add(self.peer)
        receive = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
        self.peer.emit("add-transceiver", receive, caps("video", VIDEO, 90000, 101))
        if settings.get("sound", True):
            self.peer.emit("add-transceiver", receive, caps("audio", ["OPUS"], 48000, 96))
        self.peer.connect("pad-added", self.on_pad)
        self.peer.connect("notify::ice-gathering-state", self.on_gathering)
        self.peer.connect("notify::connection-state", self.on_state)
        self.pipeline.set_state(Gst.State.PLAYING)
        self.peer.emit("create-offer", None, Gst.Promise.new_with_change_func(self.on_offer))

    def on_offer(self, promise):
        reply = promise.get_reply()  # the offer is part of it
        self.peer.emit("set-local-description", reply.get_value("offer"), Gst.Promise.new())

    def on_gathering(self, *_):
        if self.peer.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            GLib.idle_add(self.open)

    def request(self, method, url, body=None):
        headers = {"Content-Type": "application/sdp"}
        if "token" in self.settings:
            headers["Authorization"] = "Bearer " + self.settings["token"]
        asked = urllib.request.Request(url, data=body, headers=headers, method=method)
        return urllib.request.urlopen(asked, timeout=10)

    def open(self):
        offer = self.peer.get_property("local-description").sdp.as_text()
        try:
            with self.request("POST", self.settings["endpoint"], offer.encode()) as response:
                self.session = urljoin(self.settings["endpoint"], response.headers["Location"])
                self.accept(response.read().decode())
        except OSError as error:
            detail = error.read().decode() if hasattr(error, "read") else ""
            say("failed", error=f"{error} {detail}")
            self.loop.quit()

    def accept(self, text):
        _, sdp = GstSdp.SDPMessage.new_from_text(text)
        answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
        self.peer.emit("set-remote-description", answer, Gst.Promise.new())

    def on_state(self, *_):
        state = self.peer.get_property("connection-state")
        if state == GstWebRTC.WebRTCPeerConnectionState.CONNECTED:
            say("connected", session=self.session)
        elif state == GstWebRTC.WebRTCPeerConnectionState.FAILED:
            say("failed", error="the connection failed")

    def on_pad(self, _, pad):
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        structure = pad.get_current_caps().get_structure(0)
        kind = structure.get_string("media")
        depay = DEPAY[structure.get_string("encoding-name")]
        branch = Gst.parse_bin_from_description(f"queue ! {depay} ! fakesink name=end signal-handoffs=true", True)
        branch.get_by_name("end").connect("handoff", self.count, kind)
        self.pipeline.add(branch)
        branch.sync_state_with_parent()
        pad.link(branch.get_static_pad("sink"))

    def count(self, _end, _buffer, _pad, kind):
        self.frames[kind] += 1

    def stats(self):
        return {
            "state": self.peer.get_property("connection-state").value_nick,
            "video": {"frames": self.frames["video"]},
            "audio": {"packets": self.frames["audio"]},
        }

    def on_line(self, channel, _):
        line = channel.readline().strip()
        if not line:
            self.loop.quit()
            return False
        if line == "stats":
            say("stats", **self.stats())
        elif line == "stop":
            with self.request("DELETE", self.session) as response:
                say("stopped", **self.stats(), status=response.status)
            self.loop.quit()
        return True


Gst.init(None)
loop = GLib.MainLoop()
player = Player(json.loads(sys.argv[1]), loop)
GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, player.on_line)
loop.run()
player.pipeline.set_state(Gst.State.NULL)
