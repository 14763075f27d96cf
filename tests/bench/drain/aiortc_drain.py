"""The other side of the comparison: aiortc takes a WHIP publisher, and its MediaRelay runs off into a MediaBlackhole."""

import sys

from aiohttp import web
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaBlackhole, MediaRelay

relay = MediaRelay()
peers = set()


async def publish(request):
    peer = RTCPeerConnection()
    peers.add(peer)
    blackhole = MediaBlackhole()

    @peer.on("track")
    def on_track(track):
        blackhole.addTrack(relay.subscribe(track))

    offer = RTCSessionDescription(sdp=await request.text(), type="offer")
    await peer.setRemoteDescription(offer)
    await blackhole.start()
    await peer.setLocalDescription(await peer.createAnswer())
    return web.Response(
        status=201, text=peer.localDescription.sdp, headers={"Location": "/session"}, content_type="application/sdp"
    )


async def remove(request):
    while peers:
        await peers.pop().close()
    return web.Response()


application = web.Application()
application.router.add_get("/readyz", lambda request: web.Response())
application.router.add_post("/whip/studio", publish)
application.router.add_delete("/session", remove)
web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=None)
