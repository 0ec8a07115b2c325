// Range coding of events, as rangecoder/binary_code.py: an interval of 64 bits, words of 32.
//
// Numbers of 64 bits are pairs of unsigned halves; a double holds every product that is formed. The
// decoder keeps where its point lies in the interval, and not the interval's lower end: only that
// difference is asked for.

import { StreamError } from "codec/errors";

const WORD = 2 ** 32;
const SPLIT = (1 << 24) - 2;
const WHOLE = 65536;

/** Where the ones begin, in 2^-24, for a one of probability k / 65536. */
function split(k) {
  return Math.floor(((WHOLE - k) * SPLIT) / WHOLE) + 1;
}

/** bits of an ideal code, in 2^-16 bit: [k], of a symbol of probability k / 65536. */
export const COSTS = Float64Array.from({ length: WHOLE + 1 }, (_, k) =>
  Math.round(-Math.log2(Math.max(k, 1) / WHOLE) * WHOLE),
);

export class RangeDecoder {
  constructor(payload) {
    if (payload.at(-1) === 0) {
      throw new StreamError("an entropy code never ends in a zero byte");
    }
    this.payload = payload;
    this.place = 0; // bytes
    this.high = WORD - 1; // of the interval's length
    this.low = WORD - 1;
    this.offsetHigh = this.#word();
    this.offsetLow = this.#word();
    this.cost = 0;
    this.wrong = false; // a symbol so far was none that an encoder writes
  }

  /** The next symbol, 0 or 1, a one of probability k / 65536. */
  code(_, k) {
    const scale = this.high * 256 + (this.low >>> 24); // 40 bits
    const ones = split(k);
    const upper = Math.floor(scale / WHOLE) * ones; // 48 bits
    const rest = (upper & 0xffff) * WHOLE + (scale & 0xffff) * ones;
    const belowLow = rest >>> 0;
    const belowHigh = Math.floor(upper / WHOLE) + Math.floor(rest / WORD);
    const one = this.offsetHigh > belowHigh || (this.offsetHigh === belowHigh && this.offsetLow >= belowLow);
    if (one) {
      const wholeHigh = Math.floor(scale / 256); // scale << 24
      const wholeLow = (scale << 24) >>> 0;
      if (this.offsetHigh > wholeHigh || (this.offsetHigh === wholeHigh && this.offsetLow >= wholeLow)) {
        this.wrong = true; // the sliver that rounding leaves above every symbol
      }
      this.high = wholeHigh - belowHigh - (wholeLow < belowLow ? 1 : 0);
      this.low = (wholeLow - belowLow) >>> 0;
      this.offsetHigh = this.offsetHigh - belowHigh - (this.offsetLow < belowLow ? 1 : 0);
      this.offsetLow = (this.offsetLow - belowLow) >>> 0;
      this.cost += COSTS[k];
    } else {
      this.high = belowHigh;
      this.low = belowLow;
      this.cost += COSTS[WHOLE - k];
    }
    if (this.high === 0) {
      this.high = this.low;
      this.low = 0;
      this.offsetHigh = this.offsetLow;
      this.offsetLow = this.#word();
    }
    return one ? 1 : 0;
  }

  /** `StreamError` where no encoder wrote the payload, as far as that shows. */
  check() {
    if (this.wrong) {
      throw new StreamError("an entropy code holds impossible symbols");
    }
    if (8 * this.payload.length > (this.cost / WHOLE) * 1.001 + 24) {
      throw new StreamError("an entropy code is longer than its symbols");
    }
  }

  #word() {
    let word = 0;
    for (let i = 0; i < 4; i++, this.place++) {
      word = word * 256 + (this.payload[this.place] ?? 0);
    }
    return word;
  }
}

export class RangeEncoder {
  constructor() {
    this.words = [];
    this.high = WORD - 1;
    this.low = WORD - 1;
    this.lowerHigh = 0;
    this.lowerLow = 0;
    this.cost = 0;
    this.symbols = 0;
  }

  /** Code `symbol`, a one of probability k / 65536; returns it. */
  code(symbol, k) {
    const scale = this.high * 256 + (this.low >>> 24);
    const ones = split(k);
    const upper = Math.floor(scale / WHOLE) * ones;
    const rest = (upper & 0xffff) * WHOLE + (scale & 0xffff) * ones;
    const belowLow = rest >>> 0;
    const belowHigh = Math.floor(upper / WHOLE) + Math.floor(rest / WORD);
    if (symbol) {
      const wholeLow = (scale << 24) >>> 0;
      this.high = Math.floor(scale / 256) - belowHigh - (wholeLow < belowLow ? 1 : 0);
      this.low = (wholeLow - belowLow) >>> 0;
      const low = this.lowerLow + belowLow;
      const high = this.lowerHigh + belowHigh + (low >= WORD ? 1 : 0);
      if (high >= WORD) {
        carry(this.words);
      }
      this.lowerLow = low >>> 0;
      this.lowerHigh = high >>> 0;
      this.cost += COSTS[k];
    } else {
      this.high = belowHigh;
      this.low = belowLow;
      this.cost += COSTS[WHOLE - k];
    }
    if (this.high === 0) {
      this.words.push(this.lowerHigh);
      this.lowerHigh = this.lowerLow;
      this.lowerLow = 0;
      this.high = this.low;
      this.low = 0;
    }
    this.symbols++;
    return symbol;
  }

  /** The shortest string of bytes inside the last interval; the encoder is then used up. */
  bytes() {
    if (!this.symbols) {
      return new Uint8Array(0);
    }
    const pair = (high, low) => (BigInt(high) << 32n) + BigInt(low);
    const [lower, length] = [pair(this.lowerHigh, this.lowerLow), pair(this.high, this.low)];
    let step = 65n;
    let least;
    do {
      step--;
      least = ((lower + (1n << step) - 1n) >> step) << step;
    } while (least >= lower + length);
    if (least >> 64n) {
      carry(this.words);
    }
    const words = [...this.words, Number((least >> 32n) & 0xffffffffn), Number(least & 0xffffffffn)];
    const bytes = words.flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);
    let end = bytes.length;
    while (end && !bytes[end - 1]) {
      end--;
    }
    return Uint8Array.from(bytes.slice(0, end));
  }
}

/** Add one to the last of the words, which carries over those before. */
function carry(words) {
  let place = words.length - 1;
  while (words[place] === WORD - 1) {
    words[place--] = 0;
  }
  words[place]++;
}
