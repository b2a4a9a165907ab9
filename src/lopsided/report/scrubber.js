// Shows a small network at one epoch of its training: the plane, its line, the loss and
// the counts. The points and all parameters come from Python (see scrubber.py); what a
// network makes of them is computed here, as Python does.
for (const root of document.querySelectorAll(".lopsided-scrubber:not([data-ready])")) {
  root.dataset.ready = "";
  // JupyterLab would give the focus to the cell, and the keys with it.
  root.addEventListener("focusin", (event) => event.stopPropagation());
  const { layers, x, y, epochs, films } = JSON.parse(root.dataset.film);
  const find = (selector) => root.querySelector(selector);
  const form = find("form");
  const { stop, t: threshold, w } = form.elements;
  const canvas = find("canvas");
  const pen = canvas.getContext("2d");
  const play = find("[data-play]");
  const EDGE = 3.1; // the plane goes that far in each direction
  const GRID = 90;

  // The twin of lopsided.lesson.network: the logit of one point.
  function logit(theta, point) {
    let A = point;
    let at = 0;
    for (let l = 1; l < layers.length; l++) {
      const Z = Array(layers[l]).fill(0);
      for (let i = 0; i < layers[l]; i++) for (const a of A) Z[i] += theta[at++] * a;
      for (let i = 0; i < layers[l]; i++) Z[i] += theta[at++]; // the biases
      A = l < layers.length - 1 ? Z.map((z) => Math.max(z, 0)) : Z;
    }
    return A[0];
  }
  function sigmoid(z) {
    const e = Math.exp(-Math.abs(z));
    return (z >= 0 ? 1 : e) / (1 + e);
  }

  // The twin of lopsided.lesson.loss.objective, with the weight on positives.
  function loss(film, k) {
    let sum = 0;
    y.forEach((label, i) => {
      const z = logit(film.thetas[k], [x[0][i], x[1][i]]);
      const own = Math.max(z, 0) - z * label + Math.log1p(Math.exp(-Math.abs(z)));
      sum += (label ? film.w : 1) * own;
    });
    return sum / y.length;
  }
  for (const film of films) film.losses = epochs.map((_, k) => loss(film, k));

  const toCanvas = (v) => ((v + EDGE) / (2 * EDGE)) * canvas.width;
  const place = (i) => -EDGE + (2 * EDGE * i) / GRID;

  // Logits at the corners of a grid: from left to right, then from below.
  function plane(theta) {
    const z = [];
    for (let j = 0; j <= GRID; j++) {
      for (let i = 0; i <= GRID; i++) z.push(logit(theta, [place(i), place(j)]));
    }
    return z;
  }

  // The pieces of a level line: in each triangle of the grid, where it enters and leaves.
  function pieces(z, level) {
    const found = [];
    const side = GRID + 1;
    for (let j = 0; j < GRID; j++) {
      for (let i = 0; i < GRID; i++) {
        const [a, b, c, d] = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
        for (const triangle of [[a, b, c], [a, c, d]]) {
          const ends = [];
          triangle.forEach((p, k) => {
            const q = triangle[(k + 1) % 3];
            const from = z[p[1] * side + p[0]] - level;
            const to = z[q[1] * side + q[0]] - level;
            if (from >= 0 === to >= 0) return;
            const s = from / (from - to);
            ends.push([0, 1].map((n) => toCanvas(place(p[n] + s * (q[n] - p[n])))));
          });
          if (ends.length === 2) found.push(ends);
        }
      }
    }
    return found;
  }
  const down = (v) => canvas.height - v; // x2 points upwards

  function draw(film, t, same, called) {
    const ink = getComputedStyle(root).color;
    const positive = getComputedStyle(find("path.tp")).fill;
    const k = Number(stop.value);
    const z = plane(film.thetas[k]);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    const cell = canvas.width / GRID;
    for (let j = 0; j < GRID; j++) {
      for (let i = 0; i < GRID; i++) {
        const p = sigmoid(z[j * (GRID + 1) + i]);
        pen.fillStyle = `rgb(0 114 178 / ${0.6 * p})`;
        pen.fillRect(i * cell, down((j + 1) * cell), cell, cell);
      }
    }
    pen.lineWidth = 2.5;
    y.forEach((label, i) => {
      pen.strokeStyle = pen.fillStyle = label ? positive : ink;
      const [a, b] = [toCanvas(x[0][i]), down(toCanvas(x[1][i]))];
      pen.beginPath();
      if (label) {
        pen.moveTo(a, b - 9);
        pen.lineTo(a + 8, b + 6);
        pen.lineTo(a - 8, b + 6);
        pen.closePath();
      } else {
        pen.arc(a, b, 6, 0, 2 * Math.PI);
      }
      if (called[i]) pen.fill();
      pen.stroke();
    });
    pen.strokeStyle = pen.fillStyle = ink;
    pen.lineWidth = 5;
    pen.lineCap = "round";
    pen.beginPath();
    for (const [from, to] of pieces(z, Math.log(t / (1 - t)))) {
      pen.moveTo(from[0], down(from[1]));
      pen.lineTo(to[0], down(to[1]));
    }
    pen.stroke();
    if (film.w !== 1) {
      const level = Math.log(same / (1 - same));
      const dots = [];
      for (const [[a, b]] of pieces(plane(films[0].thetas[k]), level)) {
        if (dots.some((dot) => Math.hypot(dot[0] - a, dot[1] - b) < 15)) continue;
        dots.push([a, b]);
        pen.beginPath();
        pen.arc(a, down(b), 4.5, 0, 2 * Math.PI);
        pen.fill();
      }
    }
  }

  function curve(film) {
    const high = Math.max(...film.losses) * 1.05;
    const last = epochs.length - 1;
    const at = film.losses.map((v, k) => [(240 * k) / last, 150 * (1 - v / high)]);
    find(".curve").setAttribute("points", at.map((p) => p.join(",")).join(" "));
    const [cx, cy] = at[stop.value];
    find(".now").setAttribute("cx", cx);
    find(".now").setAttribute("cy", cy);
    const middle = Math.round(last / 2);
    const texts = [0, middle, last].map((k) => [at[k][0], 168, "middle", epochs[k]]);
    texts.push([-6, 154, "end", 0], [-6, 8, "end", high.toFixed(2)]);
    const ticks = texts.map(([a, b, anchor, text]) => {
      const tick = document.createElementNS("http://www.w3.org/2000/svg", "text");
      tick.setAttribute("x", a);
      tick.setAttribute("y", b);
      tick.setAttribute("text-anchor", anchor);
      tick.textContent = text;
      return tick;
    });
    find(".ticks").replaceChildren(...ticks);
  }

  function update() {
    const film = films[w.value];
    const k = Number(stop.value);
    const t = Number(threshold.value);
    const same = t / (t + film.w * (1 - t)); // which decides alike without the weight
    const n = { tn: 0, fp: 0, fn: 0, tp: 0 };
    const called = y.map(
      (_, i) => sigmoid(logit(film.thetas[k], [x[0][i], x[1][i]])) >= t,
    );
    called.forEach((yes, i) => {
      n[(yes === Boolean(y[i]) ? "t" : "f") + (yes ? "p" : "n")] += 1;
    });
    const values = {
      epoch: epochs[k],
      t: t.toFixed(2),
      same: same.toFixed(4),
      loss: film.losses[k].toFixed(4),
      ...n,
    };
    for (const shown of root.querySelectorAll("[data-show]")) {
      shown.textContent = values[shown.dataset.show];
    }
    find("[data-twin]").hidden = film.w === 1;
    stop.setAttribute("aria-valuetext", `epoch ${epochs[k]}`);
    draw(film, t, same, called);
    curve(film);
  }

  let timer = 0;
  function pause() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
  }
  play.addEventListener("click", () => {
    if (timer) return pause();
    if (stop.value === stop.max) stop.value = 0;
    play.textContent = "Pause";
    update();
    timer = setInterval(() => {
      stop.stepUp();
      update();
      if (stop.value === stop.max) pause();
    }, 200);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => {
    if (event.target === stop) pause();
    update();
  });
  // The ink is the page's: when its colours change, draw anew.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", update);
  new MutationObserver(update).observe(document.documentElement, { attributes: true });

  form.hidden = find(".side").hidden = false;
  const table = find("details");
  table.open = false; // without this script it stays open
  addEventListener("beforeprint", () => (table.open = true));
  form.reset();
  update();
}
