// The time of a film as a strip: ticks, the marks in their colours with their names, and the line to drag.

const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300];

function make(tag, parent, properties = {}) {
  return parent.appendChild(Object.assign(document.createElement(tag), properties));
}

function clock(seconds) {
  const rest = seconds % 60;
  return seconds < 60 ? `${+rest.toFixed(1)} s` : `${Math.floor(seconds / 60)}:${String(Math.floor(rest)).padStart(2, "0")}`;
}

function render({ model, el }) {
  const strip = make("div", el, { className: "ballet-timeline", tabIndex: 0 });
  strip.setAttribute("role", "slider");
  strip.setAttribute("aria-label", "Moment of the film");
  const ticks = make("div", strip, { className: "ballet-ticks" });
  const lane = make("div", strip, { className: "ballet-lane" });
  const line = make("div", strip, { className: "ballet-line" });
  let dragging = false;

  const share = (frame) => `${(100 * frame) / model.get("frames")}%`;

  function drawTicks() {
    ticks.replaceChildren();
    const length = model.get("frames") / model.get("fps");
    const step = STEPS.find((candidate) => length / candidate <= 9) || 600;
    for (let second = 0; second < length - step / 3; second += step) {
      const tick = make("span", ticks, { textContent: clock(second) });
      tick.style.left = share(second * model.get("fps"));
    }
  }

  function drawMarks() {
    lane.replaceChildren();
    const frame = model.get("frame");
    for (const mark of model.get("marks")) {
      const block = make("div", lane, { className: "ballet-mark", title: mark.name });
      block.style.cssText =
        `left: ${share(mark.start)}; width: ${share(mark.end - mark.start)}; --mark: ${mark.colour}`;
      block.dataset.here = mark.start <= frame && frame < mark.end;
      make("b", block, { textContent: mark.key });
      make("span", block, { textContent: mark.name });
    }
    const start = model.get("start");
    if (start >= 0) {
      const [first, last] = [Math.min(start, frame), Math.max(start, frame)];
      const open = make("div", lane, { className: "ballet-open" });
      open.style.cssText = `left: ${share(first)}; width: ${share(last - first + 1)}`;
    }
  }

  function drawLine() {
    const frame = model.get("frame");
    line.style.left = share(frame + 0.5);
    strip.setAttribute("aria-valuemin", 0);
    strip.setAttribute("aria-valuemax", model.get("frames") - 1);
    strip.setAttribute("aria-valuenow", frame);
    strip.setAttribute("aria-valuetext", `${(frame / model.get("fps")).toFixed(2)} seconds`);
    drawMarks();
  }

  function seek(event) {
    const box = lane.getBoundingClientRect();
    const wanted = Math.floor(((event.clientX - box.left) / box.width) * model.get("frames"));
    const frame = Math.max(0, Math.min(model.get("frames") - 1, wanted));
    if (frame === model.get("frame")) return;
    model.set("frame", frame);
    model.save_changes();
  }

  strip.addEventListener("pointerdown", (event) => {
    dragging = true;
    strip.setPointerCapture(event.pointerId);
    strip.focus({ preventScroll: true });
    seek(event);
    event.preventDefault();
  });
  strip.addEventListener("pointermove", (event) => dragging && seek(event));
  for (const end of ["pointerup", "pointercancel"]) strip.addEventListener(end, () => (dragging = false));
  const all = () => (drawTicks(), drawLine());
  model.on("change:frame", drawLine);
  model.on("change:marks change:start", drawMarks);
  model.on("change:frames change:fps", all);
  all();
  return () => {
    model.off("change:frame", drawLine);
    model.off("change:marks change:start", drawMarks);
    model.off("change:frames change:fps", all);
  };
}

export default { render };
