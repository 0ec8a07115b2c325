// A model as the page holds it: a safetensors file with its configuration in the metadata.

/** Numbers of IEEE 754 binary16 as doubles, by their bits. */
export function half(bits) {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const sign = bits >> 15 ? -1 : 1;
  if (exponent === 31) {
    return fraction ? NaN : sign * Infinity;
  }
  return sign * (exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction);
}

/** The bits of the binary16 nearest to a positive number below 65520, ties to even. */
export function halfBits(value) {
  const exponent = Math.max(-14, Math.floor(Math.log2(value)));
  const steps = roundEven(value / 2 ** (exponent - 10)); // 1024 .. 2048; fewer of what is tiny
  return ((exponent + 14) << 10) + steps;
}

/** The nearest whole number, of two the even one. */
export function roundEven(x) {
  const near = Math.round(x);
  return near - x === 0.5 && near % 2 ? near - 1 : near;
}

const HALVES = Float32Array.from({ length: 65536 }, (_, bits) => half(bits));

const TYPES = {
  F16: (buffer, start, count) => new Uint16Array(buffer, start, count).reduce(widened, new Float32Array(count)),
  F32: (buffer, start, count) => new Float32Array(buffer, start, count),
  U16: (buffer, start, count) => new Uint16Array(buffer, start, count),
  I16: (buffer, start, count) => new Int16Array(buffer, start, count),
  I32: (buffer, start, count) => new Int32Array(buffer, start, count),
};

function widened(floats, bits, i) {
  floats[i] = HALVES[bits];
  return floats;
}

/** { config, tensors }: typed arrays by name, halves widened to float32. */
export function readModel(buffer) {
  const size = Number(new DataView(buffer).getBigUint64(0, true));
  const { __metadata__: metadata, ...entries } = JSON.parse(
    new TextDecoder().decode(new Uint8Array(buffer, 8, size)),
  );
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(entries)) {
    const count = shape.reduce((product, length) => product * length, 1);
    const own = buffer.slice(8 + size + offsets[0], 8 + size + offsets[1]); // aligned
    tensors[name] = TYPES[dtype](own, 0, count);
  }
  return { config: JSON.parse(metadata.config), tensors };
}
