// The two servers that are compared, each with the same source: { name, pid, source, viewerArguments, stop() }.
import { here } from '../../support/hosts.mjs';
import { janusPort, startJanus } from '../../support/janus.mjs';
import { startSpillwayd } from '../../support/spillwayd.mjs';
import { startSource } from './processes.mjs';

const mountpoint = 1;
const ports = { rtp: 5004, rtcp: 5006 };
const call = 'bench';
const participant = 'source';

export async function startJanusWith(programs, address) {
  const janus = await startJanus(here, {
    interfaces: [address],
    mountpoints: {
      bench: {
        type: 'rtp', id: mountpoint, audio: false, video: true, videoport: ports.rtp, videortcpport: ports.rtcp, videopt: 96,
        videocodec: 'vp8',
      },
    },
  });
  try {
    const source = await startSource(here, programs.source, ['-rtp', `127.0.0.1:${ports.rtp}`, '-rtcp', `127.0.0.1:${ports.rtcp}`]);
    const stop = async () => {
      await source.end();
      await janus.stop();
    };
    const viewerArguments = ['-janus', `ws://${address}:${janusPort}/`, '-mountpoint', String(mountpoint)];
    return { name: 'Janus', pid: janus.pid, source, viewerArguments, stop };
  } catch (error) {
    await janus.stop();
    throw error;
  }
}

/// Viewers have the admin's token: the other roles may not come that often from one address.
export async function startSpillwayWith(programs, address) {
  const daemon = await startSpillwayd((config) => {
    config.http.listen = config.http.listen.replace('127.0.0.1', address);
    config.webrtc = { listen: `${address}:8189` };
    // As a relay adds: without the time that a gap may wait for a retransmission.
    config.calls = [{ name: call, join: { type: 'whip' }, jitter: '0ms' }];
  }, { sandbox: true });
  try {
    const endpoint = `${daemon.url}/whip/${call}?participant=${participant}`;
    const source = await startSource(here, programs.source, ['-whip', endpoint, '-token', 'publish-secret']);
    await daemon.untilMetrics('the source arrives', (metrics) => metrics.sum('track_received_packets_total') > 100);
    const stop = async () => {
      await source.end();
      await daemon.stop();
    };
    const viewerArguments = ['-url', `${daemon.url}/whep/${call}/${participant}/video`, '-token', 'admin-secret'];
    return { name: 'Spillway', pid: daemon.pid, source, viewerArguments, stop };
  } catch (error) {
    await daemon.stop();
    throw new Error(`${error.message}\n${daemon.log()}`);
  }
}
