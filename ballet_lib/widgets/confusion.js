// A confusion matrix as a grid for mouse and keyboard, and the takes of its chosen cell as dancing skeletons.

const MISSING = 65535;
const POINTS = 34; // 33 landmarks and the middle of the face
const FACE = POINTS - 1;
const REST = 0.7; // seconds between the end of a take and its beginning
const PATIENCE = 2500; // milliseconds until we say that the kernel does not answer
const FIRST_BODY_POINT = 11;
const SPEEDS = [0.25, 0.5, 1, 2];

function make(tag, parent, properties = {}, attributes = {}) {
  const element = parent.appendChild(Object.assign(document.createElement(tag), properties));
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

const percent = (share) => `${Math.round(100 * share)}%`;
const width = (share) => `${100 * share}%`;

// --- The matrix -------------------------------------------------------------------------------------------

function meaning(names, counts, row, column) {
  const [count, all] = [counts[row][column], counts[row].reduce((sum, each) => sum + each, 0)];
  const what = row === column ? `${names[row]} recognised` : `${names[row]} taken for ${names[column]}`;
  return all ? `${what}: ${count} of ${all} (${percent(count / all)})` : `${what}: there was no take of it`;
}

function buildGrid(parent, model, choose) {
  const [names, counts] = [model.get("names"), model.get("counts")];
  const table = make("table", parent, { className: "ballet-grid" }, {
    role: "grid",
    "aria-label": "Confusion matrix: rows are what was danced, columns what the model answered",
  });
  table.dataset.size = names.length <= 8 ? "large" : names.length <= 16 ? "middle" : "small";
  const head = make("tr", make("thead", table, {}, { role: "rowgroup" }), {}, { role: "row" });
  const corner = make("td", head, { className: "corner" });
  make("span", corner, { textContent: "answered →" });
  make("span", corner, { textContent: "danced ↓" });
  for (const name of names) {
    make("span", make("th", head, { scope: "col" }, { role: "columnheader" }), { textContent: name });
  }
  const body = make("tbody", table, {}, { role: "rowgroup" });
  const cells = names.map((name, row) => {
    const line = make("tr", body, {}, { role: "row" });
    make("th", line, { scope: "row", textContent: name }, { role: "rowheader" });
    const all = counts[row].reduce((sum, each) => sum + each, 0);
    return names.map((_, column) => {
      const count = counts[row][column];
      const share = all ? count / all : 0;
      const cell = make("td", line, { textContent: count || "·", tabIndex: -1 }, { role: "gridcell" });
      cell.title = meaning(names, counts, row, column);
      cell.setAttribute("aria-label", cell.title);
      cell.dataset.kind = !count ? "none" : row === column ? "right" : "wrong";
      cell.dataset.dark = share > 0.72;
      cell.style.setProperty("--share", width(count ? 0.1 + 0.9 * share : 0)); // one take shows in any row
      cell.addEventListener("click", () => (focus(row, column), choose([row, column])));
      return cell;
    });
  });
  let here = model.get("cell");

  function tabStop(row, column) {
    cells[here[0]][here[1]].tabIndex = -1;
    here = [row, column];
    cells[row][column].tabIndex = 0;
  }

  function focus(row, column) {
    const within = (place) => Math.max(0, Math.min(names.length - 1, place));
    tabStop(within(row), within(column));
    cells[here[0]][here[1]].focus({ preventScroll: false });
  }

  function key(event) {
    const [row, column] = here;
    const last = names.length - 1;
    const ways = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
      Home: [event.ctrlKey ? 0 : row, 0], End: [event.ctrlKey ? last : row, last],
      PageUp: [0, column], PageDown: [last, column],
    };
    if (ways[event.key]) focus(...ways[event.key]);
    else if (["Enter", " "].includes(event.key)) choose(here);
    else return false;
    return true;
  }

  function mark([row, column]) {
    cells.forEach((line, r) => line.forEach((cell, c) => cell.setAttribute("aria-selected", r === row && c === column)));
    tabStop(row, column);
  }

  return { table, key, mark };
}

// --- The dancers ------------------------------------------------------------------------------------------

function bar(parent, name, share, kind) {
  const line = make("div", parent, { className: "ballet-sure" });
  line.dataset.kind = kind;
  make("span", line, { textContent: name, title: name });
  make("b", line, { textContent: share.toFixed(2) });
  make("i", line).style.setProperty("--share", width(share));
}

