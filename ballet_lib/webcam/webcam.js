// The live camera as it is in the page: the picture with its skeleton, the controls, and what is recognised.

const PRIVACY = "Frames stay on this machine and are not stored.";
const OFF = "The camera is off";
const STANDING = "Press Start and step back until your whole body is in the picture, feet too.";
const SEATED = "Press Start. Head, arms and hands must be in the picture, also when you raise them; legs need not.";
const TROUBLE = "Without a camera, watch the recorded routine:";
const TYPING = "input[type=text], textarea, [contenteditable='true']";

const NO_CORRECTION = { verdict: "none", name: "Corrections", words: "After each movement, what a teacher would say stands here." };

const SWITCH = { camera: "Stop", film: "Stop", clip: "Stop", asking: "Cancel", off: "Start camera" };
const BADGES = { camera: "Live", film: "Your film", clip: "Recorded routine" };

// --- The picture ------------------------------------------------------------------------------------------

function buildStage(parent) {
  const stage = make("div", parent, { className: "stage" });
  const canvas = make("canvas", stage, { width: 640, height: 480 }, { role: "img" });
  const badge = make("div", stage, { className: "badge" });
  const big = make("div", stage, { className: "big" }, { "aria-hidden": "true" });
  const error = make("div", stage, { className: "error" }, { role: "alert" });
  const words = make("div", stage, { className: "words" });
  const said = make("div", words, {}, { role: "status", "aria-live": "polite" });
  const offer = make("button", words, { type: "button", className: "primary", textContent: "Play the recorded routine" });
  const share = make("div", make("div", stage, { className: "share" }));
  return { stage, canvas, badge, big, error, words, said, offer, share };
}

function paint(canvas, shown, mirror) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [shown.picture.width, shown.picture.height];
  const wide = Math.min(1280, Math.max(320, Math.round((canvas.clientWidth || width) * ratio)));
  const high = Math.round((wide * height) / width);
  if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
  canvas.style.objectFit = Math.abs((3 * width) / height - 4) < 0.05 ? "cover" : "contain"; // no hairline at the edge
  const pen = canvas.getContext("2d");
  pen.setTransform(mirror ? -1 : 1, 0, 0, 1, mirror ? wide : 0, 0);
  pen.drawImage(shown.picture, 0, 0, wide, high);
  if (shown.points) drawSkeleton(pen, shown.points, (x, y) => [x * wide, y * high], Math.min(wide, high));
  pen.setTransform(1, 0, 0, 1, 0, 0);
}

// --- What is recognised -----------------------------------------------------------------------------------

function buildBars(parent, names) {
  const bars = make("div", parent, { className: "bars" }, { role: "group", "aria-label": "How probable each movement is" });
  return names.map((name) => {
    const label = make("span", bars, { className: "name", textContent: name });
    const track = make("div", bars, { className: "track" });
    const fill = make("div", track, { className: "fill" });
    make("div", track, { className: "tick" });
    const number = make("span", bars, { className: "number", textContent: "0.00" });
    return { row: [label, track, number], fill, number };
  });
}

function buildPanel(parent, names) {
  const panel = make("div", parent, { className: "panel" });
  const now = make("div", panel, { className: "now" });
  make("small", now, { textContent: "Now" });
  const movement = make("b", now);
  const bars = buildBars(panel, names);
  const line = make("label", panel, { className: "threshold" });
  make("span", line, { textContent: "Counts from" });
  const slider = make("input", line, { type: "range", min: 0.5, max: 0.99, step: 0.01 });
  const number = make("output", line);
  const correction = make("div", panel, { className: "correction", hidden: true }, { "aria-live": "polite" });
  const still = make("canvas", correction, { width: 10, height: 10 }, { role: "img" });
  const text = make("div", correction);
  return { panel, movement, bars, slider, number, correction, still, heading: make("b", text), advice: make("span", text) };
}

