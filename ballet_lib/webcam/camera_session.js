// One session per model: the camera, film or clip of this page, and the frames between it and the kernel.
// Views come and go; when the last one goes, the camera is released. The kernel answers every frame, errors
// too; at most two are under way, and a frame that finds no room is dropped, never queued.

const IN_FLIGHT = 2;
const LONGER_SIDE = 640;
const QUALITY = 0.7;
const BUSY_AFTER = 2000; // milliseconds without an answer until we say that the kernel is busy
const LOST_AFTER = 60000; // and until we release the camera
const ASK_AGAIN_AFTER = 8000;
const MEASURED = 2000; // milliseconds over which the frame rate is counted

const BUSY = ["The kernel is busy.", "It goes on here as soon as the other cell is done."];
const LOADING = ["Loading the pose model.", "The very first time it is fetched, which may take a minute."];
const WAITING = ["Starting.", "The first picture is on its way to the kernel."];
const ELSEWHERE = ["Another tab has taken over.", "Start here, to have the camera in this tab again."];
const RESTARTED = ["The kernel is not there.", "It was stopped or restarted. Run this cell again."];
const SILENT = ["The kernel has not answered for a minute.", "The camera is off. Start it when the kernel is free."];
const NOT_CARRIED = ["This host carries no pictures from a page to its kernel.", "The recorded routine may play here."];
const NOT_SHOWN = ["The recorded routine cannot be shown here.", "This host carries no pictures from the kernel. Open the notebook with make lab."];
const NOT_A_FILM = ["The browser cannot play this file.", "Give an .mp4 (H.264) or .webm film."];
const OVER = ["The film is over.", ""];
const NO_QUESTION = " If the browser asks nothing, press Start.";

class Session {
  constructor(model) {
    this.model = model;
    this.client = Math.random().toString(36).slice(2, 12); // replies reach every tab; this names ours
    this.views = new Set();
    this.video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
    this.state = "off"; // asking, camera, film, clip
    this.words = []; // what there is to say: a finding and an advice
    this.trouble = false; // whether that is an obstacle, for which the recorded clip is offered
    this.cameras = [];
    this.lost = false; // whether there is no kernel any more
    this.turn = 0; // of starts and stops, so that what comes late can be told
    this.number = 0;
    this.spare = [];
    this.rest();
    model.on("msg:custom", (message, buffers) => this.receive(message, buffers));
    window.addEventListener("pagehide", () => this.stop());
  }

  rest() {
    this.flight = new Map();
    this.shown = null; // the picture that is drawn, with its points and what the kernel said of it
    this.answered = [];
    this.lag = null;
    this.error = "";
  }

  get running() {
    return ["camera", "film", "clip"].includes(this.state);
  }

  // --- Views ----------------------------------------------------------------------------------------------

  join(view) {
    this.views.add(view);
    this.tell({ kind: "hello" });
  }

  leave(view) {
    this.views.delete(view);
    if (!this.views.size) this.stop();
  }

  changed() {
    for (const view of this.views) view.show();
  }

  // --- Starting and stopping ------------------------------------------------------------------------------

