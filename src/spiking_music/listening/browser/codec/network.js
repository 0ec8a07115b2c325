// The ConvNeXt blocks of the post-filter: mdct/inference/convnext.py on the compiled kernels.

import { Memory } from "codec/memory";

const EPSILON = 1e-5; // of layer norm, as torch has it

export class Network {
  /** Of `most` frames at once. model: of `readModel`. module: the compiled kernels. */
  constructor({ config, tensors }, module, most) {
    const { width, depth, kernel, expansion } = config.network;
    const wide = expansion * width;
    this.inputs = tensors["in_proj.weight"].length / width;
    this.outputs = tensors["out_proj.bias"].length;
    this.width = width;
    this.reach = kernel >> 1;
    const rows = (most + 7) & ~3;
    const numbers = Object.values(tensors).reduce((sum, tensor) => sum + tensor.length, 0);
    const buffers = rows * (this.inputs + 3 * width + wide + this.outputs);
    const memory = new Memory(module, 4 * (numbers + buffers) + (4 << 20));
    this.kernels = memory.kernels;
    const weights = { get: (name) => tensors[name], memory };
    this.into = linear(weights, "in_proj");
    this.normIn = [tensors["norm_in.weight"], tensors["norm_in.bias"]];
    this.blocks = Array.from({ length: depth }, (_, i) => block(weights, `blocks.${i}.`, width, kernel));
    this.out = linear(weights, "out_proj", "norm_out");
    this.x = memory.floats(rows * this.inputs); // to be filled in
    this.state = memory.floats(rows * width);
    this.normed = memory.floats(rows * width);
    this.hidden = memory.floats(rows * this.blocks[0].expand.columns);
    this.added = memory.floats(rows * width);
    this.y = memory.floats(rows * this.out.columns);
  }

  /** The outputs (last − first, `out.columns`) of frames first .. last − 1 of `x`, of `steps` frames. */
  run(first, last, steps) {
    const { width, normIn } = this;
    let reach = this.blocks.length * this.reach;
    const base = Math.max(0, first - reach); // the frame that `state` begins with
    let [start, end] = [base, Math.min(steps, last + reach)];
    this.#multiply(this.x, start, this.into, this.state, 0, end - start);
    for (let row = 0; row < end - start; row++) {
      const frame = this.state.subarray(row * width, (row + 1) * width);
      normalise(frame);
      for (let c = 0; c < width; c++) {
        frame[c] = frame[c] * normIn[0][c] + normIn[1][c];
      }
    }
    for (const layers of this.blocks) {
      reach -= this.reach;
      const [before, after] = [start, end];
      [start, end] = [Math.max(0, first - reach), Math.min(steps, last + reach)];
      this.#block(layers, [before - base, after - base], [start - base, end - base]);
    }
    for (let row = 0; row < last - first; row++) {
      const source = (start - base + row) * width;
      const frame = this.normed.subarray(row * width, (row + 1) * width);
      frame.set(this.state.subarray(source, source + width));
      normalise(frame);
    }
    this.#multiply(this.normed, 0, this.out, this.y, 0, last - first);
    return this.y;
  }

  /** Rows start .. end − 1 of the state += what a block makes of rows before .. after − 1. */
  #block({ taps, bias, expand, contract }, [before, after], [start, end]) {
    const { width, state, normed, hidden, added, reach } = this;
    for (let row = start; row < end; row++) {
      const frame = normed.subarray((row - start) * width, (row - start + 1) * width);
      frame.set(bias);
      for (let source = Math.max(before, row - reach); source < Math.min(after, row + reach + 1); source++) {
        const [from, tap] = [source * width, (source - row + reach) * width];
        for (let c = 0; c < width; c++) {
          frame[c] += taps[tap + c] * state[from + c];
        }
      }
      normalise(frame);
    }
    this.#multiply(normed, 0, expand, hidden, 0, end - start);
    gelu(hidden, (end - start) * expand.columns);
    this.#multiply(hidden, 0, contract, added, 0, end - start);
    for (let i = 0, to = start * width; i < (end - start) * width; i++, to++) {
      state[to] += added[i];
    }
  }

  #multiply(x, from, layer, out, to, rows) {
    const { weight, bias, inner, columns } = layer;
    const [source, target] = [x.byteOffset + 4 * from * inner, out.byteOffset + 4 * to * columns];
    const whole = (rows + 3) & ~3; // what the last ones hold is of no use
    this.kernels.multiply(source, weight.byteOffset, bias.byteOffset, target, whole, inner, columns);
  }
}

/** A layer that takes over the factor and shift of a layer norm before it, and a scale after it. */
function linear({ get, memory }, name, norm, scale) {
  const [weight, bias] = [get(`${name}.weight`), get(`${name}.bias`)];
  const [factors, shifts] = norm ? [get(`${norm}.weight`), get(`${norm}.bias`)] : [null, null];
  const outputs = bias.length;
  const inner = weight.length / outputs;
  const columns = (outputs + 7) & ~7;
  const panels = new Float32Array(columns * inner);
  const shifted = new Float32Array(columns);
  for (let o = 0; o < outputs; o++) {
    const size = scale ? scale[o] : 1;
    let sum = bias[o];
    for (let i = 0; i < inner; i++) {
      const own = weight[o * inner + i];
      sum += norm ? own * shifts[i] : 0;
      panels[((o >> 3) * inner + i) * 8 + (o & 7)] = own * size * (norm ? factors[i] : 1);
    }
    shifted[o] = sum * size;
  }
  return { weight: memory.floats(panels), bias: memory.floats(shifted), inner, columns };
}

function block(weights, prefix, width, kernel) {
  const get = (name) => weights.get(prefix + name);
  const own = { get, memory: weights.memory };
  const depthwise = get("depthwise.weight"); // (width, 1, kernel)
  const taps = Float32Array.from({ length: width * kernel }, (_, i) =>
    depthwise[(i % width) * kernel + Math.floor(i / width)],
  );
  return {
    taps, // (kernel, width)
    bias: get("depthwise.bias"),
    expand: linear(own, "expand", "norm"),
    contract: linear(own, "contract", null, get("scale")),
  };
}

/** A row with mean 0 and variance 1, in place. */
function normalise(row) {
  let mean = 0;
  for (let c = 0; c < row.length; c++) {
    mean += row[c];
  }
  mean /= row.length;
  let square = 0;
  for (let c = 0; c < row.length; c++) {
    square += (row[c] - mean) ** 2;
  }
  const factor = 1 / Math.sqrt(square / row.length + EPSILON);
  for (let c = 0; c < row.length; c++) {
    row[c] = (row[c] - mean) * factor;
  }
}

/** GELU of the first `count` numbers, in place; erf to about 5e-7, as mdct/inference/kernels.py. */
function gelu(h, count) {
  for (let i = 0; i < count; i++) {
    const x = h[i];
    const y = Math.min(Math.max(x * Math.SQRT1_2, -4), 4);
    const s = y * y;
    let p = 2.77068142495902e-8 - s * 2.72614225801306e-10;
    p = -2.10102402082508e-6 + s * p;
    p = -5.69250639462346e-5 + s * p;
    p = -7.34990630326855e-4 + s * p;
    p = -2.95459980854025e-3 + s * p;
    p = -1.60960333262415e-2 + s * p;
    let q = -2.13374055278905e-4 - s * 1.45660718464996e-5;
    q = -1.68282697438203e-3 + s * q;
    q = -7.37332916720468e-3 + s * q;
    q = -1.42647390514189e-2 + s * q;
    h[i] = 0.5 * x * (1 + (y * p) / q);
  }
}
