// A node in a network that lets no UDP through.
import { cut, here } from '../support/hosts.mjs';
import { freePort } from '../support/spillwayd.mjs';

/// Settings with one port that is offered by UDP and TCP, and open for TCP alone: { listen, listen_tcp }.
export async function onePort(t) {
  const port = await freePort();
  t.after(await cut(here, [`udp sport ${port}`, `udp dport ${port}`]));
  return { listen: `0.0.0.0:${port}`, listen_tcp: `0.0.0.0:${port}` };
}
