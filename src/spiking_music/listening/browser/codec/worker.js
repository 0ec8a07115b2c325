// The codec in a thread of its own: what to do comes in messages, what was found goes out in others.
//
// In: { model (by gzip), kernels } once, then { task, kind: "decode" | "encode", … }; a new task ends the one
// before. Out: { task, kind: "opened" | "block" | "progress" | "encoded" | "done" | "failed", … }.

import { Codec } from "codec/codec";
import { StreamError } from "codec/errors";
import { readWav } from "codec/wav";

let codec = null; // a promise of it
let current = null;

self.onmessage = async ({ data }) => {
  if (data.model) {
    codec = inflated(data.model).then((model) => new Codec(model, data.kernels));
    return;
  }
  const { task } = data;
  current = task;
  try {
    await { decode, encode, stop: () => {} }[data.kind](task, data);
  } catch (error) {
    const expected = error instanceof StreamError;
    self.postMessage({ task, kind: "failed", message: expected ? error.message : String(error), expected });
  }
};

async function decode(task, { bytes }) {
  const { decoder } = await codec;
  const stream = decoder.open(bytes);
  const { header, frames, trailer } = stream;
  const levels = frames.map(({ level }) => level);
  self.postMessage({ task, kind: "opened", header, trailer, levels, bytes: bytes.length });
  for (const { index, steps, level, events, samples } of decoder.blocks(stream)) {
    const own = samples.slice();
    const moved = [own.buffer, events.units.buffer, events.steps.buffer];
    self.postMessage({ task, kind: "block", index, steps, level, events, samples: own }, moved);
    if (await isOver(task)) {
      return;
    }
  }
  self.postMessage({ task, kind: "done" });
}

async function encode(task, { bytes, wish }) {
  const { encoder } = await codec;
  const blocks = encoder.stream(readWav(bytes), wish);
  for (;;) {
    const { value, done } = blocks.next();
    if (done) {
      self.postMessage({ task, kind: "encoded", bytes: value }, [value.buffer]);
      return;
    }
    self.postMessage({ task, kind: "progress", ...value });
    if (await isOver(task)) {
      return;
    }
  }
}

/** What gzip made smaller, an ArrayBuffer. */
function inflated(bytes) {
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/** Whether another task has come meanwhile; lets messages in. */
async function isOver(task) {
  await new Promise((resolve) => setTimeout(resolve));
  return current !== task;
}
