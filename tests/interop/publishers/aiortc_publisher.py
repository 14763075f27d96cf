# A publisher on aiortc, which encodes for itself.
#   /usr/bin/python3 aiortc_publisher.py '{"codec": "VP8"}'
# Lines on stdin and stdout as serve.mjs has them.
import asyncio
import json
import sys
from fractions import Fraction

from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from av import VideoFrame

FPS = 15
DEADLINE = 20


def say(event, **more):
    print(json.dumps({"event": event, **more}), flush=True)


class Picture(MediaStreamTrack):
    """A grey that changes, on a steady clock."""

    kind = "video"

    def __init__(self):
        super().__init__()
        self.frames = 0
        self.start = None
        self.over = asyncio.Event()

    async def recv(self):
        loop = asyncio.get_running_loop()
        self.start = self.start or loop.time()
        await asyncio.sleep(self.start + self.frames / FPS - loop.time())
        if self.over.is_set():
            await asyncio.Event().wait()  # nothing more
        frame = VideoFrame(width=320, height=240, format="yuv420p")
        for plane in frame.planes:
            plane.update(bytes([(self.frames * 3) % 256]) * plane.buffer_size)
        frame.pts, frame.time_base = self.frames, Fraction(1, FPS)
        self.frames += 1
        return frame


class Publisher:
    def __init__(self, codec):
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.picture = Picture()
        line = self.peer.addTransceiver(self.picture, direction="sendonly")
        known = RTCRtpSender.getCapabilities("video").codecs
        line.setCodecPreferences([one for one in known if one.mimeType == "video/" + codec])
        self.sender = line.sender

    async def offer(self):
        await self.peer.setLocalDescription(await self.peer.createOffer())
        say("offer", sdp=self.peer.localDescription.sdp)

    async def accept(self, sdp):
        connected = asyncio.get_running_loop().create_future()

        @self.peer.on("connectionstatechange")
        def on_state():
            if self.peer.connectionState == "connected" and not connected.done():
                connected.set_result(None)

        await self.peer.setRemoteDescription(RTCSessionDescription(sdp=sdp, type="answer"))
        await asyncio.wait_for(connected, DEADLINE)
        say("connected")

    async def stats(self):
        entries = (await self.sender.getStats()).values()
        packets = sum(entry.packetsSent for entry in entries if entry.type == "outbound-rtp")
        return {"packets": packets, "frames": self.picture.frames}

    async def stop(self):
        """What is being encoded goes out first."""
        self.picture.over.set()
        before = None
        while (now := await self.stats()) != before:
            before = now
            await asyncio.sleep(0.2)
        return now


async def lines():
    reader = asyncio.StreamReader(limit=2**20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode().strip().partition(" ")


async def main():
    publisher = Publisher(json.loads(sys.argv[1])["codec"])
    await publisher.offer()
    async for command, _, argument in lines():
        if command == "answer":
            await publisher.accept(json.loads(argument))
        elif command == "stats":
            say("stats", **await publisher.stats())
        elif command == "stop":
            say("stopped", **await publisher.stop())
    await publisher.peer.close()


asyncio.run(main())
