// Prometheus' text format as a list of samples that can be asked for by name and labels.

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const label = /(\w+)="((?:[^"\\]|\\.)*)"/g;

export class Metrics {
  #samples;

  constructor(text) {
    this.#samples = text
      .split('\n')
      .map((row) => line.exec(row))
      .filter(Boolean)
      .map(([, name, labels, value]) => ({
        name,
        labels: Object.fromEntries([...(labels ?? '').matchAll(label)].map(([, key, text]) => [key, text])),
        value: Number(value),
      }));
  }

  /// All samples of a family that carry these labels.
  all(name, labels = {}) {
    const wanted = Object.entries(labels);
    return this.#samples.filter(
      (sample) => sample.name === `spillway_${name}` && wanted.every(([key, value]) => sample.labels[key] === value),
    );
  }

  /// Their sum; 0 when there is none.
  sum(name, labels = {}) {
    return this.all(name, labels).reduce((total, sample) => total + sample.value, 0);
  }

  has(name, labels = {}) {
    return this.all(name, labels).length > 0;
  }

  names() {
    return new Set(this.#samples.map((sample) => sample.name));
  }
}
