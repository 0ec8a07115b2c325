// The network of the entropy model in whole numbers: mdct/context_network.py, to the last bit.
//
// Sums stay below 2^31, as there; products of weights (±2047) and units (0 .. 8191) fit into the
// kernels' 16 bits a factor.

import { Memory } from "codec/memory";

export class Mixing {
  /** model: of `readModel`. module: the compiled kernels. */
  constructor({ config, tensors }, module) {
    const { layout, mixing } = config;
    Object.assign(this, mixing); // lags, reach, firstUnits, …, largest: as the constants there
    this.bins = layout.bins;
    this.rows = this.lags + 1;
    this.places = this.bins + 2 * this.reach;
    this.sigmoid = tensors["sigmoid"];
    this.sizeOf = tensors["sizes"]; // of levels
    this.overtones = ["starts", "targets", "rows"].map((name) => tensors[`overtones.${name}`]);
    this.net = Object.fromEntries(
      Object.entries(tensors)
        .filter(([name]) => name.startsWith("net."))
        .map(([name, tensor]) => [name.slice(4), Int32Array.from(tensor)]),
    );
    this.#settle(new Memory(module, 4 << 20));
    this.quiet = this.#quiet();
  }

  #settle(memory) {
    const { net, firstUnits, signedUnits, secondUnits } = this;
    this.kernels = memory.kernels;
    this.sums = memory.ints(this.rows * this.places * firstUnits); // in 1/2048
    this.signedSums = memory.ints(this.rows * this.places * signedUnits);
    this.near = new Uint8Array(this.rows * this.places);
    this.sizes = memory.ints(net.sizes);
    this.harmonics = memory.ints(net.harmonics);
    this.signs = memory.ints(net.signs);
    this.beats = memory.shorts(paired(net.beats, firstUnits, signedUnits));
    this.deep = memory.shorts(paired(net.deep, secondUnits, firstUnits));
    this.firstSums = memory.ints(firstUnits); // in 1/65536
    this.secondSums = memory.ints(net.deep_bias.map((bias) => bias << 8));
    this.beat = new Int32Array(signedUnits); // layers of the bin in question
    this.size = memory.shorts(signedUnits); // |beat|
    this.first = memory.shorts(firstUnits);
    this.second = memory.shorts(secondUnits);
  }

  /** k that bins fire of which nothing is near, (classes, B). */
  #quiet() {
    const quiet = new Uint16Array(this.classes * this.bins);
    for (let density = 0; density < this.classes; density++) {
      for (let n = 0; n < this.bins; n++) {
        this.forward(0, n, density);
        quiet[density * this.bins + n] = this.levelChance(n, 1);
      }
    }
    return quiet;
  }

  /** Forget a block. */
  reset() {
    this.sums.fill(0);
    this.signedSums.fill(0);
    this.near.fill(0);
  }

  /** Clear the sums of a step that is over. */
  clear(step) {
    const row = step % this.rows;
    for (const [sums, units] of [[this.sums, this.firstUnits], [this.signedSums, this.signedUnits], [this.near, 1]]) {
      sums.fill(0, row * this.places * units, (row + 1) * this.places * units);
    }
  }

  isNear(step, n) {
    return this.near[(step % this.rows) * this.places + n + this.reach];
  }

  /** 0 .. classes − 1 of the sizes of all that fired lately: half octaves of their sum. */
  densityClass(total) {
    const square = total * total; // below 2^53
    return Math.min(square ? Math.floor(Math.log2(square)) + 1 : 0, this.classes - 1);
  }

  /** Add bin n, which fired at `step` with a level, to the sums of its neighbours. */
  accumulate(step, n, level) {
    const size = this.sizeOf[Math.abs(level)];
    const { reach, signedReach } = this;
    for (let lag = 0; lag < this.rows; lag++) {
      const first = lag ? 0 : reach + 1;
      const place = ((step + lag) % this.rows) * this.places + n + first;
      const count = 2 * reach + 1 - first;
      this.near.fill(1, place, place + count);
      this.#add(this.sums, place, this.sizes, lag * (2 * reach + 1) + first, count, this.firstUnits, size);
    }
    const [starts, targets, rows] = this.overtones;
    for (let i = starts[n]; i < starts[n + 1]; i++) {
      const place = (step % this.rows) * this.places + targets[i] + reach;
      this.near[place] = 1;
      this.#add(this.sums, place, this.harmonics, rows[i], 1, this.firstUnits, size);
    }
    for (let lag = 0; lag <= this.signedLags; lag++) {
      // a steady tone's coefficients turn from step to step, and the other way in the next bin
      const turned = level < 0 !== Boolean(lag & n & 1);
      const first = lag ? 0 : signedReach + 1;
      const place = ((step + lag) % this.rows) * this.places + n + first + reach - signedReach;
      const count = 2 * signedReach + 1 - first;
      const row = lag * (2 * signedReach + 1) + first;
      this.#add(this.signedSums, place, this.signs, row, count, this.signedUnits, turned ? -size : size);
    }
  }

  #add(sums, place, weights, row, count, units, size) {
    const [target, source] = [sums.byteOffset + 4 * place * units, weights.byteOffset + 4 * row * units];
    this.kernels.addScaled(target, source, count * units, size);
  }

  /** Fill the layers of bin n at `step`. */
  forward(step, n, density) {
    const { firstUnits, signedUnits, firstSums, beat, size, net, roof, kernels } = this;
    const place = (step % this.rows) * this.places + n + this.reach;
    const beats = place * signedUnits;
    for (let j = 0; j < signedUnits; j++) {
      const value = Math.min(Math.max(this.signedSums[beats + j] >> 3, -roof), roof);
      beat[j] = value;
      size[j] = Math.abs(value);
    }
    const [heard, own, common] = [place * firstUnits, n * firstUnits, density * firstUnits];
    for (let i = 0; i < firstUnits; i++) {
      firstSums[i] = (this.sums[heard + i] << 5) + ((net.bins[own + i] + net.classes[common + i]) << 8);
    }
    const layer = (sums, weights, x, units) =>
      kernels.layer(
        ...[sums, weights, x, units].map((array) => array.byteOffset),
        ...[units.length >> 2, x.length >> 1, roof],
      );
    layer(firstSums, this.beats, size, this.first);
    layer(this.secondSums, this.deep, this.first, this.second);
  }

  /** k of bin n's `level` where the one below it fires. */
  levelChance(n, level) {
    const { net } = this;
    const bias = net.levels_bias[level - 1] + (level === 1 ? net.significance[n] : 0);
    return this.#chance((this.#dot(net.levels, level - 1) + (bias << 8)) >> 10);
  }

  /** k of a positive sign. */
  signChance() {
    const { net, roof, beat } = this;
    let total = 0;
    for (let j = 0; j < this.signedUnits; j++) {
      const gate = (this.#dot(net.gates, j) + (net.gates_bias[j] << 8)) >> 8;
      total += Math.min(Math.max(gate, -roof), roof) * beat[j];
    }
    return this.#chance(Math.floor(total / 1024));
  }

  #dot(weights, row) {
    const { second, secondUnits } = this;
    let total = 0;
    for (let i = 0, place = row * secondUnits; i < secondUnits; i++, place++) {
      total = (total + Math.imul(weights[place], second[i])) | 0;
    }
    return total;
  }

  #chance(logit) {
    return this.sigmoid[Math.min(Math.max(logit, -this.largest), this.largest) + this.largest];
  }
}

/** Weights (outputs, inputs) as the kernel `layer` reads them, (outputs / 4, inputs / 2, 4, 2). */
function paired(weights, outputs, inputs) {
  const order = new Int16Array(outputs * inputs);
  let place = 0;
  for (let group = 0; group < outputs; group += 4) {
    for (let pair = 0; pair < inputs; pair += 2) {
      for (let lane = 0; lane < 4; lane++) {
        order[place++] = weights[(group + lane) * inputs + pair];
        order[place++] = weights[(group + lane) * inputs + pair + 1];
      }
    }
  }
  return order;
}