  async start(device = "") {
    this.halt();
    const hindrance = obstacle();
    if (hindrance) return this.refuse(hindrance);
    const turn = this.turn;
    this.enter("asking", ADVICE.asking);
    setTimeout(() => {
      if (turn === this.turn && this.state === "asking") this.enter("asking", ["", ADVICE.asking[1] + NO_QUESTION]);
    }, ASK_AGAIN_AFTER);
    const wanted = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };
    if (device) wanted.deviceId = { exact: device };
    let stream = null;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
      if (turn !== this.turn) return release(stream);
      this.stream = stream;
      stream.getTracks().forEach((track) => {
        track.addEventListener("ended", () => turn === this.turn && this.refuse("in use"));
      });
      this.video.srcObject = stream;
      await this.video.play();
      await this.listCameras();
      if (turn === this.turn) this.run("camera");
    } catch (error) {
      if (turn === this.turn) this.refuse(reason(error));
      else if (stream) release(stream);
    }
  }

  async playFile(file) {
    this.halt();
    const turn = this.turn;
    this.address = URL.createObjectURL(file);
    this.video.src = this.address;
    this.video.onended = () => turn === this.turn && this.over(OVER);
    try {
      await this.video.play();
      if (turn === this.turn) this.run("film");
    } catch {
      if (turn === this.turn) this.over(NOT_A_FILM, true);
    }
  }

  playClip() {
    this.halt();
    this.enter("clip", WAITING);
    this.asked = performance.now();
    this.watch();
    this.tell({ kind: "clip" });
  }

  run(state) {
    this.enter(state, WAITING);
    this.asked = performance.now();
    this.tell({ kind: "begin", from: state });
    this.watch();
    this.next(this.turn);
  }

  stop() {
    if (this.state === "off") return;
    this.over([]);
  }

  // The end of what runs, from whichever side; the kernel need not be told what it told us.
  over(words, trouble = false, told = true) {
    this.halt();
    this.enter("off", words, trouble);
    if (told) this.tell({ kind: "end", words: words.join(" ") });
  }

  refuse(state) {
    this.halt();
    this.enter("off", ADVICE[state], true);
    this.obstacle = state;
    this.tell({ kind: "obstacle", state, words: ADVICE[state].join(" ") });
  }

  halt() {
    this.turn += 1;
    clearInterval(this.watching);
    if (this.stream) release(this.stream);
    this.stream = null;
    this.video.onended = null;
    this.video.pause();
    this.video.srcObject = null;
    this.video.removeAttribute("src");
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = null;
    this.rest();
  }

  enter(state, words, trouble = false) {
    Object.assign(this, { state, words, trouble, obstacle: null });
    this.changed();
  }

  async listCameras() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    const [track] = this.stream.getVideoTracks();
    this.camera = track.getSettings().deviceId;
    this.cameras = devices.filter((device) => device.kind === "videoinput" && device.deviceId);
  }

  // --- Frames ---------------------------------------------------------------------------------------------

  next(turn) {
    if (turn !== this.turn) return;
    const go = () => {
      if (turn !== this.turn) return;
      if (this.flight.size < IN_FLIGHT && this.video.videoWidth) this.grab(turn);
      this.next(turn);
    };
    if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(go);
    else setTimeout(go, 33);
  }

  async grab(turn) {
    const number = ++this.number;
    const [seconds, canvas] = [performance.now() / 1000, this.spare.pop() || document.createElement("canvas")];
    const { videoWidth, videoHeight } = this.video;
    const scale = Math.min(1, LONGER_SIDE / Math.max(videoWidth, videoHeight));
    const frame = { picture: canvas, sent: performance.now() };
    this.flight.set(number, frame);
    Object.assign(canvas, { width: Math.round(videoWidth * scale), height: Math.round(videoHeight * scale) });
    canvas.getContext("2d", { willReadFrequently: true }).drawImage(this.video, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    frame.jpeg = await blob.arrayBuffer();
    if (turn !== this.turn) return;
    frame.sent = performance.now();
    this.tell({ kind: "frame", number, seconds }, [frame.jpeg]);
  }

  tell(message, buffers) {
    try {
      this.model.send({ ...message, client: this.client }, undefined, buffers);
    } catch {
      this.disconnected();
    }
  }

  receive(message, buffers) {
    if (message.client !== this.client) return;
    if (message.kind === "answer") this.answer(message, buffers);
    else if (message.kind === "picture") this.picture(message, buffers);
    else if (message.kind === "loading" && this.running) this.enter(this.state, LOADING);
    else if (message.kind === "start" && this.state === "off") this.start();
    else if (message.kind === "stop" && this.state !== "off") this.over([], false, false);
    else if (message.kind === "gone" && this.running) this.over(ELSEWHERE, false, false);
    else if (message.kind === "error") this.complain(message.words);
    else if (message.kind === "over") this.over([message.words, ""], Boolean(message.words), false);
  }

  complain(words) {
    this.error = words;
    this.changed();
  }

  answer(message, buffers) {
    const frame = this.flight.get(message.number);
    if (!frame) return; // of a run that was stopped
    this.flight.delete(message.number);
    if (message.refused) return this.over(ELSEWHERE, false, false);
    if (message.empty) return this.over(NOT_CARRIED, true);
    const trip = performance.now() - frame.sent;
    this.lag = this.lag === null ? trip : 0.9 * this.lag + 0.1 * trip;
    if (this.shown && message.number < this.shown.number) return;
    this.present({ ...frame, ...message, points: toPoints(buffers?.[0]) });
  }

  async picture(message, buffers) {
    if (!buffers?.[1]) {
      if (this.state === "clip") this.over(NOT_SHOWN);
      return;
    }
    const turn = this.turn;
    try {
      const picture = await createImageBitmap(new Blob([buffers[1]], { type: "image/jpeg" }));
      if (turn !== this.turn || this.state !== "clip") return;
      this.present({ ...message, picture, jpeg: buffers[1], points: toPoints(buffers[0]) });
    } finally {
      this.tell({ kind: "drawn", number: message.number }); // the kernel waits for it before it sends many more
    }
  }

  // What was sent is drawn with its own points, so that the skeleton never lags behind the dancer.
  present(shown) {
    const now = performance.now();
    if (this.shown?.picture instanceof HTMLCanvasElement && this.spare.length < 3) this.spare.push(this.shown.picture);
    this.shown = shown;
    this.answered.push(now);
    while (now - this.answered[0] > MEASURED) this.answered.shift();
    this.asked = now;
    this.error = shown.error || "";
    if (this.words.length) this.enter(this.state, []);
    for (const view of this.views) view.draw();
  }

  get rate() {
    const [first, last] = [this.answered[0], this.answered.at(-1)];
    return this.answered.length > 2 ? (1000 * (this.answered.length - 1)) / (last - first) : null;
  }

  // --- When the kernel does not answer ---------------------------------------------------------------------

  watch() {
    clearInterval(this.watching);
    this.watching = setInterval(() => {
      if (this.state !== "clip" && !this.flight.size) this.asked = performance.now();
      const silence = performance.now() - this.asked;
      if (silence > LOST_AFTER) this.over(SILENT);
      else if (silence > BUSY_AFTER && this.words !== BUSY && this.words !== LOADING) this.enter(this.state, BUSY);
    }, 400);
  }

  // A model whose kernel is gone stays without one: the cell makes another when it is run again.
  disconnected() {
    this.lost = true;
    this.over(RESTARTED, false, false);
  }
}

function release(stream) {
  stream.getTracks().forEach((track) => track.stop());
}

function toPoints(bytes) {
  if (!bytes?.byteLength) return null;
  return new Float32Array(bytes.buffer ? bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) : bytes);
}
