// From one page to the next.

import { ScreenedOutPage } from "mushra/completion";
import { element } from "mushra/dom";
import { FinishPage } from "mushra/finish";
import { HeadphonesPage } from "mushra/headphones";
import { answered, begun, ended, screenedOut } from "mushra/messages";
import { Outbox } from "mushra/outbox";
import { plan } from "mushra/plan";
import { Player } from "mushra/player";
import { QuestionsPage } from "mushra/questions";
import { Session } from "mushra/session";
import { load, prepare } from "mushra/sounds";
import { TrialPage } from "mushra/trial";
import { decibels, VolumePage } from "mushra/volume";
import { WelcomePage } from "mushra/welcome";
import { words } from "mushra/words";

const PATIENCE = 8000; // milliseconds for the server to number a listener

const test = JSON.parse(document.getElementById("test").textContent);
const session = new Session(test);
const outbox = new Outbox(test.postUrl, test.test);
const player = new Player(test.sampleRate, test.rampSeconds);
const main = document.getElementById("main");
let stages = plan(test, session.state);
let current = null;

/** Leave a stage: tell the server what it has brought, and go to the next. */
async function done(stage, place) {
  if (stage.kind === "welcome") {
    await begin();
  } else if (stage.kind === "trial" || stage.kind === "attention") {
    outbox.add(answered(test, session, stage, place));
  } else if (stage.kind === "headphones" && session.state.screenedOut) {
    outbox.add(screenedOut(test, session));
  }
  if (stages[place + 1]?.kind === "finish") {
    outbox.add(ended(test, session));
  }
  session.state.stage = session.state.screenedOut ? 0 : place + 1;
  session.save();
  return show();
}

/** Let the listener in or not, and where clips are drawn, ask the server for their number. */
async function begin() {
  const { state } = session;
  const refused = ({ name, admit }) => admit.length > 0 && !admit.includes(state.answers[name]);
  state.screenedOut = test.questions.some((question) => question.when === "before" && refused(question));
  if (state.screenedOut) {
    outbox.add(screenedOut(test, session));
  } else if (test.postUrl && test.clipsEach) {
    const { number = null } = (await outbox.ask(begun(test, session), PATIENCE)) ?? {};
    state.number = Number.isInteger(number) ? number : null;
    stages = plan(test, state);
  } else {
    outbox.add(begun(test, session));
  }
}

async function show() {
  current?.leave();
  current = null;
  const place = session.state.stage;
  const stage = stages[place];
  progress(stage, place);
  try {
    if (stage.sounds) {
      main.replaceChildren(element("p", { class: "waiting" }, words.loading));
      const after = stages[place + 1].sounds;
      player.load(await load(stage.sounds, test.sampleRate, after), stage.clip.reference);
      player.setVolume(decibels(session.state.volume));
      if (after) {
        prepare(after, test.sampleRate);
      }
    }
    current = made(stage, () => done(stage, place));
    main.replaceChildren(current.element);
    main.querySelector("h1").focus();
    scrollTo(0, 0);
  } catch (error) {
    const again = element("button", { type: "button", class: "main", onclick: show }, words.tryAgain);
    main.replaceChildren(element("p", { role: "alert" }, error.message), again);
  }
}

function made(stage, next) {
  const app = { test, session, player, stages, outbox, restart };
  if (session.state.screenedOut) {
    return new ScreenedOutPage(app);
  }
  switch (stage.kind) {
    case "welcome":
      return new WelcomePage(app, { next });
    case "volume":
      return new VolumePage(app, stage, { next });
    case "headphones":
      return new HeadphonesPage(app, { next });
    case "questions":
      return new QuestionsPage(app, { next });
    case "finish":
      return new FinishPage(app);
    default:
      return new TrialPage(app, stage, { heading: title(stage), next });
  }
}

/** Begin anew, for the next participant at this computer. */
function restart() {
  session.forget();
  stages = plan(test, session.state);
  return show();
}

function title(stage) {
  const told = ({ kind }) => (kind === "attention" ? "trial" : kind);
  const alike = stages.filter((other) => told(other) === told(stage));
  const number = alike.indexOf(stage) + 1;
  return words.heading(words.headings[told(stage)], number, alike.length, stage.clip.title);
}

function progress(stage, place) {
  const kind = stage.kind === "attention" ? "trial" : stage.kind; // or they would be known
  document.getElementById("where").textContent = words.stages[kind];
  const bar = document.getElementById("progress");
  bar.ariaLabel = words.progress;
  bar.max = stages.length - 1;
  bar.value = place;
}

show();
