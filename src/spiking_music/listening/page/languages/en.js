// English.

export const words = {
  progress: "Progress of the test",
  stages: { welcome: "Welcome", volume: "Volume", headphones: "Headphones", training: "Training", trial: "Test", questions: "Questions", finish: "Results" },
  headings: { training: "Training", trial: "Excerpt" },
  heading: (kind, number, count, title) => `${kind} ${number} of ${count}: ${title}`,
  loading: "Loading the sounds …",
  notLoaded: (file) => `${file} cannot be loaded.`,
  tryAgain: "Try again",
  next: "Next",

  introduction: (clips, sounds) =>
    `You will hear ${clips} ${clips === 1 ? "excerpt" : "excerpts"} of music. Each comes as a reference and in ${sounds} versions, and you rate how good each version is compared with the reference.`,
  advice: [
    "Use headphones in a quiet room.",
    "Switch between the sounds as often as you like; they all run at the same position.",
    "Take a break whenever you like: this browser keeps your answers.",
  ],
  sliderAdvice: [
    "A slider is enabled once its sound has been heard.",
    "One version is the reference itself: it deserves 100.",
  ],
  consent: "I have read this and I agree",
  begin: "Begin",
  contact: (who) => `Questions: ${who}`,

  setVolume: "Set the volume",
  volumeTask: "Play the reference and set a comfortable volume, here or on your device. Leave it as it is from then on.",
  volume: "Volume",

  playback: "Playback",
  play: "Play",
  pause: "Pause",
  reference: "Reference",
  playAll: "Play all of it",
  loopHint: "Drag over a part to loop it",
  time: (now, all) => `${now} s of ${all} s`,
  loopStart: "Loop start",
  loopEnd: "Loop end",
  seconds: (number) => `${number} seconds`,

  trainingTask: "Listen to all sounds and try the sliders, which are enabled once a sound has been heard. Ratings of this page do not count.",
  trialTask: "How good is each sound compared with the reference? One of them is the reference itself and deserves 100.",
  ratings: "Ratings",
  bands: ["Bad", "Poor", "Fair", "Good", "Excellent"], // ITU-R BS.1534-3
  sound: (number) => `Sound ${number}`,
  playSound: "Play sound",
  ratingOf: (number) => `Rating of sound ${number}`,
  notRated: "not yet rated",
  locked: "locked until heard",
  unlocked: (number) => `Sound ${number} can be rated now`,
  theSound: "the sound",
  stillToAnswer: "Still to be answered.",
  canAnswer: "You can answer now",
  practice: "This page is for practice: its answer does not count.",
  attentionTask: (answer) => `This page checks that the task is read. Listen, and then answer: ${answer}`,
  methods: {
    mos: {
      introduction: (pages) => `You will hear ${pages} pieces of music and rate how good the sound of each is.`,
      question: "How good is the sound?",
      task: "How good is the sound of this recording?",
      scale: ["bad", "poor", "fair", "good", "excellent"], // ITU-T P.800
    },
    dcr: {
      introduction: (pages) => `You will hear ${pages} pieces of music, each beside its reference, and rate how much worse it sounds.`,
      question: "How do you find the difference from the reference?",
      task: "Listen to the reference, and then to the sound. How annoying is the difference?",
      scale: ["very annoying", "annoying", "slightly annoying", "audible, but not annoying", "inaudible"], // ITU-T P.800
    },
    ab: {
      introduction: (pages) => `You will hear ${pages} pairs of sounds and say which of the two you prefer.`,
      question: "Which do you prefer?",
      task: "Listen to both sounds. Which do you prefer?",
      answers: { a: "I prefer A", b: "I prefer B", none: "no preference" },
    },
    abx: {
      introduction: (pages) => `You will hear ${pages} times two sounds, A and B, and a third, X, that is one of them. You say which.`,
      question: "What is X?",
      task: "Listen to A, B and X. X is either A or B: which?",
      answers: { a: "X is A", b: "X is B" },
    },
  },

  headphonesHeading: (number, count) => `Headphones: ${number} of ${count}`,
  headphonesTask: "Put on your headphones. You will hear three tones, one after the other. Which is the quietest?",
  playTones: "Play the three tones",
  quietest: "Which tone is the quietest?",
  tone: (number) => `Tone ${number}`,

  comment: "Comment (optional)",
  stillToHear: (numbers) => `Still to be heard: ${numbers}`,
  stillToRate: (numbers) => `Still to be rated: ${numbers}`,
  allDone: "All done.",
  keyboard: "Keyboard",
  space: "Space",
  escape: "Esc",
  keys: {
    sound: "play a sound",
    answer: "answer",
    number: "play a sound, then go to its slider",
    r: "play the reference",
    space: "play and pause",
    arrows: "rate by 1, Page keys by 10",
    brackets: "begin and end the loop here",
    escape: "play all of it",
  },

  questions: "A few questions",
  thanks: "Thank you",
  rated: "You have rated all sounds.",
  download: "Download the results",
  handOver: (who) => `Please download the results and hand them to the organisers${who ? ` (${who})` : ""}.`,
  sending: "Sending the results …",
  sent: "The results have been sent. You may close this page.",
  notSent: (reason) =>
    `The results could not be sent (${reason}). Leave this page open: it tries again by itself. You can also download them.`,
  answered: (status) => `the server answered ${status}`,
  sendAgain: "Send again",
  nextParticipant: "Next participant",
  screenedOut: "By your answers, you cannot take part in this test.",
  code: "Your completion code:",
  goOn: "Finish",
};
