// The page: clips to choose from, systems in step, lanes below one playhead.

import { announce, element } from "mushra/dom";
import { Player } from "mushra/player";
import { Transport } from "mushra/transport";
import { facts } from "samples/facts";
import { Lanes, full } from "samples/lanes";
import { Live } from "samples/live";
import { load } from "samples/sounds";
import { spectrogram } from "samples/spectrum";
import { Systems } from "samples/systems";
import { clock } from "samples/words";

const REFERENCE = "reference";
const SEEK = 0.5; // seconds of an arrow key
const KEYS = {
  " ": toggle,
  "r": () => systems.select(REFERENCE),
  "arrowleft": () => player.seek(player.position - SEEK),
  "arrowright": () => player.seek(player.position + SEEK),
  "[": () => transport.mark(0),
  "]": () => transport.mark(1),
  "escape": () => transport.clear(),
  ",": () => systems.step(-1),
  ".": () => systems.step(1),
  "n": () => openClip((current + 1) % data.clips.length),
  "p": () => openClip((current + data.clips.length - 1) % data.clips.length),
};
const data = JSON.parse(document.getElementById("data").textContent);
const player = new Player(data.sampleRate, data.ramp);
const systems = new Systems(choose);
const live = new Live(data.live, data.sampleRate, announce);
const stage = element("div", { class: "stage" });
const clips = element("fieldset", { class: "clips" }, element("legend", {}, "Clips"));
let current = 0;
let openings = 0; // of clips, so far
let loading = false; // whether the sounds of the latest are still missing
let playsOn = false; // once they are there
let transport = null;
let lanes = null;
let wanted = null; // the entry that was chosen last

player.setVolume(0);
data.clips.forEach((clip, i) => clips.append(clipChoice(clip, i)));
document.getElementById("where").textContent = data.where;
document
  .getElementById("main")
  .replaceChildren(
    clips,
    element("div", { class: "bench" }, systems.element, stage),
    help(),
    element("p", { class: "note" }, data.note),
  );
document.addEventListener("keydown", key);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => lanes?.draw());
requestAnimationFrame(follow);
await openClip(0);

function clipChoice({ composer, title, start }, i) {
  const radio = element("input", {
    ...{ type: "radio", name: "clip", value: String(i), checked: i === 0 },
    onchange: () => openClip(i),
  });
  const from = element("small", {}, [composer, `from ${clock(start)}`].filter(Boolean).join(", "));
  return element("label", { class: "clip" }, radio, element("span", {}, title, from));
}

async function openClip(i) {
  const opening = ++openings;
  loading = true;
  playsOn ||= player.playing;
  player.pause();
  current = i;
  const clip = data.clips[i];
  const radio = clips.querySelectorAll("input")[i];
  radio.checked = true;
  radio.parentElement.scrollIntoView({ block: "nearest", inline: "center" });
  stage.setAttribute("aria-busy", "true");
  const buffers = await load(clip, data.sampleRate);
  if (opening !== openings) {
    return; // another was chosen meanwhile
  }
  systems.load(clip.systems);
  player.load(buffers, REFERENCE);
  loading = false;
  transport = new Transport(player, REFERENCE, {
    shortest: data.shortestLoop,
    toggle,
    select: () => systems.select(REFERENCE),
  });
  const overlay = transport.waveform.element;
  lanes = new Lanes(clip, buffers, { ...data, overlay });
  stage.replaceChildren(transport.element, lanes.element, element("div", { class: "numbers" }));
  const first = systems.selected ?? withEvents(clip.systems);
  const waits = Boolean(systems.entry(first).stream);
  if (waits) {
    await systems.select(REFERENCE); // there at once, whatever comes of decoding
  }
  if (!waits || (opening === openings && systems.selected === REFERENCE)) {
    await systems.select(first);
  }
  if (opening !== openings) {
    return;
  }
  stage.removeAttribute("aria-busy");
  announce(`${clip.title} is ready`);
  if (playsOn) {
    playsOn = false;
    await player.play();
  }
}

async function choose(entry) {
  wanted = entry;
  if (entry.stream && !player.has(entry.name)) {
    tell(element("p", { class: "waiting" }, `Decoding ${full(entry)} …`));
    const buffer = await live.open(entry);
    if (!buffer || wanted !== entry) {
      return; // another was chosen meanwhile
    }
    player.put(entry.name, buffer);
  }
  entry.spectrogram ??= picture(entry);
  player.select(entry.name);
  lanes.show(entry);
  tell(facts(entry));
  announce(full(entry));
}

/** What stands below the lanes. */
function tell(numbers) {
  stage.querySelector(".numbers").replaceChildren(numbers);
}

/** The first system that has events, so that those are what one sees first. */
function withEvents(entries) {
  const found = entries.find(({ stream, codes }) => stream || codes?.kind === "binary");
  return found?.variant ?? REFERENCE;
}

function picture({ name }) {
  const samples = player.buffers.get(name).getChannelData(0);
  return spectrogram(samples, data.spectrogram, data.clips[current].topDb);
}

function toggle() {
  if (loading) {
    playsOn = !playsOn;
    return undefined;
  }
  return player.playing ? player.pause() : player.play();
}

function follow() {
  transport?.show(systems.selected === REFERENCE);
  requestAnimationFrame(follow);
}

function key(event) {
  const pressing = event.key === " " && event.target.matches("button, summary");
  if (event.ctrlKey || event.altKey || event.metaKey || pressing || !transport) {
    return;
  }
  const own = event.target.matches("[type=radio], [type=range], [role=slider]"); // needs its arrows
  const action = own && event.key.startsWith("Arrow") ? undefined : KEYS[event.key.toLowerCase()];
  const number = /^\d$/.test(event.key) ? systems.variants[Number(event.key)] : undefined;
  if (action || number) {
    event.preventDefault();
    (action ?? (() => systems.select(number)))();
  }
}

function help() {
  const keys = [
    ["Space", "play or pause"],
    ["R, 1 … 9", "reference, systems"],
    [", .", "less or more μ"],
    ["← →", "half a second back or on"],
    ["[ ]", "loop from or to here"],
    ["Esc", "loop all of it"],
    ["N P", "next or previous clip"],
  ];
  const list = keys.flatMap(([name, what]) => [
    element("dt", {}, element("kbd", {}, name)),
    element("dd", {}, what),
  ]);
  return element(
    "details",
    { class: "keys" },
    element("summary", {}, "Keyboard"),
    element("dl", {}, ...list),
  );
}
