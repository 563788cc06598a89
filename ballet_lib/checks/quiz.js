// A quiz: questions with options to choose from, and feedback on each choice at once.

function make(tag, parent, properties = {}, attributes = {}) {
  const element = parent.appendChild(Object.assign(document.createElement(tag), properties));
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function ask(parent, model, question, number) {
  const key = String(number);
  const group = `quiz-${number}-${Math.random()}`; // two views of one quiz must not share their radios
  const set = make("fieldset", parent, { className: "ballet-question" });
  make("legend", set, { innerHTML: `<b>${number}.</b> ${question.text}` });
  const told = document.createElement("div");
  told.className = "ballet-told";
  told.setAttribute("role", "status");
  const tell = () => {
    const chosen = question.options.find((option) => option.value === model.get("answers")[key]);
    told.hidden = !chosen;
    if (!chosen) return;
    told.dataset.right = chosen.right;
    const [mark, said] = chosen.right ? ["✓", "Right"] : ["✗", "Not quite"];
    told.innerHTML = `<b aria-label="${said}.">${mark}</b> ${chosen.feedback}`;
    set.querySelectorAll("input").forEach((input) => (input.checked = input.value === chosen.value));
  };
  for (const option of question.options) {
    const label = make("label", set);
    const input = make("input", label, { type: "radio", name: group, value: option.value });
    make("span", label, { innerHTML: option.text });
    input.addEventListener("change", () => {
      model.set("answers", { ...model.get("answers"), [key]: option.value });
      tell();
      model.save_changes();
    });
  }
  set.appendChild(told);
  tell();
  return tell;
}

function render({ model, el }) {
  const root = make("div", el, { className: "ballet-quiz" });
  root.addEventListener("keydown", (event) => {
    // A letter would cut a cell in JupyterLab; Tab and what is pressed with Ctrl are for others.
    if (!event.ctrlKey && !event.metaKey && !event.altKey && event.key !== "Tab") event.stopPropagation();
  });
  const tellers = model.get("asked").map((question, number) => ask(root, model, question, number + 1));
  const tell = () => tellers.forEach((one) => one());
  model.on("change:answers", tell);
  return () => model.off("change:answers", tell);
}

export default { render };
