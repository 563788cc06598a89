// The picture of a tool, and its keyboard. Pictures come as messages and are drawn on a canvas, so that they
// are never part of what a notebook is saved with; only `still` is, and only where the kernel gives one.

const TYPING = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable='true']";
const PRESSABLE = "button, input[type=checkbox], input[type=radio]";

function make(tag, parent, properties = {}) {
  return parent.appendChild(Object.assign(document.createElement(tag), properties));
}

function describe(event) {
  // AltGr types brackets on many keyboards and reports itself as Ctrl+Alt.
  const typed = event.getModifierState("AltGraph");
  if (event.altKey && !typed) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const held = !typed && (event.ctrlKey || event.metaKey) ? "Ctrl+" : "";
  const sign = key.length === 1 && !/[a-z]/.test(key);
  return held + (event.shiftKey && !sign ? "Shift+" : "") + key;
}

function render({ model, el }) {
  const frame = make("div", el, { className: "ballet-screen", tabIndex: 0 });
  const canvas = make("canvas", frame, { width: 480, height: 360 });
  frame.setAttribute("role", "group");
  canvas.setAttribute("role", "img");
  const badge = make("div", frame, { className: "ballet-badge" });
  const big = make("div", frame, { className: "ballet-big" });
  const bar = make("div", make("div", frame, { className: "ballet-share" }));
  let root = null;
  let drawn = -1;

  async function draw(bytes, number) {
    try {
      const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
      if (number >= drawn) {
        drawn = number;
        Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
        canvas.getContext("2d").drawImage(bitmap, 0, 0);
        fit();
        frame.dataset.drawn = number;
      }
    } finally {
      if (number > 0) model.send({ drawn: number }); // the kernel waits for this before it sends many more
    }
  }

  // As high as wanted, and narrower where the page is: the style sheet limits the width.
  function fit() {
    el.style.flex = `0 1 ${Math.round((model.get("height") * canvas.width) / canvas.height)}px`;
    frame.style.aspectRatio = `${canvas.width} / ${canvas.height}`;
  }

  function receive(message, buffers) {
    if (message.picture && buffers.length) draw(buffers[0], message.picture);
  }

  function follow() {
    canvas.setAttribute("aria-label", model.get("alt"));
    badge.textContent = model.get("badge");
    badge.dataset.kind = model.get("kind");
    big.textContent = model.get("big");
    bar.style.width = `${100 * model.get("share")}%`;
    frame.dataset.share = model.get("share") > 0 ? "some" : "none";
    frame.setAttribute("aria-label", model.get("label"));
    frame.setAttribute("aria-keyshortcuts", model.get("taken").join(" ").replace(/Ctrl/g, "Control"));
  }

  function press(event) {
    if (!root || !root.contains(event.target) || event.target.matches(TYPING)) return;
    const native = event.target.matches(PRESSABLE) && [" ", "Enter"].includes(event.key);
    const key = describe(event);
    if (key && !native && model.get("taken").includes(key)) {
      event.preventDefault();
      event.stopPropagation();
      model.send({ key });
    } else if (!event.ctrlKey && !event.metaKey && !event.altKey && event.key !== "Tab") {
      event.stopPropagation(); // or the notebook would cut the cell at an X
    }
  }

  // The tool around this picture: its keys work wherever in it the focus is.
  const waiting = setInterval(() => {
    root = el.closest(".ballet-tool");
    if (!root) return;
    clearInterval(waiting);
    root.querySelectorAll(".ballet-message .widget-html-content").forEach((line) => {
      line.setAttribute("role", "status");
      line.setAttribute("aria-live", "polite");
    });
  }, 50);

  frame.addEventListener("pointerdown", () => frame.focus({ preventScroll: true }));
  window.addEventListener("keydown", press, true); // before JupyterLab, which listens on the document
  model.on("change", follow);
  model.on("msg:custom", receive);
  follow();
  fit();
  if (model.get("still")?.byteLength) draw(model.get("still"), 0);
  model.send({ ready: true });
  return () => {
    clearInterval(waiting);
    window.removeEventListener("keydown", press, true);
    model.off("change", follow);
    model.off("msg:custom", receive);
  };
}

export default { render };
