// Version 2 of docs/stream-format.md, the compact stream: its header, parts and trailer.

import { crc32, sha256 } from "codec/digests";
import { OTHER_MODEL, StreamError } from "codec/errors";
import { half } from "codec/model";

const HEAD = 22; // bytes of the header that its sum is of
const [BLOCK, TRAILER] = [0xc0, 0xe7]; // markers, a block's with its format
const [LONG, LEVEL, GAIN, FORMAT, SHORT, NONE, WIDE] = [0x80, 0xc0, 0xe0, 0xe1, 0xe8, 0xe9, 0xea];
const [PACKED, CHAINED, FORMATS] = [4, 6, 7];
const ALL = 255; // look-ahead: as far as the model reaches
const DAMAGED = "The stream is damaged: transfer it again.";

/** As `readStream`, of a stream of the model of `config`, which says the shape of its codes. */
export function readCompact(bytes, config) {
  const cursor = new Cursor(bytes, 0, 0);
  cursor.take(9); // magic and version, which were read before
  const fingerprint = [...cursor.take(6)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const header = {
    originalRate: cursor.number(3) & 0xfffff,
    blockSteps: cursor.number(2),
    parts: cursor.number(1),
    lookAhead: cursor.number(1),
    rate: config.sampleRate,
    hop: config.hop,
    rows: config.layout.rows,
    fingerprint: config.fingerprint.startsWith(fingerprint) ? config.fingerprint : null,
  };
  const stamp = crc32(bytes.subarray(0, HEAD));
  require(cursor.number(3) === (stamp & 0xffffff), "The header of the stream is damaged: transfer it again.");
  require(header.fingerprint === config.fingerprint, OTHER_MODEL); // which knows the shape of its codes
  require(header.parts && header.lookAhead && header.blockSteps && header.originalRate >= 1000);
  require(header.rows * header.blockSteps <= 523768 && header.originalRate <= 768000);
  header.lookAhead = header.lookAhead === ALL ? Infinity : header.lookAhead;
  require(header.lookAhead === Infinity || header.lookAhead <= header.blockSteps);
  const frames = [];
  let place = cursor.place;
  for (let number = 0; bytes[place] !== TRAILER; number++) {
    place = readBlock(bytes, place, number, header, stamp, frames);
  }
  return { header, frames, trailer: readEnd(bytes, place, header, stamp, frames) };
}

/** Add the parts of a block to `frames`; where the next block starts. */
function readBlock(bytes, start, number, header, stamp, frames) {
  const index = new Uint8Array(4);
  new DataView(index.buffer).setUint32(0, number, true);
  const cursor = new Cursor(bytes, start, crc32(index, stamp));
  require(frames.length === number * header.parts && (frames.at(-1)?.steps ?? header.blockSteps) === header.blockSteps);
  let now = { format: cursor.number(1) - BLOCK, level: 255, gain: 1 };
  require(now.format >= 0 && now.format < FORMATS && cursor.number(1) === (number & 255));
  let chained = now.format === CHAINED;
  for (let part = 0; part < header.parts; part++) {
    const head = readHead(cursor, now, header);
    if (!head) {
      require(part > 0);
      break;
    }
    now = head.now;
    require(now.format !== CHAINED || chained);
    require(now.format !== PACKED);
    chained = now.format === CHAINED;
    const frame = { index: frames.length, steps: head.steps, ...now, goesOn: part > 0, room: header.parts * header.blockSteps };
    frames.push({ ...frame, ...counted(now.format, cursor.take(head.length)) });
    if (head.last) {
      break;
    }
  }
  const sum = cursor.crc & 0xffffff;
  require(cursor.number(3) === sum, `Block ${number} of the stream is damaged, as its checksum tells: transfer it again.`);
  return cursor.place;
}

/** What stands before a payload; null where the block has no further part. */
function readHead(cursor, before, header) {
  const first = cursor.number(1);
  if (first === NONE) {
    return null;
  }
  let [steps, code] = [header.blockSteps, first];
  if (code === SHORT) {
    const missing = cursor.number(1) || cursor.number(2, 256);
    require(missing < steps);
    steps -= missing;
    code = cursor.number(1);
  }
  const now = { ...before };
  if (code >= FORMAT && code < SHORT) {
    now.format = code - FORMAT;
    require(now.format !== before.format);
    code = cursor.number(1);
  }
  if (code >= LEVEL && code < GAIN) {
    now.level = code - LEVEL;
    require(now.level !== before.level);
    code = cursor.number(1);
  }
  if (code === GAIN) {
    now.gain = half(cursor.number(2));
    require(now.gain > 0 && now.gain < Infinity && now.gain !== before.gain);
    code = cursor.number(1);
  }
  const length = readLength(cursor, code);
  require(length <= ((header.rows * header.blockSteps + 7) >> 3) + 64);
  return { now, steps, length, last: first === SHORT };
}

function readLength(cursor, code) {
  if (code < LONG) {
    return code;
  }
  if (code < LEVEL) {
    const length = (code - LONG) * 256 + cursor.number(1);
    require(length >= LONG);
    return length;
  }
  require(code === WIDE);
  return cursor.number(2, (LEVEL - LONG) * 256);
}

/** { payload, events } of a payload that may begin with the number of its events; null: not known. */
function counted(format, bytes) {
  if (format === 0) {
    const ones = (byte) => byte.toString(2).replaceAll("0", "").length;
    return { payload: bytes, events: bytes.reduce((sum, byte) => sum + ones(byte), 0) };
  }
  if (format > 3) {
    return { payload: bytes, events: null };
  }
  let [events, size] = [0, 0];
  do {
    require(size < Math.min(bytes.length, 4));
    events += (bytes[size] & 127) << (7 * size);
  } while (bytes[size++] & 128);
  require(size === 1 || bytes[size - 1] > 0);
  return { payload: bytes.subarray(size), events };
}

function readEnd(bytes, place, { rate, originalRate, hop, blockSteps }, stamp, frames) {
  const cursor = new Cursor(bytes, place, stamp);
  cursor.take(1);
  const [low, high] = [cursor.number(4), cursor.number(1)];
  const originalSamples = low + (high & 15) * 2 ** 32;
  const sum = sha256(bytes.subarray(0, place + 6));
  const whole = cursor.take(4).every((byte, i) => byte === sum[i]);
  const own = cursor.crc & 0xffffff;
  require(whole && cursor.number(3) === own, "The stream as a whole is damaged, as its checksum tells: transfer it again.");
  require(cursor.place === bytes.length, "Bytes follow the end of the stream: cut them off.");
  const samples = Math.max(1, Math.floor((originalSamples * rate) / originalRate + 0.5)) + (((high >> 4) ^ 8) - 8);
  const steps = frames.reduce((total, frame) => total + frame.steps, 0);
  require(originalSamples >= 1 && samples >= 1 && Math.ceil(samples / hop) === steps);
  require(frames.length === Math.ceil(steps / blockSteps));
  return { samples, originalSamples, blocks: frames.length };
}

/** Takes bytes one after the other, and knows the CRC-32 of those that were taken. */
class Cursor {
  constructor(bytes, place, crc) {
    Object.assign(this, { bytes, place, crc });
  }

  take(size) {
    require(this.place + size <= this.bytes.length, "The stream ends too early: transfer it again.");
    const taken = this.bytes.subarray(this.place, this.place + size);
    this.place += size;
    this.crc = crc32(taken, this.crc);
    return taken;
  }

  /** A little-endian number of so many bytes, which is not below `least`. */
  number(size, least = 0) {
    const value = this.take(size).reduceRight((sum, byte) => sum * 256 + byte, 0);
    require(value >= least);
    return value;
  }
}

function require(holds, words = DAMAGED) {
  if (!holds) {
    throw new StreamError(words);
  }
}
