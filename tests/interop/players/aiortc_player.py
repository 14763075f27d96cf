# A player on aiortc: it decodes everything. Its offers bundle lines that each have ICE credentials of their own: the
# answer is to those of the first (RFC 9143).
#   /usr/bin/python3 aiortc_player.py '{"endpoint": "http://…/whep/demo/alice", "token": "…"}'
# Lines on stdin and stdout as serve.mjs has them.
import asyncio
import json
import sys
from urllib.parse import urljoin

import aiohttp
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

DEADLINE = 20


def say(event, **more):
    print(json.dumps({"event": event, **more}), flush=True)


class Player:
    def __init__(self, settings, client):
        self.endpoint = settings["endpoint"]
        self.headers = {"Authorization": "Bearer " + settings["token"]}
        self.client = client
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.session = None
        self.frames = {"video": 0, "audio": 0}
        self.size = (0, 0)
        self.tasks = []
        self.connected = asyncio.get_running_loop().create_future()
        self.connected.add_done_callback(lambda future: future.cancelled() or future.exception())
        self.peer.on("track", lambda track: self.tasks.append(asyncio.ensure_future(self.read(track))))
        self.peer.on("connectionstatechange", self.on_state)

    def on_state(self):
        state = self.peer.connectionState
        if self.connected.done():
            return
        if state == "connected":
            self.connected.set_result(None)
        elif state in ("failed", "closed"):
            self.connected.set_exception(RuntimeError("the connection is " + state))

    async def read(self, track):
        try:
            while True:
                frame = await track.recv()
                self.frames[track.kind] += 1
                if track.kind == "video":
                    self.size = (frame.width, frame.height)
        except MediaStreamError:
            pass

    async def open(self):
        for kind in ("video", "audio"):
            self.peer.addTransceiver(kind, direction="recvonly")
        await self.peer.setLocalDescription(await self.peer.createOffer())
        headers = {**self.headers, "Content-Type": "application/sdp"}
        async with self.client.post(self.endpoint, data=self.peer.localDescription.sdp, headers=headers) as response:
            text = await response.text()
            if response.status != 201:
                raise RuntimeError(f"POST: {response.status} {text}")
            self.session = urljoin(self.endpoint, response.headers["Location"])
        await self.peer.setRemoteDescription(RTCSessionDescription(sdp=text, type="answer"))
        await asyncio.wait_for(self.connected, DEADLINE)

    async def stats(self):
        inbound = [entry for entry in (await self.peer.getStats()).values() if entry.type == "inbound-rtp"]
        result = {"state": self.peer.connectionState}
        for kind in ("video", "audio"):
            entry = next((one for one in inbound if one.kind == kind), None)
            result[kind] = {
                "packets": entry.packetsReceived if entry else 0,
                "lost": entry.packetsLost if entry else 0,
                "frames": self.frames[kind],
            }
        result["video"].update(width=self.size[0], height=self.size[1])
        return result

    async def stop(self):
        last = await self.stats()
        async with self.client.delete(self.session, headers=self.headers) as response:
            say("stopped", **last, status=response.status)
        await self.peer.close()


async def lines():
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode().strip()


async def main():
    timeout = aiohttp.ClientTimeout(total=DEADLINE)
    async with aiohttp.ClientSession(timeout=timeout) as client:
        player = Player(json.loads(sys.argv[1]), client)
        try:
            await player.open()
        except Exception as error:  # whatever it is, the test is told
            say("failed", error=repr(error))
            await player.peer.close()
            return 1
        say("connected", session=player.session)
        async for line in lines():
            if line == "stats":
                say("stats", **await player.stats())
            elif line == "stop":
                await player.stop()
                break
    return 0


sys.exit(asyncio.run(main()))
