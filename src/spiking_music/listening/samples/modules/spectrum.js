// The mel spectrogram of what is decoded here, as models/mel.py and listening/rasters.py make others'.

import { Fourier } from "codec/fourier";

const FLOOR = 1e-8; // power below which all is silence

/** A PNG in base64. settings: { hop, fftSize, bands, rangeDb, palette }. top: dB of the brightest. */
export function spectrogram(samples, settings, top) {
  const { hop, bands, rangeDb, palette } = settings;
  const frames = Math.ceil(samples.length / hop);
  const image = new ImageData(frames, bands);
  const filters = triangles(settings);
  powers(samples, settings, frames, (t, power) => {
    filters.forEach((filter, band) => {
      const sum = filter.reduce((total, [bin, share]) => total + share * power[bin], 0);
      const level = (10 * Math.log10(Math.max(sum, FLOOR)) - top) / rangeDb + 1;
      const shade = palette[Math.round(Math.min(Math.max(level, 0), 1) * (palette.length - 1))];
      image.data.set([...shade, 255], 4 * ((bands - 1 - band) * frames + t));
    });
  });
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [frames, bands];
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas.toDataURL("image/png").split(",")[1];
}

/** Give the power spectrum of every frame; a sine of amplitude 1 has a peak of 1. */
function powers(samples, { hop, fftSize }, frames, give) {
  const fourier = new Fourier(fftSize);
  const margin = (fftSize - hop) / 2;
  const window = Float64Array.from({ length: fftSize }, (_, i) => Math.sin((Math.PI * i) / fftSize) ** 2);
  const scale = (2 / window.reduce((a, b) => a + b)) ** 2;
  const last = samples.length - 1;
  const at = (i) => samples[i < 0 ? -i : i > last ? 2 * last - i : i];
  for (let t = 0; t < frames; t++) {
    const real = window.map((weight, i) => weight * at(t * hop - margin + i));
    const imag = new Float64Array(fftSize);
    fourier.forward(real, imag);
    give(t, real.map((x, k) => scale * (x * x + imag[k] * imag[k])));
  }
}

/** The bins that each band hears, [bin, share], evenly spaced in mel (HTK). */
function triangles({ fftSize, bands, sampleRate }) {
  const mel = (hz) => 2595 * Math.log10(1 + hz / 700);
  const step = mel(sampleRate / 2) / (bands + 1);
  const hz = (place) => 700 * (10 ** ((place * step) / 2595) - 1);
  return Array.from({ length: bands }, (_, band) => {
    const [low, centre, high] = [band, band + 1, band + 2].map(hz);
    const found = [];
    for (let bin = 0; bin <= fftSize / 2; bin++) {
      const own = (bin * sampleRate) / fftSize;
      const share = Math.min((own - low) / (centre - low), (high - own) / (high - centre));
      if (share > 0) {
        found.push([bin, share]);
      }
    }
    return found;
  });
}