function buildExercise(parent, length) {
  const row = make("div", parent, { className: "exercise" });
  const head = make("div", row, { className: "head" });
  const title = make("b", head);
  const again = make("button", head, { type: "button", textContent: "Start the exercise anew" });
  const list = make("ol", row);
  const slots = Array.from({ length }, (_, place) => {
    const slot = make("li", list);
    make("i", slot, { textContent: place + 1 }, { "aria-hidden": "true" });
    return { slot, name: make("span", slot) };
  });
  return { title, again, slots };
}

// The frame that shows what to correct: a skeleton on an empty stage, cut to the dancer.
function paintStill(canvas, { points, marks, aspect }, style, mirror) {
  const known = points.map((point) => point.map((value) => (value === null ? NaN : value)));
  const across = (x) => (mirror ? 1 - x : x) * aspect;
  const xs = known.map(([x]) => across(x)).filter(Number.isFinite);
  const ys = known.map(([, y]) => y).filter(Number.isFinite);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const scale = 230 / Math.max(Math.max(...xs) - left, Math.max(...ys) - top, 0.05);
  const wide = (Math.max(...xs) - left) * scale + 50;
  Object.assign(canvas, { width: Math.max(wide, 130), height: 280 });
  const pen = canvas.getContext("2d");
  const shift = (canvas.width - wide) / 2 + 25;
  const place = (x, y) => [(across(x) - left) * scale + shift, (y - top) * scale + 25];
  const colours = Object.fromEntries(["left", "right", "middle"].map((side) => [side, style.getPropertyValue(`--${side}`)]));
  const looks = { colours: { ...colours, face: colours.middle }, paper: style.getPropertyValue("--still"), face: true, marks };
  drawSkeleton(pen, Float32Array.from(known.flat()), place, 560, looks);
}

// --- Controls ---------------------------------------------------------------------------------------------

function buildControls(parent) {
  const row = make("div", parent, { className: "controls" });
  const button = (textContent, className = "") => make("button", row, { type: "button", textContent, className });
  const power = button("Start camera", "power primary");
  const camera = make("select", row, { hidden: true }, { "aria-label": "Which camera" });
  const line = make("label", row, { className: "mirror" });
  const mirror = make("input", line, { type: "checkbox" });
  line.append("Mirror");
  const clip = button("Recorded routine", "clip");
  const open = button("Video file…", "file");
  const file = make("input", row, { type: "file", accept: "video/*", hidden: true }, { "aria-label": "Video file" });
  return { power, camera, mirror, clip, open, file };
}

function buildFoot(parent) {
  const foot = make("div", parent, { className: "foot" });
  const sides = make("span", foot, { className: "sides" });
  for (const side of ["left", "right"]) {
    make("i", sides).dataset.side = side;
    sides.append(`dancer’s ${side}`);
  }
  return make("span", foot, { className: "figures" });
}

// --- All of it --------------------------------------------------------------------------------------------

class View {
  constructor(session, model, el) {
    Object.assign(this, { session, model, names: model.get("names"), labels: model.get("labels") });
    this.root = make("section", el, { className: "ballet-webcam" }, { "aria-label": "Camera" });
    const head = make("header", this.root);
    make("b", head, { textContent: this.names.length ? "Live recognition" : "Camera" });
    make("span", head, { textContent: PRIVACY });
    const middle = make("div", this.root, { className: "middle" });
    const left = make("div", middle, { className: "left" });
    this.stage = buildStage(left);
    this.controls = buildControls(left);
    this.panel = this.names.length ? buildPanel(middle, this.names) : null;
    this.exercise = this.panel ? buildExercise(this.root, model.get("length")) : null;
    this.figures = buildFoot(this.root);
    this.announce = make("div", this.root, { className: "announce" }, { role: "status", "aria-live": "polite" });
    this.listen();
    for (const show of [this.show, this.follow, this.showExercise, this.showCorrection]) show.call(this);
  }

