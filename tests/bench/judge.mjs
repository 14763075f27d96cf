// What a benchmark is held to. A few seconds on a busy machine show only when it has become much worse: the short run is held to
// `guard`, where there is one.

/// Prints all targets, { what, value, most, guard }; true when all are met. One without `most` is told, not judged.
export function judge(targets, { short }) {
  let good = true;
  for (const { what, value, most, guard } of targets) {
    const bound = short && guard !== undefined ? guard : most;
    const met = bound === undefined || value <= bound;
    const words = bound === undefined ? 'not judged' : bound === most ? `target ${most}` : `guard ${Math.round(guard * 100) / 100}, target ${most ?? 'none'}`;
    console.log(`${bound === undefined ? 'told  ' : met ? 'ok    ' : 'FAILED'} ${what}: ${value.toFixed(2)} (${words})`);
    good &&= met;
  }
  return good;
}
