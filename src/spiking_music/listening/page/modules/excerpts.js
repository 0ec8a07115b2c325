// A region of every sound of a page, ready to be looped, many sounds to a buffer.

const CHANNELS = 32; // the most that every browser takes

/**
 * buffers: Map of sound -> mono AudioBuffer, all of one length. region: [start, end) in samples.
 * Returns [{ sounds, buffer }], the buffer a channel a sound: what is one buffer cannot fall out of
 * step, however late a busy browser starts it. The ends are faded over `ramp` seconds, so that it
 * loops without a click (BS.1534-3: 5 ms).
 */
export function excerpts(context, buffers, region, ramp) {
  const names = [...buffers.keys()];
  const made = [];
  for (let first = 0; first < names.length; first += CHANNELS) {
    const sounds = names.slice(first, first + CHANNELS);
    const length = region[1] - region[0];
    const buffer = context.createBuffer(sounds.length, length, context.sampleRate);
    sounds.forEach((sound, channel) => {
      const samples = buffers.get(sound).getChannelData(0).slice(...region);
      fade(samples, Math.round(ramp * context.sampleRate));
      buffer.copyToChannel(samples, channel);
    });
    made.push({ sounds, buffer });
  }
  return made;
}

function fade(samples, length) {
  for (let i = 0; i < length; i++) {
    samples[i] *= i / length;
    samples[samples.length - 1 - i] *= i / length;
  }
}
