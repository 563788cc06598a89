// Why a page has no camera, and what to do about it. Shared by the camera check and the live camera.

const ADVICE = {
  "not checked": ["", "Press the button; the browser will ask whether this page may use the camera."],
  asking: ["", "Asking for the camera. Answer the browser's question, usually at the top left of the window."],
  works: ["Your camera works.", "The live lessons can use it."],
  denied: [
    "The camera was not allowed.",
    "Click the camera or lock sign beside the address, allow the camera, and try again. If you were not " +
      "asked, the operating system's privacy settings or this notebook's host refuse it.",
  ],
  "no camera": ["No camera was found.", "Plug one in, or switch on the one in the lid, and try again."],
  "in use": [
    "The camera is in use or does not answer.",
    "Close other programs and tabs that show it (a video call, say), and try again.",
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

function make(tag, parent, properties = {}, attributes = {}) {
  const element = parent.appendChild(Object.assign(document.createElement(tag), properties));
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
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
