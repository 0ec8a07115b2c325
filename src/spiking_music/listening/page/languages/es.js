// Español.

export const words = {
  progress: "Progreso de la prueba",
  stages: { welcome: "Bienvenida", volume: "Volumen", headphones: "Auriculares", training: "Entrenamiento", trial: "Prueba", questions: "Preguntas", finish: "Resultados" },
  headings: { training: "Entrenamiento", trial: "Fragmento" },
  heading: (kind, number, count, title) => `${kind} ${number} de ${count}: ${title}`,
  loading: "Cargando los sonidos…",
  notLoaded: (file) => `No se puede cargar ${file}.`,
  tryAgain: "Intentar de nuevo",
  next: "Siguiente",

  introduction: (clips, sounds) =>
    `Va a escuchar ${clips} ${clips === 1 ? "fragmento" : "fragmentos"} de música. De cada uno hay una referencia y ${sounds} versiones; usted valora la calidad de cada versión en comparación con la referencia.`,
  advice: [
    "Use auriculares en un lugar tranquilo.",
    "Cambie de sonido tantas veces como quiera; todos avanzan a la vez.",
    "Haga una pausa cuando quiera: este navegador conserva sus respuestas.",
  ],
  sliderAdvice: [
    "Un control se activa cuando se ha escuchado su sonido.",
    "Una de las versiones es la propia referencia: merece 100.",
  ],
  consent: "He leído este texto y estoy de acuerdo",
  begin: "Empezar",
  contact: (who) => `Preguntas: ${who}`,

  setVolume: "Ajustar el volumen",
  volumeTask: "Reproduzca la referencia y ajuste un volumen cómodo, aquí o en su dispositivo. No lo cambie después.",
  volume: "Volumen",

  playback: "Reproducción",
  play: "Reproducir",
  pause: "Pausa",
  reference: "Referencia",
  playAll: "Reproducir todo",
  loopHint: "Arrastre sobre una parte para repetirla",
  time: (now, all) => `${now} s de ${all} s`,
  loopStart: "Inicio de la repetición",
  loopEnd: "Fin de la repetición",
  seconds: (number) => `${number} segundos`,

  trainingTask: "Escuche todos los sonidos y pruebe los controles, que se activan cuando se ha escuchado un sonido. Las valoraciones de esta página no cuentan.",
  trialTask: "¿Qué calidad tiene cada sonido en comparación con la referencia? Uno de ellos es la propia referencia y merece 100.",
  ratings: "Valoraciones",
  bands: ["Mala", "Mediocre", "Acepta\u00adble", "Buena", "Exce\u00adlente"], // may break on a phone
  sound: (number) => `Sonido ${number}`,
  playSound: "Reproducir el sonido",
  ratingOf: (number) => `Valoración del sonido ${number}`,
  notRated: "aún sin valorar",
  locked: "bloqueado hasta que se escuche",
  unlocked: (number) => `Ya se puede valorar el sonido ${number}`,
  theSound: "el sonido",
  stillToAnswer: "Falta responder.",
  canAnswer: "Ya puede responder",
  practice: "Esta página es para practicar: su respuesta no cuenta.",
  attentionTask: (answer) => `Esta página comprueba que se lee la tarea. Escuche y responda: ${answer}`,
  methods: {
    mos: {
      introduction: (pages) => `Va a escuchar ${pages} fragmentos de música y a valorar la calidad del sonido de cada uno.`,
      question: "¿Cómo es la calidad del sonido?",
      task: "¿Cómo es la calidad del sonido de esta grabación?",
      scale: ["mala", "pobre", "regular", "buena", "excelente"], // ITU-T P.800
    },
    dcr: {
      introduction: (pages) => `Va a escuchar ${pages} fragmentos de música, cada uno junto a su referencia, y a valorar su degradación.`,
      question: "¿Cómo le parece la diferencia con la referencia?",
      task: "Escuche la referencia y después el sonido. ¿Es molesta la diferencia?",
      scale: ["muy molesta", "molesta", "ligeramente molesta", "audible, pero no molesta", "inaudible"], // ITU-T P.800
    },
    ab: {
      introduction: (pages) => `Va a escuchar ${pages} pares de sonidos y a decir cuál de los dos prefiere.`,
      question: "¿Cuál prefiere?",
      task: "Escuche los dos sonidos. ¿Cuál prefiere?",
      answers: { a: "prefiero A", b: "prefiero B", none: "ninguno de los dos" },
    },
    abx: {
      introduction: (pages) => `Va a escuchar ${pages} veces dos sonidos, A y B, y un tercero, X, que es uno de ellos. Usted dice cuál.`,
      question: "¿Qué es X?",
      task: "Escuche A, B y X. X es A o B: ¿cuál?",
      answers: { a: "X es A", b: "X es B" },
    },
  },

  headphonesHeading: (number, count) => `Auriculares: ${number} de ${count}`,
  headphonesTask: "Póngase los auriculares. Va a escuchar tres tonos, uno tras otro. ¿Cuál es el más débil?",
  playTones: "Reproducir los tres tonos",
  quietest: "¿Qué tono es el más débil?",
  tone: (number) => `Tono ${number}`,

  comment: "Comentario (opcional)",
  stillToHear: (numbers) => `Faltan por escuchar: ${numbers}`,
  stillToRate: (numbers) => `Faltan por valorar: ${numbers}`,
  allDone: "Todo listo.",
  keyboard: "Teclado",
  space: "Espacio",
  escape: "Esc",
  keys: {
    sound: "reproducir un sonido",
    answer: "responder",
    number: "reproducir un sonido e ir a su control",
    r: "reproducir la referencia",
    space: "reproducir y pausar",
    arrows: "valorar de 1 en 1, de 10 en 10 con Re Pág y Av Pág",
    brackets: "empezar y terminar la repetición aquí",
    escape: "reproducir todo",
  },

  questions: "Algunas preguntas",
  thanks: "Gracias",
  rated: "Ha valorado todos los sonidos.",
  download: "Descargar los resultados",
  handOver: (who) => `Descargue los resultados y entréguelos a los organizadores${who ? ` (${who})` : ""}.`,
  sending: "Enviando los resultados…",
  sent: "Los resultados se han enviado. Puede cerrar esta página.",
  notSent: (reason) =>
    `No se han podido enviar los resultados (${reason}). Deje esta página abierta: lo intentará de nuevo por sí misma. También puede descargarlos.`,
  answered: (status) => `el servidor respondió ${status}`,
  sendAgain: "Enviar de nuevo",
  nextParticipant: "Siguiente persona",
  screenedOut: "Según sus respuestas, no puede participar en esta prueba.",
  code: "Su código de finalización:",
  goOn: "Terminar",
};
