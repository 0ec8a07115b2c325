// Français.

export const words = {
  progress: "Avancement du test",
  stages: { welcome: "Accueil", volume: "Volume", headphones: "Casque", training: "Entraînement", trial: "Test", questions: "Questions", finish: "Résultats" },
  headings: { training: "Entraînement", trial: "Extrait" },
  heading: (kind, number, count, title) => `${kind} ${number} sur ${count} : ${title}`,
  loading: "Chargement des sons…",
  notLoaded: (file) => `Impossible de charger ${file}.`,
  tryAgain: "Réessayer",
  next: "Suivant",

  introduction: (clips, sounds) =>
    `Vous allez entendre ${clips} ${clips === 1 ? "extrait" : "extraits"} de musique. Chacun est présenté avec une référence et ${sounds} versions ; vous notez la qualité de chaque version par rapport à la référence.`,
  advice: [
    "Utilisez un casque dans un endroit calme.",
    "Passez d’un son à l’autre aussi souvent que vous le souhaitez ; tous avancent ensemble.",
    "Faites une pause quand vous le souhaitez : ce navigateur conserve vos réponses.",
  ],
  sliderAdvice: [
    "Un curseur est activé dès que son extrait a été entendu.",
    "L’une des versions est la référence elle-même : elle mérite 100.",
  ],
  consent: "J’ai lu ce texte et je suis d’accord",
  begin: "Commencer",
  contact: (who) => `Questions : ${who}`,

  setVolume: "Régler le volume",
  volumeTask: "Écoutez la référence et réglez un volume confortable, ici ou sur votre appareil. N’y touchez plus ensuite.",
  volume: "Volume",

  playback: "Lecture",
  play: "Lire",
  pause: "Pause",
  reference: "Référence",
  playAll: "Tout lire",
  loopHint: "Faites glisser sur un passage pour le lire en boucle",
  time: (now, all) => `${now} s sur ${all} s`,
  loopStart: "Début de la boucle",
  loopEnd: "Fin de la boucle",
  seconds: (number) => `${number} secondes`,

  trainingTask: "Écoutez tous les sons et essayez les curseurs, activés dès qu’un son a été entendu. Les notes de cette page ne comptent pas.",
  trialTask: "Quelle est la qualité de chaque son par rapport à la référence ? L’un d’eux est la référence elle-même et mérite 100.",
  ratings: "Notes",
  bands: ["Mauvais", "Médiocre", "Assez bon", "Bon", "Excel\u00adlent"], // may break on a phone
  sound: (number) => `Son ${number}`,
  playSound: "Lire le son",
  ratingOf: (number) => `Note du son ${number}`,
  notRated: "pas encore noté",
  locked: "bloqué tant qu’il n’a pas été entendu",
  unlocked: (number) => `Le son ${number} peut maintenant être noté`,
  theSound: "le son",
  stillToAnswer: "Réponse attendue.",
  canAnswer: "Vous pouvez répondre maintenant",
  practice: "Cette page sert à s’exercer : sa réponse ne compte pas.",
  attentionTask: (answer) => `Cette page vérifie que la consigne est lue. Écoutez, puis répondez : ${answer}`,
  methods: {
    mos: {
      introduction: (pages) => `Vous allez entendre ${pages} extraits de musique et noter la qualité du son de chacun.`,
      question: "Quelle est la qualité du son ?",
      task: "Quelle est la qualité du son de cet enregistrement ?",
      scale: ["mauvaise", "médiocre", "passable", "bonne", "excellente"], // ITU-T P.800
    },
    dcr: {
      introduction: (pages) => `Vous allez entendre ${pages} extraits de musique, chacun à côté de sa référence, et noter sa dégradation.`,
      question: "Comment jugez-vous la différence avec la référence ?",
      task: "Écoutez la référence, puis le son. La différence est-elle gênante ?",
      scale: ["très gênante", "gênante", "légèrement gênante", "audible mais non gênante", "inaudible"], // ITU-T P.800
    },
    ab: {
      introduction: (pages) => `Vous allez entendre ${pages} paires de sons et dire lequel des deux vous préférez.`,
      question: "Lequel préférez-vous ?",
      task: "Écoutez les deux sons. Lequel préférez-vous ?",
      answers: { a: "je préfère A", b: "je préfère B", none: "aucune préférence" },
    },
    abx: {
      introduction: (pages) => `Vous allez entendre ${pages} fois deux sons, A et B, et un troisième, X, qui est l’un des deux. Vous dites lequel.`,
      question: "Qu’est-ce que X ?",
      task: "Écoutez A, B et X. X est soit A, soit B : lequel ?",
      answers: { a: "X est A", b: "X est B" },
    },
  },

  headphonesHeading: (number, count) => `Casque : ${number} sur ${count}`,
  headphonesTask: "Mettez votre casque. Vous allez entendre trois sons purs, l’un après l’autre. Lequel est le plus faible ?",
  playTones: "Écouter les trois sons",
  quietest: "Quel son est le plus faible ?",
  tone: (number) => `Son ${number}`,

  comment: "Commentaire (facultatif)",
  stillToHear: (numbers) => `Reste à écouter : ${numbers}`,
  stillToRate: (numbers) => `Reste à noter : ${numbers}`,
  allDone: "Tout est fait.",
  keyboard: "Clavier",
  space: "Espace",
  escape: "Échap",
  keys: {
    sound: "écouter un son",
    answer: "répondre",
    number: "lire un son, puis aller à son curseur",
    r: "lire la référence",
    space: "lire et mettre en pause",
    arrows: "noter par pas de 1, de 10 avec Page ↑ ↓",
    brackets: "commencer et finir la boucle ici",
    escape: "tout lire",
  },

  questions: "Quelques questions",
  thanks: "Merci",
  rated: "Vous avez noté tous les sons.",
  download: "Télécharger les résultats",
  handOver: (who) => `Veuillez télécharger les résultats et les remettre aux organisateurs${who ? ` (${who})` : ""}.`,
  sending: "Envoi des résultats…",
  sent: "Les résultats ont été envoyés. Vous pouvez fermer cette page.",
  notSent: (reason) =>
    `Les résultats n’ont pas pu être envoyés (${reason}). Laissez cette page ouverte : elle réessaie d’elle-même. Vous pouvez aussi les télécharger.`,
  answered: (status) => `le serveur a répondu ${status}`,
  sendAgain: "Renvoyer",
  nextParticipant: "Personne suivante",
  screenedOut: "D’après vos réponses, vous ne pouvez pas participer à ce test.",
  code: "Votre code de fin :",
  goOn: "Terminer",
};
