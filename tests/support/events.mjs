// Follows the stream of events of a spillwayd.

/// { response, seen, ended, close }: `seen` grows as they come, each { id, event, … } of its data; `onEvent` has each too.
export async function followEvents(daemon, headers = {}, onEvent = () => {}) {
  const abort = new AbortController();
  const response = await fetch(`${daemon.url}/v1/events`, {
    headers: { authorization: 'Bearer view-secret', ...headers }, signal: abort.signal,
  });
  const seen = [];
  const take = (message) => {
    const fields = Object.fromEntries(message.split('\n').map((line) => line.split(/: (.*)/s)));
    if (!fields.data) return;
    seen.push({ id: fields.id, event: fields.event, ...JSON.parse(fields.data) });
    onEvent(seen.at(-1));
  };
  const read = async () => {
    let text = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const messages = text.split('\n\n');
      text = messages.pop();
      messages.forEach(take);
    }
  };
  const ended = read().catch((error) => abort.signal.aborted || Promise.reject(error));
  const close = () => {
    abort.abort();
    return ended;
  };
  return { response, seen, ended, close };
}
