// Sounds come as scripts, because a page opened from disk may load nothing else.

import { words } from "mushra/words";

const received = new Map(); // sound -> base64, until it is decoded
const decoded = new Map(); // sound -> promise of an AudioBuffer, of the latest clips

globalThis.receiveSound = (sound, base64) => received.set(sound, base64);

/** AudioBuffers of a clip by sound. `others` stay in memory too, such as those of the next page. */
export async function load(clip, sampleRate, others = []) {
  const wanted = new Set([...clip.stimuli, ...others]);
  for (const sound of decoded.keys()) {
    if (!wanted.has(sound)) {
      decoded.delete(sound);
    }
  }
  const buffers = clip.stimuli.map((sound) => fetched(sound, sampleRate));
  const all = await Promise.all(buffers);
  return new Map(clip.stimuli.map((sound, i) => [sound, all[i]]));
}

/** Begin to load the sounds of a clip that is soon needed. */
export function prepare(clip, sampleRate) {
  clip.stimuli.forEach((sound) => fetched(sound, sampleRate).catch(() => decoded.delete(sound)));
}

function fetched(sound, sampleRate) {
  if (!decoded.has(sound)) {
    const promise = script(sound).then(() => decode(sound, sampleRate));
    promise.catch(() => decoded.delete(sound)); // so that another attempt is one
    decoded.set(sound, promise);
  }
  return decoded.get(sound);
}

function script(sound) {
  return new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = `audio/${sound}.js`;
    element.onload = () => resolve(element.remove());
    element.onerror = () => {
      element.remove();
      reject(new Error(words.notLoaded(`audio/${sound}.js`)));
    };
    document.head.append(element);
  });
}

/** At the test's own rate, so that nothing is resampled before it is played. */
function decode(sound, sampleRate) {
  const bytes = Uint8Array.from(atob(received.get(sound)), (letter) => letter.charCodeAt(0));
  received.delete(sound);
  return new OfflineAudioContext(1, 1, sampleRate).decodeAudioData(bytes.buffer);
}
