// Sounds come as scripts, because a page opened from disk may load nothing else.

import { words } from "mushra/words";

const received = new Map(); // sound -> base64, until it is decoded
const decoded = new Map(); // sound -> promise of an AudioBuffer, of the latest clips

globalThis.receiveSound = (sound, base64) => received.set(sound, base64);

/** AudioBuffers by sound. `others` stay in memory too, such as those of the next page. */
export async function load(sounds, sampleRate, others = []) {
  const wanted = new Set([...sounds, ...others]);
  for (const sound of decoded.keys()) {
    if (!wanted.has(sound)) {
      decoded.delete(sound);
    }
  }
  const all = await Promise.all(sounds.map((sound) => fetched(sound, sampleRate)));
  return new Map(sounds.map((sound, i) => [sound, all[i]]));
}

/** Begin to load sounds that are soon needed. */
export function prepare(sounds, sampleRate) {
  sounds.forEach((sound) => fetched(sound, sampleRate).catch(() => decoded.delete(sound)));
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
