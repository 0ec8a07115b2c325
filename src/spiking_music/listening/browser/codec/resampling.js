// Samples at another rate: a windowed sinc of 64 zero crossings, its stop band 100 dB down.

const CROSSINGS = 64; // on either side
const BETA = 10; // of the Kaiser window
const PASSED = 0.95; // of the band of the lower rate

/** ⌊n·wanted/rate + ½⌋ samples, at least one; the first stay at the same instant. */
export function resampled(samples, rate, wanted) {
  if (rate === wanted) {
    return samples;
  }
  const shared = gcd(rate, wanted);
  const [up, down] = [wanted / shared, rate / shared];
  const cutoff = Math.min(1, wanted / rate) * PASSED;
  const reach = Math.ceil(CROSSINGS / cutoff);
  const phases = new Map(); // where between two samples → the filter there
  const made = new Float32Array(Math.max(1, Math.floor((samples.length * wanted) / rate + 0.5)));
  for (let i = 0; i < made.length; i++) {
    const [whole, phase] = [Math.floor((i * down) / up), (i * down) % up];
    if (!phases.has(phase)) {
      phases.set(phase, filter(phase / up, cutoff, reach));
    }
    const taps = phases.get(phase);
    const first = whole - reach + 1;
    let sum = 0;
    for (let j = Math.max(0, first), end = Math.min(samples.length, whole + reach + 1); j < end; j++) {
      sum += samples[j] * taps[j - first];
    }
    made[i] = sum;
  }
  return made;
}

/** Taps of samples −reach + 1 .. reach around a place that lies `fraction` of a sample on. */
function filter(fraction, cutoff, reach) {
  const taps = Float64Array.from({ length: 2 * reach }, (_, j) => {
    const x = (j - reach + 1 - fraction) * cutoff;
    const edge = (j - reach + 1 - fraction) / reach;
    const sinc = x ? Math.sin(Math.PI * x) / (Math.PI * x) : 1;
    return Math.abs(edge) < 1 ? sinc * bessel(BETA * Math.sqrt(1 - edge * edge)) : 0;
  });
  const sum = taps.reduce((a, b) => a + b);
  return taps.map((tap) => tap / sum);
}

/** The modified Bessel function I₀. */
function bessel(x) {
  let [term, sum] = [1, 1];
  for (let n = 1; term > 1e-12 * sum; n++) {
    term *= (x / (2 * n)) ** 2;
    sum += term;
  }
  return sum;
}

function gcd(a, b) {
  return b ? gcd(b, a % b) : a;
}
