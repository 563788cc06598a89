// A video file goes to the kernel in pieces, and its movements come back: film, figure, exercise, table, style, downloads.

const IN_FLIGHT = 2; // pieces on their way; more would only lie in a buffer of the server
const PATIENCE = 20000; // milliseconds until we say that the kernel does not answer
const SILENT = "The kernel does not answer. Reload the page, and choose the file again.";
const BUSY = ["sending", "looking", "drawing"];

function make(tag, parent, properties = {}, attributes = {}) {
  const element = parent.appendChild(Object.assign(document.createElement(tag), properties));
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

const percent = (share) => `${Math.round(100 * share)}%`;
const megabytes = (bytes) => (bytes < 1e7 ? Math.max(0.1, bytes / 1e6).toFixed(1) : Math.round(bytes / 1e6));

function clock(seconds) {
  const tenths = Math.round(10 * seconds);
  return `${Math.floor(tenths / 600)}:${String(Math.floor((tenths % 600) / 10)).padStart(2, "0")}.${tenths % 10}`;
}

// --- To the kernel and back -------------------------------------------------------------------------------

// Talks to the kernel for one page: several may show the same widget, and answers reach all of them.
function buildPost(model, silent) {
  const page = Math.random().toString(36).slice(2);
  let answers = [];
  let waiting = null;

  function receive(message, buffers) {
    if (message.page !== undefined && message.page !== page) return;
    for (const answer of [...answers]) answer(message, buffers);
  }

  // Say something, and wait for an answer that fits.
  function ask(message, fits) {
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => done(reject, new Error(SILENT)), PATIENCE);
      const answer = (said, buffers) => fits(said) && done(resolve, [said, buffers]);
      function done(settle, value) {
        clearTimeout(patience);
        answers = answers.filter((each) => each !== answer);
        settle(value);
      }
      answers.push(answer);
      model.send({ ...message, page });
    });
  }

  // Send a file in pieces while it is `alive`; return what kept it from going, in words, or nothing.
  async function upload(file, alive) {
    const [begun] = await ask({ begin: { name: file.name, size: file.size } }, (said) => said.go || said.refused);
    if (begun.refused) return begun.refused;
    const job = begun.go;
    const size = model.get("piece");
    let [sent, got] = [0, 0];
    let wake = () => {};
    const count = (said) => said.job === job && said.got && ((got = Math.max(got, said.got)), wake());
    answers.push(count);
    try {
      while (sent < file.size && alive()) {
        const piece = await file.slice(sent, sent + size).arrayBuffer();
        if (!alive()) break;
        model.send({ piece: sent, job }, undefined, [piece]);
        sent += piece.byteLength;
        while (alive() && got < file.size && sent - got >= IN_FLIGHT * size) {
          const before = got;
          await new Promise((resolve) => ((wake = resolve), (waiting = setTimeout(resolve, PATIENCE))));
          clearTimeout(waiting);
          if (got === before && alive()) return SILENT;
        }
      }
    } finally {
      answers = answers.filter((each) => each !== count);
    }
    return "";
  }

  // Fetch the film or the figure.
  async function fetch(want, job, type) {
    const parts = [];
    let [at, of] = [0, 1];
    while (at < of) {
      const [said, buffers] = await ask({ want, job, at }, (one) => one.part === want && one.job === job && one.at === at);
      parts.push(buffers[0]);
      of = said.of;
      at += buffers[0].byteLength;
    }
    return URL.createObjectURL(new Blob(parts, { type }));
  }

  model.on("msg:custom", receive);
  return { upload, fetch, stop: () => model.send({ stop: true }), close: () => model.off("msg:custom", receive) };
}

// --- The place where a file is chosen ---------------------------------------------------------------------

function buildChooser(parent, limit, choose) {
  const zone = make("div", parent, { className: "ballet-drop" });
  const words = make("div", zone);
  make("b", words, { textContent: "Drop a video here, or choose one" });
  make("span", words, { textContent: `MP4, MOV, WebM, AVI or GIF, or poses (.npz); up to ${limit} MB` });
  const field = make("input", zone, { type: "file", accept: "video/*,.gif,.npz,.mkv,.avi,.mov" }, { "aria-label": "Video file", tabindex: -1 });
  const button = make("button", zone, { type: "button", className: "primary", textContent: "Choose a file" });
  button.addEventListener("click", () => field.click());
  field.addEventListener("change", () => {
    const file = field.files[0];
    if (file) choose(file);
    field.value = ""; // the same file may be chosen again
  });
  return { zone, button, field };
}

