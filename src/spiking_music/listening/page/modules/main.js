// From one page to the next.

import { element } from "mushra/dom";
import { FinishPage } from "mushra/finish";
import { plan } from "mushra/plan";
import { Player } from "mushra/player";
import { Session } from "mushra/session";
import { load, prepare } from "mushra/sounds";
import { TrialPage } from "mushra/trial";
import { decibels, VolumePage } from "mushra/volume";
import { WelcomePage } from "mushra/welcome";

const test = JSON.parse(document.getElementById("test").textContent);
const session = new Session(test);
const player = new Player(test.sampleRate, test.rampSeconds);
const main = document.getElementById("main");
let stages = plan(test, session.state.seed);
let current = null;

function go(stage) {
  session.state.stage = stage;
  session.save();
  return show();
}

async function show() {
  current?.leave();
  current = null;
  const place = session.state.stage;
  const stage = stages[place];
  progress(stage, place);
  try {
    if (stage.clip) {
      main.replaceChildren(element("p", { class: "waiting" }, "Loading the sounds …"));
      const after = stages[place + 1].clip;
      player.load(await load(stage.clip, test.sampleRate, after?.stimuli), stage.clip.reference);
      player.setVolume(decibels(session.state.volume));
      if (after) {
        prepare(after, test.sampleRate);
      }
    }
    current = made(stage, () => go(place + 1));
    main.replaceChildren(current.element);
    main.querySelector("h1").focus();
    scrollTo(0, 0);
  } catch (error) {
    const again = element("button", { type: "button", class: "main", onclick: show }, "Try again");
    main.replaceChildren(element("p", { role: "alert" }, `${error.message}.`), again);
  }
}

function made(stage, next) {
  const app = { test, session, player, stages, restart };
  switch (stage.kind) {
    case "welcome":
      return new WelcomePage(app, { next });
    case "volume":
      return new VolumePage(app, stage, { next });
    case "finish":
      return new FinishPage(app);
    default:
      return new TrialPage(app, stage, { heading: title(stage), next });
  }
}

/** Begin anew, for the next participant at this computer. */
function restart() {
  session.forget();
  stages = plan(test, session.state.seed);
  return show();
}

function title(stage) {
  const alike = stages.filter(({ kind }) => kind === stage.kind);
  const number = `${alike.indexOf(stage) + 1} of ${alike.length}`;
  const name = stage.kind === "training" ? "Training" : "Excerpt";
  return `${name} ${number}: ${stage.clip.title}`;
}

function progress(stage, place) {
  const names = { welcome: "Welcome", volume: "Volume", training: "Training", trial: "Test", finish: "Results" };
  document.getElementById("where").textContent = names[stage.kind];
  const bar = document.getElementById("progress");
  bar.max = stages.length - 1;
  bar.value = place;
}

show();
