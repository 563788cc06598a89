// The camera check: ask for the camera, show it for a moment, release it, and say in words how it went.
// No frame leaves this page: the stream goes to the <video> element and nowhere else.

const WITHOUT = "You can go on without one: the course then uses a recorded clip.";
const PRIVACY = "The picture stays in this page. Nothing is sent or stored.";

const STYLE = `
  .ballet-camera { max-width: 34rem; padding: 1rem 1.1rem; border: 1px solid var(--jp-border-color2, #c8c8c8);
    border-radius: 8px; font-family: var(--jp-ui-font-family, system-ui, sans-serif); font-size: 14px;
    line-height: 1.5; color: var(--jp-ui-font-color1, #222); background: var(--jp-layout-color1, #fff); }
  .ballet-camera button { font: inherit; padding: .45rem 1rem; border: 1px solid #1f5f99; border-radius: 6px;
    background: #1f5f99; color: #fff; cursor: pointer; }
  .ballet-camera button:hover:enabled { background: #174a78; }
  .ballet-camera button:focus-visible { outline: 3px solid #e69f00; outline-offset: 2px; }
  .ballet-camera button:disabled { opacity: .55; cursor: default; }
  .ballet-camera p { margin: .7rem 0 0; }
  .ballet-camera video { display: block; width: 20rem; max-width: 100%; margin-top: .8rem; border-radius: 6px;
    background: #000; transform: scaleX(-1); }
  .ballet-camera video[hidden] { display: none; }
  .ballet-camera .privacy { font-size: 12.5px; color: color-mix(in srgb, var(--jp-ui-font-color1, #222) 80%, transparent); }
`;

function render({ model, el }) {
  const root = make("section", el, { className: "ballet-camera" });
  root.setAttribute("aria-label", "Camera check");
  make("style", root, { textContent: STYLE });
  const button = make("button", root, { type: "button", textContent: "Check my camera" });
  const video = make("video", root, { muted: true, playsInline: true, hidden: true });
  video.setAttribute("aria-label", "Preview of your camera, mirrored");
  const words = make("p", root);
  words.setAttribute("role", "status");
  words.setAttribute("aria-live", "polite");
  make("p", root, { className: "privacy", textContent: PRIVACY });
  let stream = null;
  let gone = false;

  function release() {
    if (stream) stream.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    video.hidden = true;
  }

  function say(state, more = "") {
    const [finding, advice] = ADVICE[state] || ADVICE["host cannot"];
    words.replaceChildren();
    if (finding) make("strong", words, { textContent: `${finding} ` });
    const without = ["not checked", "asking", "works"].includes(state) ? "" : WITHOUT;
    words.append([advice, more, without].filter(Boolean).join(" "));
    root.dataset.state = state;
  }

  function report(state, more) {
    say(state, more);
    button.disabled = state === "asking";
    if (state !== "asking") button.textContent = "Check again";
    try {
      model.set("state", state);
      model.save_changes();
    } catch {
      // Without a kernel the words above are all that is needed.
    }
  }

  async function check() {
    release();
    const hindrance = obstacle();
    if (hindrance) return report(hindrance);
    report("asking");
    try {
      const granted = await navigator.mediaDevices.getUserMedia({ video: true, audio: false });
      if (gone) return granted.getTracks().forEach((track) => track.stop());
      stream = granted;
      video.srcObject = granted;
      video.hidden = false;
      await video.play();
      report("works", `It gives ${video.videoWidth} × ${video.videoHeight} pixels.`);
      setTimeout(() => {
        if (stream !== granted) return;
        release();
        say("works", "It is switched off again.");
      }, 1000 * model.get("seconds"));
    } catch (error) {
      release();
      if (!gone) report(reason(error));
    }
  }

  // Another view of this widget may have checked.
  function follow() {
    if (root.dataset.state !== model.get("state")) say(model.get("state"));
  }

  button.addEventListener("click", check);
  model.on("change:state", follow);
  say(model.get("state") === "asking" ? "not checked" : model.get("state"));
  return () => {
    gone = true;
    model.off("change:state", follow);
    release();
  };
}

export default { render };