  listen() {
    const { session, model, controls } = this;
    const power = () => (session.state === "off" ? session.start(controls.camera.value) : session.stop());
    controls.power.onclick = () => this.connected && power();
    controls.camera.onchange = () => session.state !== "off" && session.start(controls.camera.value);
    controls.mirror.onchange = () => this.set("mirror", controls.mirror.checked);
    controls.clip.onclick = this.stage.offer.onclick = () => this.connected && session.playClip();
    controls.open.onclick = () => this.connected && controls.file.click();
    controls.file.onchange = () => {
      if (controls.file.files.length) session.playFile(controls.file.files[0]);
      controls.file.value = "";
    };
    if (this.panel) {
      this.panel.slider.oninput = () => this.set("threshold", Number(this.panel.slider.value));
      this.exercise.again.onclick = () => session.tell({ kind: "anew" });
    }
    this.handlers = {
      "change:mirror change:threshold change:badge change:kind change:big change:share": () => this.follow(),
      "change:owner": () => this.show(),
      "change:exercise": () => this.showExercise(),
      "change:correction": () => this.showCorrection(),
      comm_live_update: () => setTimeout(() => this.connected), // once the page has marked its views
    };
    for (const [name, handler] of Object.entries(this.handlers)) model.on(name, handler);
    window.addEventListener("keydown", (this.press = (event) => this.keep(event)), true);
    this.fitter = new ResizeObserver(() => this.draw());
    this.fitter.observe(this.stage.stage);
  }

  remove() {
    for (const [name, handler] of Object.entries(this.handlers)) this.model.off(name, handler);
    window.removeEventListener("keydown", this.press, true);
    this.fitter.disconnect();
  }

  // Whether there is a kernel; says so if there is none.
  get connected() {
    if (this.session.lost || this.root.closest(".jupyter-widgets-disconnected")) this.session.disconnected();
    return !this.session.lost;
  }

  set(name, value) {
    this.model.set(name, value);
    this.follow();
    try {
      this.model.save_changes();
    } catch {
      // Without a kernel there is nobody to tell.
    }
  }

  // JupyterLab has keys of its own for cells; what is pressed in here is ours.
  keep(event) {
    if (!this.root.contains(event.target) || event.target.matches(TYPING)) return;
    if (!event.ctrlKey && !event.metaKey && !event.altKey && event.key !== "Tab") event.stopPropagation();
  }

  // What the session is at.
  show() {
    const { session, stage, controls } = this;
    const { state, running } = session;
    this.root.dataset.state = state;
    this.root.dataset.obstacle = session.obstacle || "";
    const elsewhere = state === "off" && this.model.get("owner") && this.model.get("owner") !== session.client;
    const hint = elsewhere ? ["The camera runs in another tab", "Start here, to have it in this tab."] : [OFF, this.model.get("seated") ? SEATED : STANDING];
    const [finding, advice] = session.words.length ? session.words : state === "off" ? hint : ["", ""];
    stage.said.replaceChildren();
    if (finding) make("b", stage.said, { textContent: finding });
    if (advice) make("span", stage.said, { textContent: advice });
    if (session.trouble) make("span", stage.said, { textContent: TROUBLE });
    stage.words.hidden = !finding && !advice;
    stage.words.dataset.over = Boolean(running && session.shown);
    stage.offer.hidden = !session.trouble;
    controls.power.textContent = SWITCH[state];
    controls.power.classList.toggle("primary", !running && !session.trouble);
    controls.power.classList.toggle("stop", running);
    controls.clip.disabled = state === "clip";
    controls.mirror.disabled = state === "clip" || state === "film"; // only a camera is a mirror
    controls.camera.hidden = session.cameras.length < 2;
    controls.camera.replaceChildren();
    session.cameras.forEach((device, place) => {
      const textContent = device.label || `Camera ${place + 1}`;
      make("option", controls.camera, { value: device.deviceId, textContent, selected: device.deviceId === session.camera });
    });
    stage.canvas.setAttribute("aria-label", running ? `${BADGES[state]}: the dancer with the skeleton that was found` : "No picture");
    stage.error.textContent = session.error;
    if (!session.shown) this.clear();
    this.follow();
  }