function acceptDrops(root, zone, may, choose) {
  let depth = 0; // the pointer enters and leaves every part of the page
  const holdsFile = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const handlers = {
    dragenter: (event) => holdsFile(event) && may() && (zone.dataset.over = String(++depth > 0)),
    dragleave: (event) => holdsFile(event) && (zone.dataset.over = String((depth = Math.max(0, depth - 1)) > 0)),
    dragover: (event) => holdsFile(event) && event.preventDefault(),
    drop: (event) => {
      if (!holdsFile(event)) return;
      event.preventDefault(); // or the browser would leave the page for the file
      event.stopPropagation();
      depth = 0;
      zone.dataset.over = "false";
      if (may() && event.dataTransfer.files[0]) choose(event.dataTransfer.files[0]);
    },
  };
  for (const [name, handler] of Object.entries(handlers)) root.addEventListener(name, handler);
}

// --- The results ------------------------------------------------------------------------------------------

function buildExercises(parent, found) {
  const box = make("div", parent, { className: "ballet-exercises" });
  const { events, length } = found;
  for (let first = 0; first === 0 || first < events.length; first += length) {
    const here = events.slice(first, first + length);
    const state = here.length === length ? "complete" : `${here.length} of ${length}`;
    const number = events.length > length ? ` ${first / length + 1}` : "";
    make("h3", box, { textContent: `Exercise${number}` }).append(make("span", box, { textContent: state }));
    const list = make("ol", box, { start: first + 1 });
    for (let place = 0; place < length; place += 1) {
      const event = here[place];
      const slot = make("li", list, { className: event ? "there" : "" });
      if (event) slot.style.setProperty("--mark", event.colour);
      make("b", slot, { textContent: String(place + 1) }, { "aria-hidden": "true" });
      make("span", slot, { textContent: event ? event.name : "–" });
    }
  }
}

function buildTable(parent, events, seek) {
  const table = make("table", make("div", parent, { className: "ballet-scroll" }), { className: "ballet-events" });
  make("caption", table, { textContent: "What was recognised" });
  const head = make("tr", make("thead", table));
  for (const name of ["Movement", "From", "To", "Sure", "Correction"]) make("th", head, { textContent: name, scope: "col" });
  const body = make("tbody", table);
  for (const event of events) {
    const line = make("tr", body);
    make("i", make("th", line, { scope: "row" })).parentNode.append(event.name);
    line.style.setProperty("--mark", event.colour);
    const play = make("button", make("td", line), { type: "button", textContent: clock(event.start) });
    play.setAttribute("aria-label", `Play ${event.name} from ${clock(event.start)}`);
    play.addEventListener("click", () => seek(event.start, event.end));
    make("td", line, { textContent: clock(event.end) });
    make("td", line, { textContent: percent(event.probability) });
    const said = make("td", line, { className: "words" });
    if (event.correction) {
      said.append(`${event.correction.words} `);
      const show = make("button", said, { type: "button", textContent: `Show ${clock(event.correction.at)}` });
      show.addEventListener("click", () => seek(event.correction.at));
    } else {
      said.append("–");
      said.dataset.none = "";
    }
  }
}

function buildDownloads(parent, found, film) {
  const row = make("div", parent, { className: "ballet-downloads" });
  make("span", row, { textContent: "Download" });
  const base = found.name.replace(/\.[^.]*$/, "").replace(/[^\p{L}\p{N} _.-]/gu, "_").trim() || "film";
  const links = [];
  const text = (content, type) => URL.createObjectURL(new Blob([content], { type }));
  const csv = text("\ufeff" + found.csv, "text/csv"); // without the mark a spreadsheet garbles accents
  for (const [name, href, file] of [
    ["Film (MP4)", film, `${base} annotated.mp4`],
    ["Table (CSV)", csv, `${base}.csv`],
    ["Data (JSON)", text(found.json, "application/json"), `${base}.json`],
  ]) {
    make("a", row, { href, download: file, textContent: name, className: "button" });
    links.push(href);
  }
  return links;
}

// --- All of it --------------------------------------------------------------------------------------------