function buildClip(parent, facts, points, names, [row, column], shape) {
  const figure = make("figure", parent, { className: "ballet-clip" });
  const canvas = make("canvas", figure, {}, { role: "img" });
  canvas.style.aspectRatio = shape.join(" / ");
  const caption = make("figcaption", figure);
  const who = make("div", caption, { title: facts.id });
  make("b", who, { textContent: facts.dancer });
  if (facts.view) make("span", who, { textContent: ` ${facts.view}` });
  bar(caption, names[column], facts.answer, row === column ? "right" : "wrong");
  if (row !== column) bar(caption, names[row], facts.truth, "right");
  const said = row === column ? "" : `, for ${names[row]} ${facts.truth.toFixed(2)}`;
  canvas.setAttribute(
    "aria-label",
    `Skeleton of ${facts.dancer} dancing ${names[row]}${facts.view ? `, seen ${facts.view}` : ""}. ` +
      `The model's probability for ${names[column]} is ${facts.answer.toFixed(2)}${said}.`,
  );
  return { ...facts, canvas, points, drawn: -1 };
}

function draw(clip, frame, lines, looks) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [clip.canvas.clientWidth, clip.canvas.clientHeight];
  if (!width) return; // not in the page yet
  if (clip.canvas.width !== Math.round(width * ratio)) {
    Object.assign(clip.canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
  } else if (clip.drawn === frame) return;
  clip.drawn = frame;
  const pen = clip.canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  const at = (point) => 3 * (frame * POINTS + point);
  const known = (point) => clip.points[at(point)] !== MISSING;
  const x = (point) => (clip.points[at(point)] / (MISSING - 1)) * width;
  const y = (point) => (clip.points[at(point) + 1] / (MISSING - 1)) * height;
  const opacity = (point) => 0.15 + (0.85 * clip.points[at(point) + 2]) / (MISSING - 1);
  pen.lineCap = "round";
  pen.lineWidth = Math.max(1.6, width / 55);
  let nobody = true;
  for (const [side, pairs] of Object.entries(lines)) {
    pen.strokeStyle = pen.fillStyle = looks[side];
    for (const [a, b] of pairs) {
      if (!known(a) || !known(b)) continue;
      nobody = false;
      pen.globalAlpha = Math.min(opacity(a), opacity(b));
      pen.setLineDash(side === "right" ? [width / 28, width / 26] : []);
      pen.beginPath();
      pen.moveTo(x(a), y(a));
      pen.lineTo(x(b), y(b));
      pen.stroke();
    }
    pen.setLineDash([]);
    for (const point of side === "middle" ? [] : new Set(pairs.flat())) {
      if (!known(point) || point < FIRST_BODY_POINT) continue;
      const size = pen.lineWidth * 0.85;
      pen.globalAlpha = opacity(point);
      pen.beginPath();
      if (side === "right") pen.rect(x(point) - size, y(point) - size, 2 * size, 2 * size);
      else pen.arc(x(point), y(point), size, 0, 2 * Math.PI);
      pen.fill();
    }
  }
  pen.globalAlpha = 1;
  if (nobody) {
    pen.fillStyle = looks.quiet;
    pen.font = `${Math.max(11, width / 10)}px sans-serif`;
    pen.textAlign = "center";
    pen.fillText("nobody found", width / 2, height / 2);
  } else if (known(FACE)) {
    pen.strokeStyle = looks.middle;
    pen.beginPath();
    pen.arc(x(FACE), y(FACE), clip.head * width, 0, 2 * Math.PI);
    pen.stroke();
  }
}

// --- Time -------------------------------------------------------------------------------------------------

function buildControls(parent, clock, changed) {
  const row = make("div", parent, { className: "ballet-controls" });
  const play = make("button", row, { type: "button" });
  const moment = make("input", row, { type: "range", min: 0, step: 0.05 }, { "aria-label": "Moment" });
  const time = make("span", row, { className: "ballet-moment" });
  const speed = make("select", row, {}, { "aria-label": "Speed" });
  for (const times of SPEEDS) make("option", speed, { value: times, textContent: `${times}×`, selected: times === 1 });
  play.addEventListener("click", () => ((clock.playing = !clock.playing), changed()));
  speed.addEventListener("change", () => (clock.speed = Number(speed.value)));
  moment.addEventListener("input", () => {
    Object.assign(clock, { playing: false, seconds: Number(moment.value) });
    changed();
  });
  return () => {
    play.textContent = clock.playing ? "Pause" : "Play";
    moment.max = clock.longest;
    moment.value = clock.seconds;
    time.textContent = `${Math.min(clock.seconds, clock.longest).toFixed(1)} s`;
  };
}

// --- All of it --------------------------------------------------------------------------------------------

