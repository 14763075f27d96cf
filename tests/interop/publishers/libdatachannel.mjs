// A publisher on libdatachannel, which OBS uses. It encodes nothing: see feed.mjs.
import { DatachannelPeer } from './datachannel_peer.mjs';
import { openFeed } from './feed.mjs';
import { serve, settings } from './serve.mjs';

const peer = new DatachannelPeer(settings.codec);
let feed;

const offer = () => peer.offer();

async function accept(sdp) {
  await peer.accept(sdp);
  feed = await openFeed((packet) => peer.send(packet));
  return { port: feed.port };
}

const stats = async () => feed.sent;

async function stop() {
  feed.close();
  return feed.sent;
}

await serve({ offer, accept, stats, stop });
