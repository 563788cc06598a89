// A skeleton as everywhere in the course: the dancer's left blue, solid and round, the right orange, dashed
// and square, the trunk dark, and a white line underneath that keeps all of it readable on any picture.

const COLOURS = { left: "#0072b2", right: "#d55e00", middle: "#262626", face: "#262626" };
const MARK = "#c2185b";
const FAINTEST = 0.3; // visibility below which a point is left out: a guess drawn boldly would mislead
const FIRST_BODY_POINT = 11;
const VALUES = 3; // of a point: x and y as shares of the picture, and its visibility

// `place` gives a point's [x, y] on the canvas; `looks` are { colours, paper, face, marks }.
function drawSkeleton(pen, points, place, size, { colours = COLOURS, paper = "#fff", face = false, marks = [] } = {}) {
  const seen = (point) => points[VALUES * point + 2] >= FAINTEST && Number.isFinite(points[VALUES * point]);
  const at = (point) => place(points[VALUES * point], points[VALUES * point + 1]);
  const thick = Math.max(1.6, size / 130);
  const sides = Object.entries(LINES).filter(([side]) => face || side !== "face");
  pen.lineCap = "round";
  for (const under of [true, false]) {
    for (const [side, pairs] of sides) {
      pen.strokeStyle = under ? paper : colours[side];
      pen.lineWidth = (side === "face" ? thick / 2 : thick) + (under ? thick * 0.9 : 0);
      pen.setLineDash(!under && side === "right" ? [thick * 1.9, thick * 2] : []);
      for (const [a, b] of pairs) {
        if (!seen(a) || !seen(b)) continue;
        pen.beginPath();
        pen.moveTo(...at(a));
        pen.lineTo(...at(b));
        pen.stroke();
      }
    }
  }
  pen.setLineDash([]);
  const joints = new Set([...LINES.left, ...LINES.right].flat().filter((point) => point >= FIRST_BODY_POINT));
  for (const point of joints) {
    if (!seen(point)) continue;
    const left = point % 2 === 1; // landmarks of the left have odd numbers
    for (const grow of [thick * 0.5, 0]) {
      drawJoint(pen, at(point), thick * 1.15 + grow, left, grow ? paper : colours[left ? "left" : "right"]);
    }
  }
  for (const point of marks) {
    if (!Number.isFinite(points[VALUES * point])) continue;
    pen.strokeStyle = MARK;
    pen.lineWidth = thick;
    pen.beginPath();
    pen.arc(...at(point), thick * 4.2, 0, 2 * Math.PI);
    pen.stroke();
  }
}

function drawJoint(pen, [x, y], radius, round, colour) {
  pen.fillStyle = colour;
  pen.beginPath();
  if (round) pen.arc(x, y, radius, 0, 2 * Math.PI);
  else pen.rect(x - radius, y - radius, 2 * radius, 2 * radius);
  pen.fill();
}
