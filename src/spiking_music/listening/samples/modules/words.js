// Names of systems and numbers.

const NAMES = {
  "reference": ["Reference", "the recording"],
  "mdct-shipped": ["MDCT (shipped)", "the MDCT codec of the package"],
  "mdct": ["MDCT", "MDCT codec, one rate"],
  "mdct-mu": ["MDCT, all rates", "MDCT codec, one model for all rates"],
  "rvq": ["RVQ", "residual vector quantiser"],
  "free": ["FREE", "binary events, no sparsity loss"],
  "sparse": ["SPARSE", "binary events, sparsity loss"],
  "mu-sparse": ["μ-SPARSE", "one model, many rates"],
  "free-gan": ["FREE, GAN", "trained with discriminators"],
  "free-diffusion": ["FREE, diffusion", "decoded by a diffusion model"],
  "mel": ["MEL", "from a mel spectrogram, no codec"],
  "rvq-impaired": ["RVQ-impaired", "RVQ, training stopped early"],
  "freq-ae": ["Spectrum AE", "magnitudes, phase by Griffin–Lim"],
  "time-ae": ["Waveform AE", "1-D convolutions"],
  "anchor-7000": ["Anchor 7 kHz", "low-passed"],
  "anchor-3500": ["Anchor 3.5 kHz", "low-passed"],
  "anchor-distorted": ["Anchor, distorted", "distorted by hand"],
};

export const FORMATS = {
  dense: "every entry",
  coo: "unit–time pairs",
  time: "times, unit by unit",
  units: "units, frame by frame",
};

const MP3 = /^mp3-(\d+)$/;
const AT_LEVEL = /^(.+)@(\d+)$/; // a row of one level

export function called(variant) {
  const [, model, level] = AT_LEVEL.exec(variant) ?? [];
  if (model) {
    return `${called(model)}, μ\u00a0=\u00a0${level}`;
  }
  return NAMES[variant]?.[0] ?? variant.replace(MP3, "MP3, $1 kbps");
}

export function explained(variant) {
  return NAMES[variant]?.[1] ?? (MP3.test(variant) ? "by LAME" : "");
}

export function decibels(value) {
  return value === null ? "–" : `${minus(value.toFixed(1))} dB`;
}

export function kbps(value) {
  return value === null || value === undefined ? "–" : `${value.toFixed(2)} kbps`;
}

function minus(text) {
  return text.replace("-", "−");
}

export function size(bytes) {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;
}

export function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
