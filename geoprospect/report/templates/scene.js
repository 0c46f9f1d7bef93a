"use strict";
(() => {
  const at = (name) => document.getElementById(`scene-${name}`);
  const data = JSON.parse(at("data").textContent), words = JSON.parse(at("words").textContent);
  const canvas = at("canvas"), pen = canvas.getContext("2d");
  const [nx, ny, nz] = data.counts;
  const shades = Uint8Array.from(atob(data.blocks), (one) => one.charCodeAt(0));
  const start = () => ({ turn: -0.6, tilt: 0.5, zoom: 1, right: 0, down: 0 });
  let eye = start(), faces = [], stretch = 1, busy = false;

  // --- what is shown ---------------------------------------------------------------------
  const place = (i, j, k) => [0, 1, 2].map((axis) => data.corner[axis]
    + i * data.steps[0][axis] + j * data.steps[1][axis] + k * data.steps[2][axis]);
  const SIDES = [
    [1, 0, 0, [[1, 0, 0], [1, 1, 0], [1, 1, 1], [1, 0, 1]], 0.86],
    [-1, 0, 0, [[0, 0, 0], [0, 0, 1], [0, 1, 1], [0, 1, 0]], 0.86],
    [0, 1, 0, [[0, 1, 0], [0, 1, 1], [1, 1, 1], [1, 1, 0]], 0.72],
    [0, -1, 0, [[0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 0, 1]], 0.72],
    [0, 0, 1, [[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]], 1],
    [0, 0, -1, [[0, 0, 0], [0, 1, 0], [1, 1, 0], [1, 0, 0]], 0.6],
  ];
  const lit = (colour, light) => {
    const parts = [1, 3, 5].map((n) => parseInt(colour.slice(n, n + 2), 16));
    return `rgb(${parts.map((part) => Math.round(part * light)).join(",")})`;
  };
  const colours = SIDES.map(([, , , , light]) => data.colours.map((one) => lit(one, light)));

  // Faces of blocks at and above the cut-off that no other such block hides.
  const cut = () => {
    const least = Math.max(1, Math.ceil(1 + (data.colours.length - 1) * at("cut").value / data.high));
    const shown = (i, j, k) => i >= 0 && j >= 0 && k >= 0 && i < nx && j < ny && k < nz
      && shades[(k * ny + j) * nx + i] >= least;
    faces = [];
    for (let k = 0; k < nz; k++) for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++) {
      if (!shown(i, j, k)) continue;
      const shade = shades[(k * ny + j) * nx + i] - 1;
      SIDES.forEach(([di, dj, dk, corners], side) => {
        if (shown(i + di, j + dj, k + dk)) return;
        faces.push({ corners: corners.map(([a, b, c]) => place(i + a, j + b, k + c)), colour: colours[side][shade] });
      });
    }
    at("told").textContent = Number(at("cut").value).toPrecision(2);
    draw();
  };
  const rods = data.samples.map(([x0, y0, z0, x1, y1, z1, shade]) => ({
    corners: [[x0 / 10, y0 / 10, z0 / 10], [x1 / 10, y1 / 10, z1 / 10]],
    colour: shade ? data.colours[shade - 1] : "#9aa4ae",
  }));

  // --- where it is seen ------------------------------------------------------------------
  const reach = () => Math.hypot(...[0, 1, 2].map((axis) => (axis === 2 ? stretch : 1)
    * (Math.abs(data.steps[0][axis]) * nx + Math.abs(data.steps[1][axis]) * ny + Math.abs(data.steps[2][axis]) * nz)));
  const seen = () => {
    const scale = eye.zoom * 0.95 * Math.min(canvas.clientWidth, 1.6 * canvas.clientHeight) / reach();
    const [st, ct, si, ci] = [Math.sin(eye.turn), Math.cos(eye.turn), Math.sin(eye.tilt), Math.cos(eye.tilt)];
    const [cx, cy] = [canvas.clientWidth / 2 + eye.right, canvas.clientHeight / 2 + eye.down];
    return ([x, y, z]) => {
      const across = x * ct - y * st, deep = x * st + y * ct, up = z * stretch;
      return [cx + scale * across, cy - scale * (up * ci + deep * si), deep * ci - up * si];
    };
  };
  const path = (points) => {
    pen.beginPath();
    points.forEach(([x, y], n) => (n ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  };
  const frame = (look) => {
    const corner = (a, b, c) => place(a * nx, b * ny, c * nz);
    pen.strokeStyle = "#b8c1ca";
    pen.lineWidth = 1;
    for (const [a, b] of [[0, 1], [1, 3], [3, 2], [2, 0]].flatMap(([a, b]) => [[a, b], [a + 4, b + 4], [a, a + 4]])) {
      path([a, b].map((n) => look(corner(n & 1, (n >> 1) & 1, n >> 2))));
      pen.stroke();
    }
    pen.fillStyle = "#66727f";
    pen.font = "12px system-ui, sans-serif";
    const write = (words, where) => { const [x, y] = look(where); pen.fillText(words, x + 4, y + 14); };
    const told = (word, where, axis) => write(word.replace("{0}", Math.round(where[axis] + data.middle[axis])), where);
    told(words.east, corner(0, 0, 0), 0);
    told(words.northing, corner(1, 1, 0), 1);
    told(words.high, corner(0, 1, 1), 2);
  };
  const north = (look) => {
    const base = place(nx, 0, 0), tip = [base[0], base[1] + reach() / 8, base[2]];
    pen.strokeStyle = pen.fillStyle = "#b2182b";
    pen.lineWidth = 2;
    path([look(base), look(tip)]);
    pen.stroke();
    const [x, y] = look(tip);
    pen.fillText(words.north, x - 4, y - 6);
  };
  const paint = () => {
    busy = false;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = canvas.clientWidth * ratio;
    canvas.height = canvas.clientHeight * ratio;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const look = seen(), things = [];
    const add = (one, rod) => {
      const points = one.corners.map(look);
      if (!rod) {
        const [[ax, ay], [bx, by], , [dx, dy]] = points;
        if ((bx - ax) * (dy - ay) - (by - ay) * (dx - ax) >= 0) return; // turned away
      }
      const deep = points.reduce((sum, point) => sum + point[2], 0) / points.length;
      things.push({ points, deep, colour: one.colour, rod });
    };
    if (at("blocks").checked) faces.forEach((one) => add(one, false));
    if (at("holes").checked) rods.forEach((one) => add(one, true));
    things.sort((one, other) => other.deep - one.deep);
    frame(look);
    pen.lineCap = "butt";
    const line = ({ points, colour }) => {
      path(points);
      if (rods.length < 1500) { pen.lineWidth = 4; pen.strokeStyle = "#ffffff"; pen.stroke(); }
      pen.lineWidth = 2; pen.strokeStyle = colour; pen.stroke();
    };
    for (const one of things) {
      if (one.rod) { line(one); continue; }
      path(one.points);
      pen.closePath();
      pen.fillStyle = one.colour; pen.fill();
      pen.lineWidth = 0.5; pen.strokeStyle = "rgba(255,255,255,0.35)"; pen.stroke();
    }
    pen.globalAlpha = 0.3; // holes shine through the blocks before them
    things.filter((one) => one.rod).forEach(line);
    pen.globalAlpha = 1;
    north(look);
  };
  const draw = () => { if (!busy) { busy = true; requestAnimationFrame(paint); } };

  // --- hands -----------------------------------------------------------------------------
  const turned = (right, down) => {
    eye.turn += right;
    eye.tilt = Math.min(Math.PI / 2, Math.max(-0.2, eye.tilt + down));
    draw();
  };
  const zoomed = (by) => { eye.zoom = Math.min(40, Math.max(0.3, eye.zoom * by)); draw(); };
  canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    if (event.shiftKey) { eye.right += event.movementX; eye.down += event.movementY; draw(); }
    else turned(event.movementX / 180, event.movementY / 180);
  });
  canvas.addEventListener("wheel", (event) => {
    if (document.activeElement !== canvas) return; // a page that scrolls goes on scrolling
    event.preventDefault();
    zoomed(Math.exp(-event.deltaY / 500));
  }, { passive: false });
  canvas.addEventListener("dblclick", () => { eye = start(); draw(); });
  const KEYS = {
    ArrowLeft: () => turned(-0.1, 0), ArrowRight: () => turned(0.1, 0), ArrowUp: () => turned(0, -0.1),
    ArrowDown: () => turned(0, 0.1), "+": () => zoomed(1.2), "=": () => zoomed(1.2), "-": () => zoomed(1 / 1.2),
  };
  canvas.addEventListener("keydown", (event) => {
    if (!KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  at("cut").addEventListener("input", cut);
  at("stretch").addEventListener("input", () => { stretch = Number(at("stretch").value); draw(); });
  for (const name of ["blocks", "holes"]) at(name).addEventListener("change", draw);
  new ResizeObserver(draw).observe(canvas);
  cut();
})();