function render({ model, el }) {
  const root = make("section", el, { className: "ballet-film" }, { "aria-label": "Analysis of a video file" });
  const post = buildPost(model);
  const head = make("div", root, { className: "ballet-film-head" });
  make("h2", head, { textContent: "What is danced in a film" });
  make("p", head, {
    textContent: "The film stays on this machine and is deleted after the analysis. Results are gone when you leave the page.",
  });
  const chooser = buildChooser(root, model.get("limit"), choose);
  const said = make("div", root, { className: "ballet-message" }, { role: "status", "aria-live": "polite" });
  const work = make("div", root, { className: "ballet-work", hidden: true });
  const line = make("div", work, { className: "ballet-line-of-work" });
  const amount = make("span", line);
  const left = make("span", line);
  const bar = make("div", work, { className: "ballet-bar" }, { role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": "Progress" });
  const fill = make("i", bar);
  const stop = make("button", work, { type: "button", textContent: "Cancel" });
  const results = make("div", root, { className: "ballet-results" });
  let [links, shown, total, own] = [[], null, 0, ""];
  let current = null; // the file that this page is sending

  function complain(words) {
    own = words;
    follow();
  }

  async function choose(file) {
    own = "";
    if (file.size > model.get("limit") * 1e6)
      return complain(`${file.name} has ${megabytes(file.size)} MB, and ${model.get("limit")} MB is the most. Cut the film, or make its picture smaller.`);
    if (!file.size) return complain(`${file.name} is empty (0 bytes), or a folder. Choose a video.`);
    current = file;
    total = file.size;
    follow();
    try {
      own = await post.upload(file, () => current === file);
    } catch (error) {
      own = error.message === SILENT ? SILENT : `${file.name} cannot be read (${error.message}). Choose it again.`;
    }
    if (current === file) current = null;
    follow();
  }

  function follow() {
    const stage = model.get("stage");
    const busy = BUSY.includes(stage);
    const focused = busy !== !work.hidden && root.contains(document.activeElement);
    root.dataset.stage = stage;
    chooser.zone.hidden = busy;
    chooser.button.disabled = current !== null;
    chooser.zone.dataset.small = String(stage === "done");
    work.hidden = !busy;
    const share = model.get("share");
    const about = { sending: total ? `${megabytes(share * total)} of ${megabytes(total)} MB` : percent(share) };
    amount.textContent = about[stage] ?? (share ? percent(share) : "Loading the models …");
    left.textContent = model.get("left");
    fill.style.width = `${100 * share}%`;
    bar.setAttribute("aria-valuenow", Math.round(100 * share));
    bar.dataset.unknown = String(!share);
    const words = own || model.get("words");
    if (said.textContent !== words) said.textContent = words;
    said.dataset.tone = own || stage === "failed" ? "bad" : stage === "done" && model.get("found").events?.length ? "good" : stage === "done" ? "warn" : "";
    if (focused) (busy ? stop : chooser.button).focus(); // what had the focus is hidden now
    if (stage === "done") show();
    else clear();
  }

  function clear() {
    for (const link of links) URL.revokeObjectURL(link);
    [links, shown] = [[], null];
    results.replaceChildren();
    results.hidden = true;
  }

  async function show() {
    const found = model.get("found");
    if (!found.job || shown === found.job) return;
    clear();
    shown = found.job;
    let [film, figure] = ["", ""];
    try {
      film = await post.fetch("film", found.job, "video/mp4");
      figure = await post.fetch("figure", found.job, "image/png");
    } catch (error) {
      return shown === found.job ? complain(error.message) : undefined; // else the next file is at work already
    }
    if (shown !== found.job) return [film, figure].forEach(URL.revokeObjectURL);
    links = [film, figure];
    results.hidden = false;
    for (const note of found.notes) make("p", results, { className: "ballet-note", textContent: note });
    const above = make("div", results, { className: "ballet-above" });
    const video = make("video", above, { src: film, controls: true, muted: true, playsInline: true, preload: "auto" }, { "aria-label": `${found.name} with what was recognised` });
    const beside = make("div", above, { className: "ballet-beside" });
    buildExercises(beside, found);
    const seen = found.seen > 0.995 ? "every frame" : `${percent(found.seen)} of the frames`;
    make("p", beside, { className: "ballet-facts", textContent: `${clock(found.seconds)} at ${found.fps.toFixed(0)} frames a second; somebody in ${seen}.` });
    let until = null;
    video.addEventListener("timeupdate", () => until !== null && video.currentTime >= until && (video.pause(), (until = null)));
    buildTable(results, found.events, (from, to = null) => {
      until = to;
      video.currentTime = from;
      video.scrollIntoView({ block: "nearest" });
      to === null ? video.pause() : video.play();
    });
    const names = found.events.map((event) => `${event.name} at ${clock(event.start)}`).join(", ");
    make("img", make("div", results, { className: "ballet-scroll" }), { className: "ballet-figure", src: figure, alt: `Probability of each movement over time. Recognised: ${names || "nothing"}.` });
    buildStyle(results, found.style, video, found.seconds);
    links.push(...buildDownloads(results, found, film));
    root.dataset.shown = found.job;
  }

  function ended() {
    if (!BUSY.includes(model.get("stage"))) current = null; // stopped or failed: no piece more
  }

  function leaving(event) {
    if (BUSY.includes(model.get("stage"))) event.preventDefault(); // the browser asks before it goes
  }

  const may = () => !BUSY.includes(model.get("stage")) && !current;
  acceptDrops(root, chooser.zone, may, choose);
  stop.addEventListener("click", () => ((current = null), post.stop()));
  window.addEventListener("beforeunload", leaving);
  model.on("change:stage", ended);
  model.on("change", follow);
  follow();
  return () => {
    current = null;
    window.removeEventListener("beforeunload", leaving);
    model.off("change:stage", ended);
    model.off("change", follow);
    post.close();
    clear();
  };
}

export default { render };
