// A stream in, its header, blocks and trailer out: docs/stream-format.md. Version 1 is here.

import { widthOf } from "codec/bits";
import { readCompact } from "codec/compact";
import { crc32, sha256 } from "codec/digests";
import { StreamError } from "codec/errors";
import { half } from "codec/model";

export const MAGIC = [0x89, 0x53, 0x50, 0x4b, 0x0d, 0x0a, 0x1a, 0x0a];
export const BLOCK = 0xb1c5; // markers, as little-endian numbers
export const END = 0xe7c5;
export const HEADER_BYTES = 50;
export const FIELDS_BYTES = 16; // of a block, before its payload
export const TRAILER_BYTES = 72;
const AGAIN = "transfer it again";

/**
 * { header, frames, trailer } of a whole stream; `StreamError` at the first thing that is wrong.
 *
 * config: of the model, which says what streams of version 2 leave out. Frames are blocks, or the
 * parts of blocks; `lookAhead`: how many frames after one its sound is made with, at most.
 */
export function readStream(bytes, config) {
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) {
    throw new StreamError("This is no .spk stream: it does not start as one.");
  }
  if (bytes[8] === 2) {
    return readCompact(bytes, config);
  }
  if (bytes[8] !== 1) {
    throw new StreamError(`The stream has version ${bytes[8]}, and this page reads versions 1 and 2.`);
  }
  const header = readHeader(bytes);
  const frames = [];
  let place = HEADER_BYTES;
  while (viewOf(bytes, place, 2, `block ${frames.length}`).getUint16(0, true) !== END) {
    const frame = readFrame(bytes, place, header, frames.length);
    if (frames.length && frames.at(-1).steps < header.blockSteps) {
      throw new StreamError(`Block ${frame.index} follows a shorter one, which must be the last.`);
    }
    frames.push(frame);
    place += FIELDS_BYTES + frame.payload.length + 4;
  }
  return { header, frames, trailer: readTrailer(bytes, place, header, frames) };
}

function readHeader(bytes) {
  const view = viewOf(bytes, 0, HEADER_BYTES, "its header");
  if (view.getUint32(46, true) !== crc32(bytes.subarray(0, 46))) {
    throw new StreamError(`The header of the stream is damaged: ${AGAIN}.`);
  }
  const header = {
    kind: view.getUint8(9),
    rows: view.getUint16(10, true),
    codebook: view.getUint16(12, true) + 1,
    hop: view.getUint16(14, true),
    blockSteps: view.getUint16(16, true),
    rate: view.getUint32(18, true),
    originalRate: view.getUint32(22, true),
    fingerprint: [...bytes.subarray(30, 46)].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
    stamp: view.getUint32(46, true),
    lookAhead: Infinity,
  };
  const entryBits = header.kind ? widthOf(header.codebook) : 1;
  const wrong =
    header.kind > 1 ||
    (header.kind === 0) !== (header.codebook === 1) ||
    [header.rows, header.hop, header.blockSteps].includes(0) ||
    header.rows > 4096 ||
    [header.rate, header.originalRate].some((rate) => rate < 1000 || rate > 768000) ||
    header.rows * header.blockSteps * entryBits > 523768 ||
    header.blockSteps * header.hop > 1 << 24;
  if (wrong) {
    throw new StreamError("The header of the stream holds values that no stream has.");
  }
  return header;
}

function readFrame(bytes, place, header, index) {
  const what = `block ${index}`;
  const view = viewOf(bytes, place, FIELDS_BYTES, what);
  const word = view.getUint32(8, true);
  const frame = {
    index: view.getUint32(2, true),
    steps: view.getUint16(6, true),
    events: word & 0xfffff,
    format: (word >>> 20) & 15,
    level: word >>> 24,
    gain: half(view.getUint16(12, true)),
  };
  const length = view.getUint16(14, true);
  const limit = ((header.rows * header.blockSteps + 7) >> 3) + 64;
  const wrong =
    view.getUint16(0, true) !== BLOCK ||
    frame.index !== index ||
    frame.steps < 1 ||
    frame.steps > header.blockSteps ||
    frame.events > header.rows * frame.steps ||
    !(frame.format < 4 || frame.format === 5) ||
    !(frame.level < 32 || frame.level === 255) ||
    !(frame.gain > 0 && frame.gain < Infinity) ||
    length > limit;
  if (wrong) {
    throw new StreamError(`The stream is damaged at ${what}: ${AGAIN}.`);
  }
  const end = place + FIELDS_BYTES + length;
  const stored = viewOf(bytes, end, 4, what).getUint32(0, true);
  if (stored !== crc32(bytes.subarray(place, end), header.stamp)) {
    throw new StreamError(`Block ${index} of the stream is damaged, as its checksum tells: ${AGAIN}.`);
  }
  return { ...frame, payload: bytes.subarray(place + FIELDS_BYTES, end) };
}

function readTrailer(bytes, place, header, frames) {
  const view = viewOf(bytes, place, TRAILER_BYTES, "its trailer");
  const wide = (offset) => view.getUint32(offset, true) + 2 ** 32 * view.getUint32(offset + 4, true);
  const trailer = { samples: wide(40), originalSamples: wide(48), blocks: view.getUint32(56, true) };
  const sealed = bytes.subarray(place, place + 68);
  const copied = bytes.subarray(8, 46).every((byte, i) => byte === sealed[2 + i]);
  const sum = sha256(bytes.subarray(0, place + 60)).subarray(0, 8);
  const whole = sum.every((byte, i) => byte === sealed[60 + i]);
  if (!copied || !whole || view.getUint32(68, true) !== crc32(sealed, header.stamp)) {
    throw new StreamError(`The stream as a whole is damaged, as its checksum tells: ${AGAIN}.`);
  }
  if (bytes.length > place + TRAILER_BYTES) {
    throw new StreamError("Bytes follow the end of the stream: cut them off.");
  }
  const block = header.blockSteps * header.hop;
  const most = ((frames.length - 1) * header.blockSteps + (frames.at(-1)?.steps ?? 0)) * header.hop;
  const { samples, originalSamples, blocks } = trailer;
  const apart = Math.abs(samples * header.originalRate - originalSamples * header.rate);
  const fits = blocks === frames.length && blocks > 0 && samples > (blocks - 1) * block && samples <= most;
  if (!fits || originalSamples < 1 || apart > 16 * (header.rate + header.originalRate)) {
    throw new StreamError("The trailer of the stream and its blocks do not agree.");
  }
  return trailer;
}

/** A view of bytes that must be there. */
function viewOf(bytes, place, size, what) {
  if (place + size > bytes.length) {
    throw new StreamError(`The stream ends within ${what}: ${AGAIN}.`);
  }
  return new DataView(bytes.buffer, bytes.byteOffset + place, size);
}
