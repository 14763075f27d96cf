// What ffmpeg says about a recording.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './process.mjs';

/// The files of one track in the order they were written.
export async function recordings(directory, track) {
  const folder = join(directory, track);
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith('.mkv')).sort().map((name) => join(folder, name));
}

/// { codec, frames, seconds, packets: [{ time, key }], errors }: every frame is decoded, `errors` is what the decoder
/// and demuxer complained about. `seconds` runs from the first to the last frame.
export async function inspect(file) {
  const { code, stdout, stderr } = await run('ffprobe', [
    '-v', 'error', '-count_frames', '-of', 'json',
    '-show_entries', 'stream=codec_name,codec_type,nb_read_frames:packet=pts_time,flags:format=duration', file,
  ]);
  if (code !== 0) throw new Error(`ffprobe ${file}: exit ${code}: ${stderr}`);
  const { packets = [], streams: [stream], format } = JSON.parse(stdout);
  const times = packets.map((packet) => Number(packet.pts_time)).sort((a, b) => a - b);
  return {
    codec: stream.codec_name,
    frames: Number(stream.nb_read_frames),
    seconds: times.length ? times.at(-1) - times[0] : 0,
    duration: Number(format.duration),
    packets: packets.map((packet) => ({ time: Number(packet.pts_time), key: packet.flags.startsWith('K') })),
    errors: stderr.trim(),
  };
}

/// The packets of all streams of a file: [{ stream, time, hash }], in the file's order.
export async function packetsOf(file) {
  const { code, stdout, stderr } = await run('ffprobe', [
    '-v', 'error', '-of', 'json', '-show_data_hash', 'md5', '-show_entries', 'packet=stream_index,pts_time,data_hash', file,
  ]);
  if (code !== 0) throw new Error(`ffprobe ${file}: exit ${code}: ${stderr}`);
  return JSON.parse(stdout).packets.map((packet) => ({
    stream: packet.stream_index, time: Number(packet.pts_time), hash: packet.data_hash.replace(/^MD5:/i, ''),
  }));
}