function render({ model, el }) {
  const root = make("section", el, { className: "ballet-confusion" }, { "aria-label": "Confusion matrix" });
  const grid = buildGrid(make("div", root, { className: "ballet-left" }), model, choose);
  const beside = make("div", root, { className: "ballet-right" });
  const heading = make("div", beside, { className: "ballet-heading" }, { role: "status", "aria-live": "polite" });
  const complaint = make("div", beside, { className: "ballet-complaint" }, { role: "alert" });
  const stage = make("div", beside, { className: "ballet-clips" });
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const clock = { playing: !still, speed: 1, seconds: 0, longest: 1 };
  const showTime = buildControls(beside, clock, tick);
  const foot = make("div", beside, { className: "ballet-foot" });
  const sides = make("span", foot, { className: "ballet-sides" });
  for (const side of ["left", "right"]) {
    make("i", sides).dataset.side = side;
    sides.append(`dancer’s ${side}`);
  }
  const pages = make("span", foot, { className: "ballet-pages" });
  const back = make("button", pages, { type: "button", textContent: "Previous 6" });
  const onward = make("button", pages, { type: "button", textContent: "Next 6" });
  let clips = [];
  let waiting = null;
  let inView = true;
  let before = performance.now();
  let animation = 0;

  function ask(change) {
    for (const [name, value] of Object.entries(change)) model.set(name, value);
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      complaint.textContent = "The kernel does not answer. Wait for it, or run the cell again, then choose.";
    }, PATIENCE);
    try {
      model.save_changes();
    } catch {
      // Without a kernel the sentence above is what there is to say.
    }
  }

  function choose(cell) {
    if (String(cell) !== String(model.get("cell"))) ask({ cell, page: 0 });
  }

  function show() {
    clearTimeout(waiting);
    const { cell, page, first, of, clips: facts } = model.get("shown");
    const [names, data] = [model.get("names"), model.get("points")];
    complaint.textContent = model.get("message");
    grid.mark(cell);
    heading.replaceChildren();
    make("b", heading, { textContent: meaning(names, model.get("counts"), ...cell) });
    const order = cell[0] === cell[1] ? "the least sure first" : "the surest mistakes first";
    const which = of > facts.length ? `${first + 1} to ${first + facts.length} of ${of}, ${order}` : of > 1 ? order : "";
    make("span", heading, { textContent: of || complaint.textContent ? which : "Nothing to watch in this cell." });
    const numbers = new Uint16Array(data?.byteLength ? data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) : 0);
    stage.replaceChildren();
    let start = 0;
    clips = facts.map((each) => {
      const points = numbers.subarray(start, (start += each.frames * POINTS * 3));
      return buildClip(stage, each, points, names, cell, model.get("shape"));
    });
    clock.longest = Math.max(0.1, ...clips.map((clip) => clip.frames / clip.fps));
    clock.seconds = clock.playing ? 0 : clock.longest / 2; // paused, the middle tells most of a movement
    pages.hidden = of <= facts.length;
    back.disabled = page === 0;
    onward.disabled = first + facts.length >= of;
    root.dataset.cell = cell.join(" ");
    root.dataset.page = page;
    tick();
  }

  function tick() {
    const style = getComputedStyle(root);
    const looks = Object.fromEntries(
      ["left", "right", "middle", "quiet"].map((name) => [name, style.getPropertyValue(`--${name}`)]),
    );
    for (const clip of clips) {
      const frame = Math.min(Math.floor(clock.seconds * clip.fps), clip.frames - 1);
      draw(clip, frame, model.get("lines"), looks);
    }
    showTime();
  }

  function follow(now) {
    if (clock.playing && inView && clips.length) {
      clock.seconds += (clock.speed * Math.min(now - before, 200)) / 1000;
      if (clock.seconds > clock.longest + REST * clock.speed) clock.seconds = 0;
      tick();
    }
    before = now;
    animation = requestAnimationFrame(follow);
  }

  // JupyterLab has keys of its own for cells, so ours are taken before it sees them.
  function press(event) {
    if (!root.contains(event.target)) return;
    const ours = grid.table.contains(event.target) && grid.key(event);
    if (ours) event.preventDefault();
    if (ours || !(event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab")) event.stopPropagation();
  }

  const watcher = new IntersectionObserver((entries) => (inView = entries.at(-1).isIntersecting));
  const fitter = new ResizeObserver(() => {
    clips.forEach((clip) => (clip.drawn = -1));
    tick();
  });
  watcher.observe(root);
  fitter.observe(stage);
  back.addEventListener("click", () => ask({ page: model.get("page") - 1 }));
  onward.addEventListener("click", () => ask({ page: model.get("page") + 1 }));
  window.addEventListener("keydown", press, true);
  model.on("change:shown", show);
  show();
  animation = requestAnimationFrame(follow);
  return () => {
    cancelAnimationFrame(animation);
    clearTimeout(waiting);
    watcher.disconnect();
    fitter.disconnect();
    window.removeEventListener("keydown", press, true);
    model.off("change:shown", show);
  };
}

export default { render };
