// The client half of WHIP (RFC 9725) over fetch; no WebRTC in here.

const timeout = 15_000;

function headersFor(token, extra = {}) {
  return { ...(token ? { authorization: `Bearer ${token}` } : {}), ...extra };
}

export function post(endpoint, { token, offer, type = 'application/sdp' }) {
  return fetch(endpoint, {
    method: 'POST', headers: headersFor(token, { 'content-type': type }), body: offer,
    signal: AbortSignal.timeout(timeout),
  });
}

/// { answer, session, etag }; throws on anything but 201.
export async function open(endpoint, { token, offer }) {
  const response = await post(endpoint, { token, offer });
  const text = await response.text();
  if (response.status !== 201) throw new Error(`POST ${endpoint}: ${response.status} ${text}`);
  return {
    answer: text,
    session: new URL(response.headers.get('location'), endpoint).href,
    etag: response.headers.get('etag'),
  };
}

/// One candidate as a fragment (RFC 8840): what identifies the session comes from the offer.
export function fragment(offer, candidate) {
  const find = (attribute) => new RegExp(`^a=${attribute}:(.*)$`, 'm').exec(offer)[1].trim();
  const media = /^m=.*$/m.exec(offer)[0].trim();
  return [
    `a=ice-ufrag:${find('ice-ufrag')}`, `a=ice-pwd:${find('ice-pwd')}`, media,
    `a=mid:${candidate?.sdpMid ?? find('mid')}`, candidate ? `a=${candidate.candidate}` : 'a=end-of-candidates', '',
  ].join('\r\n');
}

export function patch(session, { token, etag, body }) {
  return fetch(session, {
    method: 'PATCH', body, signal: AbortSignal.timeout(timeout),
    headers: headersFor(token, { 'content-type': 'application/trickle-ice-sdpfrag', ...(etag ? { 'if-match': etag } : {}) }),
  });
}

export function remove(session, { token } = {}) {
  return fetch(session, { method: 'DELETE', headers: headersFor(token), signal: AbortSignal.timeout(timeout) });
}
