// Blocks in, a stream out: version 1 of docs/stream-format.md, the bytes of codec/stream/writer.py.

import { crc32, sha256 } from "codec/digests";
import { halfBits } from "codec/model";
import { BLOCK, END, FIELDS_BYTES, HEADER_BYTES, MAGIC, TRAILER_BYTES } from "codec/stream";

/** The bytes of a stream. header: as `readHeader` gives it. frames: in order, their payloads packed. */
export function writeStream(header, frames, samples, originalSamples) {
  const blocks = frames.map(blockBytes);
  const head = headerBytes(header, crc32(blocks[0]));
  const stamp = crc32(head.subarray(0, 46));
  const parts = [head];
  for (const block of blocks) {
    parts.push(block, crcBytes(crc32(block, stamp)));
  }
  const fields = trailerFields(head, samples, originalSamples, frames.length);
  const sum = sha256(joined([...parts, fields])).subarray(0, 8);
  const trailer = joined([fields, sum]);
  return joined([...parts, trailer, crcBytes(crc32(trailer, stamp))]);
}

function blockBytes({ index, steps, events, format, level, gain, payload }) {
  const block = new Uint8Array(FIELDS_BYTES + payload.length);
  const view = new DataView(block.buffer);
  view.setUint16(0, BLOCK, true);
  view.setUint32(2, index, true);
  view.setUint16(6, steps, true);
  view.setUint32(8, (events | (format << 20) | (level << 24)) >>> 0, true);
  view.setUint16(12, halfBits(gain), true);
  view.setUint16(14, payload.length, true);
  block.set(payload, FIELDS_BYTES);
  return block;
}

function headerBytes(header, salt) {
  const head = new Uint8Array(HEADER_BYTES);
  const view = new DataView(head.buffer);
  head.set(MAGIC);
  view.setUint8(8, 1);
  view.setUint16(10, header.rows, true);
  view.setUint16(14, header.hop, true);
  view.setUint16(16, header.blockSteps, true);
  view.setUint32(18, header.rate, true);
  view.setUint32(22, header.originalRate, true);
  view.setUint32(26, salt, true);
  head.set(header.fingerprint.match(/../g).map((pair) => parseInt(pair, 16)), 30);
  view.setUint32(46, crc32(head.subarray(0, 46)), true);
  return head;
}

function trailerFields(head, samples, originalSamples, blocks) {
  const fields = new Uint8Array(TRAILER_BYTES - 12);
  const view = new DataView(fields.buffer);
  view.setUint16(0, END, true);
  fields.set(head.subarray(8, 46), 2);
  view.setBigUint64(40, BigInt(samples), true);
  view.setBigUint64(48, BigInt(originalSamples), true);
  view.setUint32(56, blocks, true);
  return fields;
}

function crcBytes(crc) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, crc, true);
  return bytes;
}

function joined(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    bytes.set(part, place);
    place += part.length;
  }
  return bytes;
}