  // What the kernel says beside the frames.
  follow() {
    const { model, stage, session } = this;
    stage.badge.textContent = model.get("badge") || BADGES[session.state] || "";
    stage.badge.dataset.kind = model.get("kind") || (session.state === "camera" ? "live" : "");
    stage.big.textContent = model.get("big");
    stage.share.style.width = `${100 * model.get("share")}%`;
    this.controls.mirror.checked = model.get("mirror");
    if (this.panel) {
      const threshold = model.get("threshold");
      this.root.style.setProperty("--threshold", threshold);
      this.panel.slider.value = threshold;
      this.panel.number.textContent = threshold.toFixed(2);
    }
    this.draw();
  }

  clear() {
    const { canvas } = this.stage;
    canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
    this.figures.textContent = "";
    if (this.panel) this.tell({ probabilities: this.names.map(() => 0), movement: null, person: true });
  }

  draw() {
    const { session, stage } = this;
    const shown = session.shown;
    if (!shown) return;
    paint(stage.canvas, shown, this.model.get("mirror") && session.state === "camera");
    stage.canvas.drawn = shown;
    this.root.dataset.drawn = shown.number;
    stage.error.textContent = session.error;
    if (this.panel && shown.probabilities) this.tell(shown);
    const trip = session.lag === null ? "" : ` · ${Math.round(session.lag)} ms there and back`;
    const late = this.panel ? ` · a ${this.model.get("seated") ? "position" : "movement"} counts about ${this.model.get("delay").toFixed(1)} s after its middle` : "";
    if (session.rate) this.figures.textContent = `${Math.round(session.rate)} frames/s${trip}${late}`;
  }

  tell({ probabilities, movement, person }) {
    const { panel, labels, names, session } = this;
    const place = labels.indexOf(movement);
    const between = session.shown && probabilities.some((each) => each > 0) ? "in between" : "watching…";
    panel.movement.textContent = place >= 0 ? names[place] : !session.shown ? "–" : person ? between : "nobody in the picture";
    panel.movement.dataset.quiet = place < 0;
    panel.bars.forEach(({ row, fill, number }, each) => {
      fill.style.width = `${100 * probabilities[each]}%`;
      number.textContent = probabilities[each].toFixed(2);
      for (const part of row) part.dataset.here = each === place;
    });
  }

  showExercise() {
    if (!this.exercise) return;
    const { title, slots } = this.exercise;
    const { number, movements, complete } = this.model.get("exercise");
    const names = movements.map((label) => this.names[this.labels.indexOf(label)] ?? label);
    title.textContent = complete ? `✓ Exercise ${number} is complete. The next ${this.model.get("seated") ? "position" : "movement"} begins another.` : `Exercise ${number}`;
    this.root.dataset.complete = complete;
    slots.forEach(({ slot, name }, place) => {
      slot.dataset.filled = place < names.length;
      slot.dataset.latest = place === names.length - 1;
      name.textContent = names[place] || "";
    });
    const said = complete ? "The exercise is complete." : `${names.length} of ${slots.length}.`;
    this.announce.textContent = names.length ? `${names.at(-1)}. ${said}` : "";
  }

  showCorrection() {
    if (!this.panel) return;
    const { correction, still, heading, advice } = this.panel;
    const given = this.model.get("correction");
    const said = given.words ? given : NO_CORRECTION;
    correction.hidden = !this.model.get("technique");
    correction.dataset.verdict = said.verdict;
    heading.textContent = said.name;
    advice.textContent = said.words;
    still.hidden = !said.points?.length;
    if (still.hidden) return;
    still.setAttribute("aria-label", `Skeleton of the moment that shows it: ${said.name}`);
    const mirror = this.model.get("mirror") && this.session.state === "camera";
    paintStill(still, said, getComputedStyle(this.root), mirror);
  }
}

// A module's default export is called once a model, so that its views share one session.
export default () => {
  let session = null;
  return {
    initialize({ model }) {
      session = new Session(model);
      return () => session.halt();
    },
    render({ model, el }) {
      const view = new View(session, model, el);
      session.join(view);
      return () => {
        view.remove();
        session.leave(view);
      };
    },
  };
};
