// Whole numbers of a fixed width as a string of bits, most significant bit first.

import { StreamError } from "codec/errors";

/** ⌈log2 n⌉: bits that tell n alternatives apart. */
export function widthOf(n) {
  return n > 1 ? 32 - Math.clz32(n - 1) : 0;
}

export class BitReader {
  /** `StreamError` unless the payload has just the bytes that so many bits need, zeros at the end. */
  constructor(payload, total) {
    if (payload.length !== (total + 7) >> 3) {
      throw new StreamError(`${payload.length} bytes are there where ${(total + 7) >> 3} belong`);
    }
    if (total % 8 && payload.at(-1) & ((1 << (8 - (total % 8))) - 1)) {
      throw new StreamError("there are ones in the padding of a payload");
    }
    this.payload = payload;
    this.place = 0;
  }

  take(width) {
    let value = 0;
    for (let i = 0; i < width; i++, this.place++) {
      value = 2 * value + ((this.payload[this.place >> 3] >> (7 - (this.place & 7))) & 1);
    }
    return value;
  }
}

export class BitWriter {
  constructor(total) {
    this.payload = new Uint8Array((total + 7) >> 3);
    this.place = 0;
  }

  put(value, width) {
    for (let bit = width - 1; bit >= 0; bit--, this.place++) {
      this.payload[this.place >> 3] |= ((value >> bit) & 1) << (7 - (this.place & 7));
    }
  }
}
