// Which clips a listener rates where that are not all: balanced blocks of listeners.

import { hash, shuffled } from "mushra/random";

/**
 * `count` of the items for the listener of this number, counted from 0. A block has as many
 * listeners as it takes until each item has come equally often (n / gcd(n, count)). They take
 * turns around one circle, so that nobody gets an item twice; each block draws its own circle.
 */
export function drawn(items, count, seed, listener) {
  const size = items.length / divisor(items.length, count);
  const block = Math.floor(listener / size);
  const circle = shuffled(items, hash(`${seed}:block:${block}`));
  const first = (listener % size) * count;
  return Array.from({ length: count }, (_, i) => circle[(first + i) % items.length]);
}

/** The greatest common one. */
function divisor(a, b) {
  return b ? divisor(b, a % b) : a;
}
