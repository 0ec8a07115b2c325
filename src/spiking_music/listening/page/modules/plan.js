// Which pages a session has, in which order: a function of the test, and of the session's
// seed and number.

import { drawn } from "mushra/blocks";
import { generator, hash, shuffled } from "mushra/random";

const PAIRED = ["ab", "abx"];
const CATEGORIES = 5; // of what an attention page may ask for

/**
 * Stages { kind, clip, sounds, … }: `sounds` are those to be loaded; of pages that are answered,
 * `trial` is the name, and `order` are the sounds from left to right; of ABX, `x` is the place of
 * the sound that comes again; of attention pages, `asked` is the answer to be given. number: of the
 * listener, counted by the server; null = not known, and the seed stands in.
 */
export function plan(test, { seed, number }) {
  const clips = new Map(test.clips.map((clip) => [clip.clip, clip]));
  const page = (kind, trial) => made(test, seed, kind, clips.get(trial.clip), trial);
  const { clipsEach } = test;
  const chosen = clipsEach ? drawn(test.clips, clipsEach, test.seed, number ?? seed) : test.clips;
  const here = new Set(chosen.map(({ clip }) => clip));
  const trained = test.trials.filter(({ name }) => test.training.includes(name));
  const training = shuffled(trained, hash(`${seed}:training`)).map((trial) => page("training", trial));
  const rated = test.trials.filter(({ clip }) => here.has(clip));
  const trials = shuffled(rated, hash(`${seed}:trial`)).map((trial) => page("trial", trial));
  const volume = training[0]?.clip ?? test.clips[0];
  const after = test.questions.some(({ when }) => when === "after");
  return [
    { kind: "welcome" },
    { kind: "volume", clip: volume, sounds: [volume.reference] },
    ...(test.headphones ? [{ kind: "headphones" }] : []),
    ...training,
    ...withAttention(trials, test, seed),
    ...(after ? [{ kind: "questions" }] : []),
    { kind: "finish" },
  ];
}

function made(test, seed, kind, clip, { name, sounds }) {
  const order = shuffled(sounds, hash(`${seed}:${kind}:${name}`));
  const x = test.method === "abx" ? { x: below(2, `${seed}:${kind}:x:${name}`) } : {};
  return { kind, trial: name, clip, sounds: [...new Set([clip.reference, ...order])], order, ...x };
}

/** Attention pages evenly among the others, each with sounds of the page before it. */
function withAttention(trials, test, seed) {
  const every = Math.ceil(trials.length / (test.attention + 1));
  return trials.flatMap((stage, i) => {
    const number = (i + 1) / every;
    if (!Number.isInteger(number) || number > test.attention) {
      return [stage];
    }
    const trial = `attention:${number}`;
    const paired = PAIRED.includes(test.method);
    const asked = below(paired ? 2 : CATEGORIES, `${seed}:${trial}`);
    const answer = paired ? "ab"[asked] : String(asked + 1);
    const order = paired ? stage.order : stage.order.slice(0, 1);
    return [stage, { ...stage, kind: "attention", trial, number, order, asked: answer }];
  });
}

function below(count, text) {
  return Math.floor(generator(hash(text))() * count);
}
