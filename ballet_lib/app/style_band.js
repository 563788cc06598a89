// The style of a film: its probabilities stacked over time, and over them a slider that takes the film to any
// moment and tells them in words.

function buildStyle(parent, style, video, length) {
  const box = make("section", parent, { className: "ballet-style" }, { "aria-label": "Dance style" });
  const title = make("h3", box, { textContent: "Style" });
  if (!style.names) return make("p", box, { className: "ballet-facts", textContent: `Not named. ${style.unnamed}` });
  const words = (shares) => style.names.map((name, one) => `${name} ${percent(shares[one])}`.replaceAll(" ", "\u00a0"));
  title.append(": ");
  words(style.mean).forEach((share, one, all) => {
    const mark = make("i", make("b", title));
    mark.style.setProperty("--mark", style.colours[one]);
    mark.after(one < all.length - 1 ? `${share},` : share);
    title.append(" ");
  });
  const band = make("div", box, { className: "ballet-band" });
  drawBand(band, style, length);
  const cursor = make("i", band);
  const slider = make("input", band, { type: "range", min: 0, max: length, step: 0.1, value: 0 }, { "aria-label": "Style over time; moves the film" });
  const said = make("p", box, { className: "ballet-facts" });

  function tell(moment) {
    const shares = between(style, moment);
    said.textContent = `${clock(moment)}: ${isSomebody(shares) ? words(shares).join(", ") : "nobody is seen"}`;
    cursor.style.left = `${(100 * moment) / length}%`;
    slider.setAttribute("aria-valuetext", said.textContent);
  }

  function follow() {
    slider.value = video.currentTime;
    tell(Math.min(video.currentTime, length));
  }

  function seek() {
    video.pause();
    video.currentTime = slider.value;
    tell(Number(slider.value));
  }

  slider.addEventListener("input", seek);
  slider.addEventListener("pointermove", (event) => tell(length * Math.min(1, Math.max(0, event.offsetX / slider.clientWidth))));
  slider.addEventListener("pointerleave", follow);
  video.addEventListener("timeupdate", follow);
  make("p", box, { className: "ballet-facts", textContent: "Learnt from drawn caricatures; what it says of real dancers is a guess." });
  tell(0);
}

// Draw a layer for each style, the most probable one lowest, and its name where the layer is thickest.
function drawBand(band, style, end) {
  const { moments, shares: rows } = style;
  const picture = draw("svg", band, { viewBox: `0 0 ${end} 1`, preserveAspectRatio: "none", role: "img", "aria-label": inTurn(style) });
  let lower = rows.map(() => 1); // y goes down
  style.names.forEach((name, one) => {
    const upper = rows.map((shares, row) => lower[row] - shares[one]);
    const edge = (heights) => moments.map((time, row) => `${time},${heights[row]}`);
    const layer = draw("polygon", picture, { points: [...edge(upper), ...edge(lower).reverse()].join(" ") });
    layer.style.setProperty("--mark", style.colours[one]);
    const inside = (row) => moments[row] > 0.1 * end && moments[row] < 0.9 * end;
    const room = rows.map((_, row) => (inside(row) ? Math.min(...rows.slice(row - 1, row + 2).map((shares) => shares[one])) : 0));
    const place = room.indexOf(Math.max(...room));
    if (room[place] > 0.25) {
      const text = make("b", band, { textContent: name }, { "aria-hidden": "true" });
      text.style.left = `${(100 * moments[place]) / end}%`;
      text.style.top = `${50 * (upper[place] + lower[place])}%`;
    }
    lower = upper;
  });
}

function draw(tag, parent, attributes) {
  const element = parent.appendChild(document.createElementNS("http://www.w3.org/2000/svg", tag));
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

const isSomebody = (shares) => shares.reduce((sum, share) => sum + share) > 0.5;

// The shares at any moment, in proportion between those before and after it.
function between({ moments, shares }, moment) {
  const after = Math.min(moments.length - 1, Math.max(1, moments.filter((time) => time <= moment).length));
  const part = Math.min(1, Math.max(0, (moment - moments[after - 1]) / (moments[after] - moments[after - 1] || 1)));
  return shares[after].map((share, one) => share * part + shares[after - 1][one] * (1 - part));
}

// What the picture shows, in words: which style is the most probable one, and until when.
function inTurn({ names, moments, shares }) {
  const first = shares.map((row) => (isSomebody(row) ? names[row.indexOf(Math.max(...row))] : "nobody"));
  const turns = first.slice(1, -1).flatMap((name, row) => (name === first[row + 2] ? [] : [`${name} to ${clock(moments[row + 1])}`]));
  return `Probability of each style over time. Most probable: ${turns.join(", ")}.`;
}
