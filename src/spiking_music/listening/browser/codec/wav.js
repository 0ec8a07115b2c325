// WAV files in, WAV files out.

import { StreamError } from "codec/errors";

const READERS = {
  "1/8": [1, (view, at) => (view.getUint8(at) - 128) / 128],
  "1/16": [2, (view, at) => view.getInt16(at, true) / 32768],
  "1/24": [3, (view, at) => (view.getInt8(at + 2) * 65536 + view.getUint16(at, true)) / 8388608],
  "1/32": [4, (view, at) => view.getInt32(at, true) / 2147483648],
  "3/32": [4, (view, at) => view.getFloat32(at, true)],
  "3/64": [8, (view, at) => view.getFloat64(at, true)],
};

/** { rate, samples } of a WAV file, its channels mixed to one, full scale = 1. */
export function readWav(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const name = (at) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || name(0) !== "RIFF" || name(8) !== "WAVE") {
    throw new StreamError("This is no WAV file: it does not start as one.");
  }
  let format = null;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const [chunk, size] = [name(at), view.getUint32(at + 4, true)];
    if (chunk === "fmt " && size >= 16 && at + 8 + size <= bytes.length) {
      format = formatOf(view, at + 8, size);
    } else if (chunk === "data" && format) {
      return { rate: format.rate, samples: mixed(view, at + 8, size, format) };
    }
    at += 8 + size + (size & 1);
  }
  throw new StreamError("The WAV file holds no sound that can be read: export it again.");
}

function formatOf(view, at, size) {
  let kind = view.getUint16(at, true);
  if (kind === 0xfffe && size >= 26) {
    kind = view.getUint16(at + 24, true); // the first bytes of the format's long name
  }
  const found = READERS[`${kind}/${view.getUint16(at + 14, true)}`];
  const [channels, rate] = [view.getUint16(at + 2, true), view.getUint32(at + 4, true)];
  if (!found || channels < 1 || rate < 1000 || rate > 768000) {
    throw new StreamError("The WAV file has a format that this page does not read: export it as 16-bit PCM.");
  }
  return { rate, channels, width: found[0], read: found[1] };
}

function mixed(view, at, size, { channels, width, read }) {
  if (at + size > view.byteLength) {
    throw new StreamError("The WAV file is cut short: copy it again.");
  }
  const samples = new Float32Array(Math.floor(size / (width * channels)));
  for (let i = 0; i < samples.length; i++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++, at += width) {
      sum += read(view, at);
    }
    samples[i] = sum / channels;
  }
  if (!samples.length) {
    throw new StreamError("The WAV file holds no samples.");
  }
  if (!samples.every(Number.isFinite)) {
    throw new StreamError("The WAV file holds NaN or infinite samples: export it again.");
  }
  return samples;
}

/** The bytes of a WAV file of mono samples, 16 bits. */
export function writeWav(samples, rate) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (at, words) => [...words].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((x, i) => view.setInt16(44 + 2 * i, Math.max(-32768, Math.min(32767, Math.round(32768 * x))), true));
  return new Uint8Array(view.buffer);
}
