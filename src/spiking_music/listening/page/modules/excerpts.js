// A region of every sound of a page, ready to be looped, many sounds to a buffer.

const CHANNELS = 32; // the most that every browser takes

/**
 * buffers: Map of sound -> AudioBuffer, all of one length, and mono or stereo. region: [start, end)
 * in samples. Returns [{ sounds, channels, buffer }], the channels of one sound after those of
 * another: what is one buffer cannot fall out of step, however late a busy browser starts it. The
 * ends are faded over `ramp` seconds, so that it loops without a click (BS.1534-3: 5 ms).
 */
export function excerpts(context, buffers, region, ramp) {
  const names = [...buffers.keys()];
  const made = [];
  const channels = buffers.get(names[0]).numberOfChannels;
  const most = Math.floor(CHANNELS / channels); // sounds in one buffer
  for (let first = 0; first < names.length; first += most) {
    const sounds = names.slice(first, first + most);
    const length = region[1] - region[0];
    const buffer = context.createBuffer(channels * sounds.length, length, context.sampleRate);
    for (let place = 0; place < channels * sounds.length; place++) {
      const sound = buffers.get(sounds[Math.floor(place / channels)]);
      const samples = sound.getChannelData(place % channels).slice(...region);
      fade(samples, Math.round(ramp * context.sampleRate));
      buffer.copyToChannel(samples, place);
    }
    made.push({ sounds, channels, buffer });
  }
  return made;
}

function fade(samples, length) {
  for (let i = 0; i < length; i++) {
    samples[i] *= i / length;
    samples[samples.length - 1 - i] *= i / length;
  }
}
