// Deutsch.

export const words = {
  progress: "Fortschritt des Tests",
  stages: { welcome: "Willkommen", volume: "Lautstärke", headphones: "Kopfhörer", training: "Training", trial: "Test", questions: "Fragen", finish: "Ergebnisse" },
  headings: { training: "Training", trial: "Ausschnitt" },
  heading: (kind, number, count, title) => `${kind} ${number} von ${count}: ${title}`,
  loading: "Die Klänge werden geladen …",
  notLoaded: (file) => `${file} kann nicht geladen werden.`,
  tryAgain: "Noch einmal versuchen",
  next: "Weiter",

  introduction: (clips, sounds) =>
    `Sie hören ${clips === 1 ? "einen Musikausschnitt" : `${clips} Musikausschnitte`}. Zu jedem gibt es eine Referenz und ${sounds} Fassungen. Sie bewerten, wie gut jede Fassung im Vergleich zur Referenz ist.`,
  advice: [
    "Benutzen Sie Kopfhörer in einem ruhigen Raum.",
    "Wechseln Sie zwischen den Klängen, sooft Sie möchten; alle laufen an derselben Stelle.",
    "Machen Sie eine Pause, wann immer Sie möchten: Dieser Browser behält Ihre Antworten.",
  ],
  sliderAdvice: [
    "Ein Regler lässt sich bewegen, sobald sein Klang gehört wurde.",
    "Eine Fassung ist die Referenz selbst: Sie verdient 100.",
  ],
  consent: "Ich habe dies gelesen und bin einverstanden",
  begin: "Beginnen",
  contact: (who) => `Fragen: ${who}`,

  setVolume: "Lautstärke einstellen",
  volumeTask: "Spielen Sie die Referenz ab und stellen Sie eine angenehme Lautstärke ein, hier oder an Ihrem Gerät. Lassen Sie sie von da an unverändert.",
  volume: "Lautstärke",

  playback: "Wiedergabe",
  play: "Abspielen",
  pause: "Anhalten",
  reference: "Referenz",
  playAll: "Alles abspielen",
  loopHint: "Über einen Abschnitt ziehen, um ihn zu wiederholen",
  time: (now, all) => `${now} s von ${all} s`,
  loopStart: "Anfang der Wiederholung",
  loopEnd: "Ende der Wiederholung",
  seconds: (number) => `${number} Sekunden`,

  trainingTask: "Hören Sie alle Klänge an und probieren Sie die Regler aus, die sich bewegen lassen, sobald ein Klang gehört wurde. Bewertungen dieser Seite zählen nicht.",
  trialTask: "Wie gut ist jeder Klang im Vergleich zur Referenz? Einer ist die Referenz selbst und verdient 100.",
  ratings: "Bewertungen",
  bands: ["Schlecht", "Dürftig", "Ordent\u00adlich", "Gut", "Ausge\u00adzeich\u00adnet"], // may break on a phone
  sound: (number) => `Klang ${number}`,
  playSound: "Klang abspielen:",
  ratingOf: (number) => `Bewertung von Klang ${number}`,
  notRated: "noch nicht bewertet",
  locked: "gesperrt, bis er gehört wurde",
  unlocked: (number) => `Klang ${number} kann jetzt bewertet werden`,
  theSound: "der Klang",
  stillToAnswer: "Noch zu beantworten.",
  canAnswer: "Sie können jetzt antworten",
  practice: "Diese Seite ist zum Üben: Ihre Antwort zählt nicht.",
  attentionTask: (answer) => `Diese Seite prüft, ob die Aufgabe gelesen wird. Hören Sie zu und antworten Sie dann: ${answer}`,
  methods: {
    mos: {
      introduction: (pages) => `Sie hören ${pages} Musikstücke und bewerten, wie gut jedes klingt.`,
      question: "Wie gut ist der Klang?",
      task: "Wie gut klingt diese Aufnahme?",
      scale: ["schlecht", "dürftig", "ordentlich", "gut", "ausgezeichnet"], // ITU-T P.800
    },
    dcr: {
      introduction: (pages) => `Sie hören ${pages} Musikstücke, jedes neben seiner Referenz, und bewerten, wie viel schlechter es klingt.`,
      question: "Wie empfinden Sie den Unterschied zur Referenz?",
      task: "Hören Sie die Referenz und dann den Klang. Wie störend ist der Unterschied?",
      scale: ["sehr störend", "störend", "etwas störend", "hörbar, aber nicht störend", "unhörbar"], // ITU-T P.800
    },
    ab: {
      introduction: (pages) => `Sie hören ${pages} Paare von Klängen und sagen, welchen der beiden Sie vorziehen.`,
      question: "Welchen ziehen Sie vor?",
      task: "Hören Sie beide Klänge. Welchen ziehen Sie vor?",
      answers: { a: "A ist besser", b: "B ist besser", none: "keinen von beiden" },
    },
    abx: {
      introduction: (pages) => `Sie hören ${pages}-mal zwei Klänge, A und B, und einen dritten, X, der einer von beiden ist. Sie sagen, welcher.`,
      question: "Was ist X?",
      task: "Hören Sie A, B und X. X ist entweder A oder B: welcher?",
      answers: { a: "X ist A", b: "X ist B" },
    },
  },

  headphonesHeading: (number, count) => `Kopfhörer: ${number} von ${count}`,
  headphonesTask: "Setzen Sie Ihre Kopfhörer auf. Sie hören drei Töne nacheinander. Welcher ist der leiseste?",
  playTones: "Die drei Töne abspielen",
  quietest: "Welcher Ton ist der leiseste?",
  tone: (number) => `Ton ${number}`,

  comment: "Kommentar (freiwillig)",
  stillToHear: (numbers) => `Noch zu hören: ${numbers}`,
  stillToRate: (numbers) => `Noch zu bewerten: ${numbers}`,
  allDone: "Alles erledigt.",
  keyboard: "Tastatur",
  space: "Leertaste",
  escape: "Esc",
  keys: {
    sound: "einen Klang abspielen",
    answer: "antworten",
    number: "einen Klang abspielen, dann zu seinem Regler",
    r: "die Referenz abspielen",
    space: "abspielen und anhalten",
    arrows: "um 1 bewerten, mit Bild ↑ ↓ um 10",
    brackets: "die Wiederholung hier beginnen und beenden",
    escape: "alles abspielen",
  },

  questions: "Einige Fragen",
  thanks: "Vielen Dank",
  rated: "Sie haben alle Klänge bewertet.",
  download: "Ergebnisse herunterladen",
  handOver: (who) => `Bitte laden Sie die Ergebnisse herunter und geben Sie sie den Veranstaltern${who ? ` (${who})` : ""}.`,
  sending: "Die Ergebnisse werden gesendet …",
  sent: "Die Ergebnisse wurden gesendet. Sie können diese Seite schließen.",
  notSent: (reason) =>
    `Die Ergebnisse konnten nicht gesendet werden (${reason}). Lassen Sie diese Seite offen: Sie versucht es von selbst wieder. Sie können die Ergebnisse auch herunterladen.`,
  answered: (status) => `der Server antwortete ${status}`,
  sendAgain: "Noch einmal senden",
  nextParticipant: "Nächste Person",
  screenedOut: "Nach Ihren Antworten können Sie an diesem Test nicht teilnehmen.",
  code: "Ihr Abschlusscode:",
  goOn: "Abschließen",
};
