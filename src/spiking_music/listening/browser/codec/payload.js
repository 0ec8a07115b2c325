// The payload of a block ↔ its codes, in the stream's formats and the entropy coder's methods.

import { BitReader } from "codec/bits";
import { codesOf, emptyCodes, eventsOf, eventsOfMatrix, section } from "codec/codes";
import { StreamError } from "codec/errors";
import { PLAIN, packPlain, unpackPlain } from "codec/formats";
import { Mixer } from "codec/mixer";
import { Mixing } from "codec/mixing";
import { COSTS, RangeDecoder, RangeEncoder } from "codec/range";

const [ENTROPY, CHAINED] = [5, 6]; // of the formats
const [RAW, STATIC, CONTEXT_MIXING] = [0, 1, 4]; // the methods' first byte

export class Payloads {
  /** model: of `readModel`. module: the compiled kernels. */
  constructor(model, module) {
    this.layout = model.config.layout;
    this.chances = model.tensors["static"];
    this.mixer = new Mixer(model, new Mixing(model, module));
    this.block = null; // whose parts continue one another
  }

  /** { codes, events } of the next frame of a stream; `StreamError` where it is damaged. */
  unpack(frame) {
    const { format, payload, steps, events: announced } = frame;
    const { rows } = this.layout;
    if (format === CHAINED) {
      this.block = frame.goesOn ? this.block : this.mixer.begin(emptyCodes(this.layout, frame.room));
      return this.#mixed(payload, this.block, steps);
    }
    if (format < PLAIN.length) {
      return this.#ofMatrix(unpackPlain(payload, PLAIN[format], rows, steps, announced), steps);
    }
    const found = this.#decode(payload, steps);
    if (announced !== null && found.events.units.length !== announced) {
      throw new StreamError(`${found.events.units.length} events are decoded and ${announced} announced`);
    }
    return found;
  }

  #decode(payload, steps) {
    const { rows } = this.layout;
    const [method, body] = [payload[0], payload.subarray(1)];
    if (method === RAW) {
      return this.#ofMatrix(bitsOf(body, rows * steps), steps);
    }
    if (method === CONTEXT_MIXING) {
      return this.#mixed(body, this.mixer.begin(emptyCodes(this.layout, steps)), steps);
    }
    if (method === STATIC) {
      const coder = new RangeDecoder(body);
      const z = Uint8Array.from({ length: rows * steps }, (_, i) => coder.code(0, this.chances[Math.floor(i / steps)]));
      coder.check();
      return this.#ofMatrix(z, steps);
    }
    throw new StreamError(`an entropy code names the unknown method ${method}`);
  }

  /** The next steps of a block. */
  #mixed(body, block, steps) {
    const coder = new RangeDecoder(body);
    this.mixer.run(coder, block, steps);
    coder.check();
    const codes = section(block.codes, block.t - steps, block.t);
    return { codes, events: eventsOf(codes) };
  }

  #ofMatrix(z, steps) {
    return { codes: codesOf(z, this.layout, steps), events: eventsOfMatrix(z, this.layout.rows, steps) };
  }

  /** { format, payload, events } of codes: the smallest there is. */
  pack(codes) {
    const { rows } = this.layout;
    const events = eventsOf(codes);
    const plain = packPlain(events, rows, codes.steps);
    const entropy = this.#encode(codes, events);
    return entropy.length < plain.bytes
      ? { format: ENTROPY, payload: entropy, events }
      : { format: PLAIN.indexOf(plain.format), payload: plain.payload(), events };
  }

  /** By the method that is cheapest, as codec/entropy/coder.py. */
  #encode(codes, events) {
    const raw = (this.layout.rows * codes.steps + 7) >> 3;
    const coder = new RangeEncoder();
    this.mixer.run(coder, this.mixer.begin(codes), codes.steps);
    const even = this.#staticBits(events, codes.steps);
    const mixed = coder.cost / 65536;
    if (8 * raw <= Math.min(even, mixed)) {
      return withByte(RAW, rawBytes(events, this.layout.rows, codes.steps));
    }
    if (even < mixed) {
      return withByte(STATIC, this.#static(events, codes.steps));
    }
    return withByte(CONTEXT_MIXING, coder.bytes());
  }

  #staticBits({ units }, steps) {
    const silent = this.chances.reduce((sum, k) => sum + steps * COSTS[65536 - k], 0);
    const fired = units.reduce((sum, n) => sum + COSTS[this.chances[n]] - COSTS[65536 - this.chances[n]], 0);
    return (silent + fired) / 65536;
  }

  #static(events, steps) {
    const z = matrixOf(events, this.layout.rows, steps);
    const coder = new RangeEncoder();
    z.forEach((symbol, i) => coder.code(symbol, this.chances[Math.floor(i / steps)]));
    return coder.bytes();
  }
}

function withByte(method, body) {
  return Uint8Array.from([method, ...body]);
}

function matrixOf({ units, steps: times }, rows, steps) {
  const z = new Uint8Array(rows * steps);
  units.forEach((unit, i) => (z[unit * steps + times[i]] = 1));
  return z;
}

function rawBytes(events, rows, steps) {
  const bytes = new Uint8Array((rows * steps + 7) >> 3);
  events.units.forEach((unit, i) => {
    const place = unit * steps + events.steps[i];
    bytes[place >> 3] |= 128 >> (place & 7);
  });
  return bytes;
}

function bitsOf(bytes, total) {
  const reader = new BitReader(bytes, total);
  return Uint8Array.from({ length: total }, () => reader.take(1));
}
