// Waiting: until a condition holds or a deadline passes, and windows that are meant.
import { setTimeout as pause } from 'node:timers/promises';

/// The first truthy value of `condition`, which is asked every `every` ms; throws, naming `what`, after `deadline` ms.
export async function until(what, condition, { deadline = 10_000, every = 50 } = {}) {
  const end = performance.now() + deadline;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() >= end) throw new Error(`not within ${deadline} ms: ${what}`);
    await pause(every);
  }
}

/// A fixed time that the test is about: media flows, an outage lasts, nothing must come. To wait for something, use until().
export const aWindowOf = (milliseconds) => pause(milliseconds);

/// `promise`, or an error that names `what` after `deadline` ms.
export function within(what, promise, deadline = 10_000) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${deadline} ms: ${what}`)), deadline);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/// `condition` holds the whole time; throws, naming `what`, when it does not.
export async function holds(what, condition, { time, every = 50 }) {
  const end = performance.now() + time;
  while (performance.now() < end) {
    if (!(await condition())) throw new Error(`no more: ${what}`);
    await pause(every);
  }
}
