// The page: a file comes in, the worker codes it, and what it says is shown and played.

import { announce, element, isText } from "mushra/dom";
import { Client, bytesIn } from "page/client";
import { Encoding } from "page/encoding";
import { Facts, spkName } from "page/facts";
import { Opening } from "page/opening";
import { Player } from "page/player";
import { Recording } from "page/recording";
import { Stage } from "page/stage";
import { stem } from "page/words";
import { writeWav } from "codec/wav";

const REDRAW = 300; // milliseconds, at least, between pictures of what arrives
const config = JSON.parse(document.getElementById("data").textContent);
const client = new Client(bytesIn("model"), fail);
const player = new Player(config.sampleRate);
const stage = new Stage(player, config);
const facts = new Facts();
const opening = new Opening(open);
const encoding = new Encoding(config, encode);
const bar = element("progress", { max: "1", value: "0", "aria-label": "Progress" });
const doing = element("span");
const progress = element("p", { class: "progress", hidden: true }, bar, doing);
const problem = element("p", { class: "problem", role: "alert", hidden: true });
const shown = element("div", { class: "shown", hidden: true }, facts.element, stage.element);
let file = null; // the recording to be encoded: { name, bytes }
let recording = null; // what is decoded
let drawn = 0; // when

document.getElementById("main").replaceChildren(opening.element, encoding.element, problem, progress, shown, help());
document.addEventListener("keydown", key);
follow();

async function open(given) {
  const bytes = new Uint8Array(await given.arrayBuffer());
  stop();
  file = { name: given.name, bytes };
  if (bytes[0] === 0x52) {
    encoding.show(given.name); // "R" of RIFF; what is no WAV file either is said on encoding
    return;
  }
  encoding.element.hidden = true;
  decode(given.name, bytes, []);
}

function stop() {
  player.clear();
  problem.hidden = progress.hidden = shown.hidden = true;
  recording = null;
  client.begin({ kind: "stop" }, {});
}

function encode(wish) {
  stop();
  work("Encoding", 0);
  const { name, bytes } = file;
  client.begin(
    { kind: "encode", bytes, wish },
    {
      progress: ({ done, count }) => work("Encoding", done / count),
      encoded: (answer) => decode(spkName(name), answer.bytes, [[spkName(name), answer.bytes, "Download .spk"]]),
    },
  );
}

/** files: what can be downloaded from the start. */
function decode(name, bytes, files) {
  work("Decoding", 0);
  client.begin(
    { kind: "decode", bytes },
    {
      opened: (answer) => {
        recording = new Recording(name, answer);
        facts.show(recording);
        facts.offer(files);
        shown.hidden = false;
        stage.load(recording);
      },
      block: (block) => {
        player.add(block.samples, recording.decoded);
        recording.add(block);
        work("Decoding", recording.share);
        if (performance.now() > drawn + REDRAW) {
          redraw();
        }
      },
      done: () => {
        progress.hidden = true;
        redraw();
        const wav = writeWav(recording.samples, config.sampleRate);
        facts.offer([...files, [`${stem(name)}.wav`, wav, "Download WAV"]]);
        announce(`${name} is decoded: ${recording.events} events`);
      },
    },
  );
}

function redraw() {
  facts.show(recording);
  stage.draw();
  drawn = performance.now();
}

function work(what, share) {
  progress.hidden = false;
  bar.value = share;
  doing.textContent = `${what}: ${Math.floor(100 * share)} %`;
}

function fail(words) {
  progress.hidden = true;
  problem.hidden = false;
  problem.textContent = words;
}

function follow() {
  if (recording) {
    stage.follow();
  }
  requestAnimationFrame(follow);
}

function key(event) {
  const pressing = event.key === " " && event.target.matches("button, summary, a, [type=radio]");
  const own = event.target.matches("[type=range], [type=radio]") && event.key.startsWith("Arrow");
  if (event.ctrlKey || event.altKey || event.metaKey || isText(event.target) && !event.target.matches("[type=radio]") || pressing || own) {
    return;
  }
  const action = event.key.toLowerCase() === "o" ? () => opening.input.click() : recording && KEYS[event.key];
  if (action) {
    event.preventDefault();
    action();
  }
}

const KEYS = {
  " ": () => stage.playOrPause(),
  "ArrowLeft": () => stage.skip(-1),
  "ArrowRight": () => stage.skip(1),
  "+": () => stage.zoom(-1),
  "-": () => stage.zoom(1),
};

function help() {
  const keys = [["O", "open a file"], ["Space", "play or pause"], ["← →", "a second back or on"], ["+ −", "fewer or more seconds of events"]];
  const list = keys.flatMap(([name, what]) => [element("dt", {}, element("kbd", {}, name)), element("dd", {}, what)]);
  return element("details", { class: "keys" }, element("summary", {}, "Keyboard"), element("dl", {}, ...list));
}
