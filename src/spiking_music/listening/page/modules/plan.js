// Which pages a session has, in which order: a function of the test, and of the session's
// seed and number.

import { drawn } from "mushra/blocks";
import { hash, shuffled } from "mushra/random";

/**
 * Stages { kind, clip, order }: `order` are the sounds of a page from left to right. number: of the
 * listener, counted by the server; null = not known, and the seed stands in.
 */
export function plan(test, { seed, number }) {
  const page = (kind, clip) => ({
    kind,
    clip,
    order: shuffled(clip.stimuli, hash(`${seed}:${kind}:${clip.clip}`)),
  });
  const { clipsEach } = test;
  const clips = clipsEach ? drawn(test.clips, clipsEach, test.seed, number ?? seed) : test.clips;
  const after = test.questions.some(({ when }) => when === "after");
  const trained = test.clips.filter((clip) => test.training.includes(clip.clip));
  const training = shuffled(trained, hash(`${seed}:training`));
  const trials = shuffled(clips, hash(`${seed}:trial`));
  return [
    { kind: "welcome" },
    { kind: "volume", clip: trained[0] ?? test.clips[0] },
    ...training.map((clip) => page("training", clip)),
    ...trials.map((clip) => page("trial", clip)),
    ...(after ? [{ kind: "questions" }] : []),
    { kind: "finish" },
  ];
}
