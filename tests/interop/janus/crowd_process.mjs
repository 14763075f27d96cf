// Participants of a room, all in this process, so that a test can put them on another host.
// Comes in on stdin: one JSON object a line, { id, who, verb, arguments }; `join` makes a participant of `arguments[0]`.
// Goes out on stdout: { id, result } or { id, error }.
import { createInterface } from 'node:readline';
import { Participant } from './participant.mjs';

const people = new Map();

async function perform({ who, verb, arguments: given }) {
  if (verb === 'join') people.set(who, new Participant(given[0]));
  const participant = people.get(who);
  const result = await participant[verb](...(verb === 'join' ? [] : given));
  if (verb === 'leave' || verb === 'vanish') people.delete(who);
  return result;
}

createInterface({ input: process.stdin }).on('line', async (line) => {
  const request = JSON.parse(line);
  const answer = await perform(request).then(
    (result) => ({ result: result ?? null }),
    (error) => ({ error: `${request.who} ${request.verb}: ${error.message}` }),
  );
  process.stdout.write(`${JSON.stringify({ id: request.id, ...answer })}\n`);
}).on('close', () => process.exit(0));
