// What a publisher tells of itself, as one would that is set up in another way: text in, text out.
import { randomUUID } from 'node:crypto';

const isCandidate = (line) => /^a=(candidate:|end-of-candidates)/.test(line);

/// Names that nobody can look up instead of addresses (RFC 8828 section 4.1).
const hidden = (line) => line.replace(/^(a=candidate:\S+ \d+ \S+ \d+ )(?!\S+\.local )\S+/, `$1${randomUUID()}.local`);

/// `setup`: the DTLS role that the offer leaves (RFC 8842 section 5.3). `candidates`: `offered`, `hidden` behind names, or
/// `trickled`: not in the offer, but what `trickled` has.
export function shape(sdp, { setup, candidates = 'offered' }) {
  let lines = sdp.split('\r\n').map((line) => line.replace(/^a=setup:.*/, `a=setup:${setup}`));
  const trickled = lines.filter((line) => line.startsWith('a=candidate:')).map((line) => line.slice('a='.length));
  if (candidates === 'trickled') lines = lines.filter((line) => !isCandidate(line));
  if (candidates === 'hidden') lines = lines.map(hidden);
  return { offer: lines.join('\r\n'), trickled: candidates === 'trickled' ? trickled : [] };
}

/// An answer that leads to this port instead of the one it names, which it forwards to.
export const detour = (answer, port) => answer.replace(/^(a=candidate:\S+ 1 udp \d+ \S+) \d+/gim, `$1 ${port}`);
