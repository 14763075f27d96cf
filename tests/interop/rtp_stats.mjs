// The RTP statistics of a libwebrtc peer as they are now. libwebrtc answers from a cache of 50 ms, so this asks until
// the report is newer than the question.
//   type   `outbound-rtp` or `inbound-rtp`
import { setTimeout as pause } from 'node:timers/promises';

export async function rtpStats(peer, type) {
  for (const asked = Date.now(); ; await pause(10)) {
    const entries = [...(await peer.getStats()).values()].filter((entry) => entry.type === type);
    if (entries.every(({ timestamp }) => timestamp >= asked)) return entries;
  }
}
