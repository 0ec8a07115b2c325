// Mel spectrograms of what is heard, as models/mel.py makes them.

import { Fourier } from "codec/fourier";

const FLOOR = 1e-8; // power below which all is silence

/** A PNG as a data URL, `top` dB the brightest. settings: see `levels`, and { rangeDb, palette }. */
export function spectrogram(samples, settings, top) {
  const { bands, rangeDb, palette } = settings;
  const found = levels(samples, settings);
  const frames = found.length / bands;
  const image = new ImageData(frames, bands);
  found.forEach((level, i) => {
    const share = Math.min(Math.max((level - top) / rangeDb + 1, 0), 1);
    const place = (bands - 1 - (i % bands)) * frames + Math.floor(i / bands);
    image.data.set([...palette[Math.round(share * (palette.length - 1))], 255], 4 * place);
  });
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [frames, bands];
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas.toDataURL("image/png");
}

/** dB re a full-scale sine, (frames, bands). settings: { hop, fftSize, bands, sampleRate }. */
export function levels(samples, settings) {
  const { hop, fftSize, bands } = settings;
  const filters = triangles(settings);
  const fourier = new Fourier(fftSize);
  const margin = (fftSize - hop) / 2;
  const window = Float64Array.from({ length: fftSize }, (_, i) => Math.sin((Math.PI * i) / fftSize) ** 2);
  const scale = (2 / window.reduce((a, b) => a + b)) ** 2;
  const last = samples.length - 1;
  const at = (i) => samples[i < 0 ? -i : i > last ? 2 * last - i : i];
  const frames = Math.ceil(samples.length / hop);
  const found = new Float32Array(frames * bands);
  for (let t = 0; t < frames; t++) {
    const real = window.map((weight, i) => weight * at(t * hop - margin + i));
    const imag = new Float64Array(fftSize);
    fourier.forward(real, imag);
    filters.forEach((filter, band) => {
      const power = filter.reduce((sum, [k, share]) => sum + share * (real[k] ** 2 + imag[k] ** 2), 0);
      found[t * bands + band] = 10 * Math.log10(Math.max(scale * power, FLOOR));
    });
  }
  return found;
}

/** The bins that each band hears, [bin, share], evenly spaced in mel (HTK). */
function triangles({ fftSize, bands, sampleRate }) {
  const mel = (hz) => 2595 * Math.log10(1 + hz / 700);
  const step = mel(sampleRate / 2) / (bands + 1);
  const hz = (place) => 700 * (10 ** ((place * step) / 2595) - 1);
  return Array.from({ length: bands }, (_, band) => {
    const [low, centre, high] = [band, band + 1, band + 2].map(hz);
    const shares = Array.from({ length: fftSize / 2 + 1 }, (_, bin) => {
      const own = (bin * sampleRate) / fftSize;
      return [bin, Math.min((own - low) / (centre - low), (high - own) / (high - centre))];
    });
    return shares.filter(([, share]) => share > 0);
  });
}
