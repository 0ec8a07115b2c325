// CRC-32 as of zlib, and SHA-256: a page from disk has no `crypto.subtle`.

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) {
    crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return crc;
});

/** The CRC-32 of bytes that follow others of CRC-32 `before`. */
export function crc32(bytes, before = 0) {
  let crc = ~before;
  for (const byte of bytes) {
    crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 255];
  }
  return ~crc >>> 0;
}

/** The SHA-256 of bytes, 32 of them (FIPS 180-4). */
export function sha256(bytes) {
  const [state, constants] = shaConstants();
  const padded = new Uint8Array(((bytes.length + 72) >> 6) << 6);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(padded.length - 4, bytes.length << 3);
  const words = new Int32Array(64);
  for (let start = 0; start < padded.length; start += 64) {
    for (let i = 0; i < 16; i++) {
      words[i] = view.getInt32(start + 4 * i);
    }
    compress(state, words, constants);
  }
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((word, i) => digest.setInt32(4 * i, word));
  return new Uint8Array(digest.buffer);
}

function compress(state, words, constants) {
  for (let i = 16; i < 64; i++) {
    const [a, b] = [words[i - 15], words[i - 2]];
    const low = turn(a, 7) ^ turn(a, 18) ^ (a >>> 3);
    const high = turn(b, 17) ^ turn(b, 19) ^ (b >>> 10);
    words[i] = words[i - 16] + low + words[i - 7] + high;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i++) {
    const choice = (e & f) ^ (~e & g);
    const first = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + choice + constants[i] + words[i]) | 0;
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const second = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + majority) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] += word));
}

function turn(word, bits) {
  return (word >>> bits) | (word << (32 - bits));
}

/** The first 32 bits of the fractions of the roots of primes: square roots of 8, cube roots of 64. */
function shaConstants() {
  const primes = [];
  for (let n = 2; primes.length < 64; n++) {
    if (primes.every((prime) => n % prime)) {
      primes.push(n);
    }
  }
  const fraction = (root) => ((root % 1) * 2 ** 32) | 0;
  const squares = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
  return [Int32Array.from(squares), Int32Array.from(primes.map((prime) => fraction(Math.cbrt(prime))))];
}
