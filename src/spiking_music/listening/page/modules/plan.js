// Which pages a session has, in which order: a function of the test and the session's seed.

import { hash, shuffled } from "mushra/random";

/** Stages { kind, clip, order }: `order` are the sounds of a page from left to right. */
export function plan(test, seed) {
  const page = (kind, clip) => ({
    kind,
    clip,
    order: shuffled(clip.stimuli, hash(`${seed}:${kind}:${clip.clip}`)),
  });
  const trained = test.clips.filter((clip) => test.training.includes(clip.clip));
  const training = shuffled(trained, hash(`${seed}:training`));
  const trials = shuffled(test.clips, hash(`${seed}:trial`));
  return [
    { kind: "welcome" },
    { kind: "volume", clip: trained[0] ?? test.clips[0] },
    ...training.map((clip) => page("training", clip)),
    ...trials.map((clip) => page("trial", clip)),
    { kind: "finish" },
  ];
}
