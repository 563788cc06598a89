// The camera check: ask for the camera, show it for a moment, release it, and say in words how it went.
// No frame leaves this page: the stream goes to the <video> element and nowhere else.

const ADVICE = {
  "not checked": ["", "Press the button; the browser will ask whether this page may use the camera."],
  asking: ["", "Asking for the camera. Answer the browser's question, usually at the top left of the window."],
  works: ["Your camera works.", "The live lessons can use it."],
  denied: [
    "The camera was not allowed.",
    "Click the camera or lock sign beside the address, allow the camera, and check again. If you were not " +
      "asked, the operating system's privacy settings or this notebook's host refuse it.",
  ],
  "no camera": ["No camera was found.", "Plug one in, or switch on the one in the lid, and check again."],
  "in use": [
    "The camera is in use or does not answer.",
    "Close other programs and tabs that show it (a video call, say), and check again.",
  ],
  "not secure": [
    "This page may not use a camera, because its address is not secure.",
    "Open the notebook at http://localhost or http://127.0.0.1, or let the server's owner switch on https.",
  ],
  blocked: [
    "The page around this notebook keeps the camera from it.",
    "Open the notebook in a browser tab of its own, with make lab.",
  ],
  "host cannot": [
    "This host gives notebooks no camera.",
    "Open the notebook in a browser with make lab (VS Code and some hosted notebooks have no camera).",
  ],
};
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
  .ballet-camera .privacy { font-size: 12.5px; color: var(--jp-ui-font-color2, #555); }
`;

function make(tag, parent, properties = {}) {
  return parent.appendChild(Object.assign(document.createElement(tag), properties));
}

function policyForbids() {
  const policy = document.permissionsPolicy || document.featurePolicy;
  return Boolean(policy && policy.allowsFeature && !policy.allowsFeature("camera"));
}

function obstacle() {
  if (!window.isSecureContext) return "not secure";
  if (policyForbids()) return "blocked";
  if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) return "host cannot";
  return null;
}

function reason(error) {
  const states = {
    NotAllowedError: "denied",
    NotFoundError: "no camera",
    OverconstrainedError: "no camera",
    NotReadableError: "in use",
    AbortError: "in use",
    SecurityError: "blocked",
  };
  return states[error && error.name] || "host cannot";
}

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
