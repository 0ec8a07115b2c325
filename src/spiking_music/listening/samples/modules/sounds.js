// Sounds lie in elements of the page; those of one clip are decoded at a time.

/** AudioBuffers of a clip, but of its streams: Map of system -> AudioBuffer, all of one length. */
export async function load(clip, sampleRate) {
  const stored = clip.systems.filter(({ stream }) => !stream);
  const buffers = stored.map(({ name }) => decode(`${clip.clip}/${name}`, sampleRate));
  const decoded = await Promise.all(buffers);
  return new Map(stored.map(({ name }, i) => [name, decoded[i]]));
}

function decode(sound, sampleRate) {
  const bytes = fromBase64(document.querySelector(`[data-sound="${CSS.escape(sound)}"]`).textContent);
  return new OfflineAudioContext(1, 1, sampleRate).decodeAudioData(bytes.buffer);
}

export function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
