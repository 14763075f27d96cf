// Picture and tone for libwebrtc: made once, then repeated on a steady clock.
import wrtc from '@roamhq/wrtc';

const { RTCAudioSource, RTCVideoSource } = wrtc.nonstandard;

/// I420 pictures in which a coarse noise moves sideways: enough detail that an encoder uses its whole bitrate.
function pictures(width, height, count) {
  const block = 8;
  const noise = Uint8Array.from({ length: 4096 }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 24) & 0xff);
  return Array.from({ length: count }, (_, n) => {
    const data = new Uint8ClampedArray((width * height * 3) / 2).fill(128);
    for (let y = 0; y < height; y++) {
      const row = ((y / block) | 0) * 61;
      for (let x = 0; x < width; x++) data[y * width + x] = noise[(row + (((x + n * 3) / block) | 0)) & 4095];
    }
    return { width, height, data };
  });
}

/// Whole numbers from -most to most, by Marsaglia's xorshift.
function random(most) {
  let state = 2463534242;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state % (most + 1);
  };
}

/// I420 pictures like a camera's in the evening: soft shapes that hardly move, and grain, of which an encoder keeps as
/// much as its bitrate allows.
function grainyPictures(width, height, count, grain) {
  const next = random(grain);
  return Array.from({ length: count }, (_, n) => {
    const data = new Uint8ClampedArray((width * height * 3) / 2).fill(128);
    const waves = Float32Array.from({ length: width }, (_, x) => 60 * Math.sin(x / 60 + Math.sin((2 * Math.PI * n) / count) / 4));
    for (let y = 0; y < height; y++) {
      const wave = Math.sin(y / 45);
      for (let x = 0; x < width; x++) data[y * width + x] = 128 + waves[x] * wave + next();
    }
    return { width, height, data };
  });
}

/// Calls `tick(n)` every `milliseconds`, without drift; the returned function ends it.
function steady(milliseconds, tick) {
  const start = performance.now();
  let count = 0;
  let timer;
  const turn = () => {
    for (; performance.now() >= start + count * milliseconds; count++) tick(count);
    timer = setTimeout(turn, Math.max(0, start + count * milliseconds - performance.now()));
  };
  turn();
  return () => clearTimeout(timer);
}

export function videoSource({ width, height, fps, grain }) {
  const source = new RTCVideoSource();
  const loop = grain ? grainyPictures(width, height, fps, grain) : pictures(width, height, fps);
  return { track: source.createTrack(), start: () => steady(1000 / fps, (n) => source.onFrame(loop[n % fps])) };
}

export function audioSource() {
  const source = new RTCAudioSource();
  const sampleRate = 48_000;
  const perTick = sampleRate / 100;
  const samples = Int16Array.from({ length: perTick }, (_, i) => 8000 * Math.sin((2 * Math.PI * 400 * i) / sampleRate));
  const data = { samples, sampleRate, bitsPerSample: 16, channelCount: 1, numberOfFrames: perTick };
  return { track: source.createTrack(), start: () => steady(10, () => source.onData(data)) };
}
