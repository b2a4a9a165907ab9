// Moves the line, the point, a hundred marks, the counts and the measures of an
// explorer together. Counts and drawings come from Python (see explorer.py); nothing is
// fetched, and nothing is kept.
for (const root of document.querySelectorAll(".lopsided-explorer:not([data-ready])")) {
  root.dataset.ready = "";
  // JupyterLab would give the focus to the cell, and the keys with it.
  root.addEventListener("focusin", (event) => event.stopPropagation());
  const models = JSON.parse(root.dataset.models); // a class weight each
  const top = Number(root.dataset.top); // where the horizontal axis ends
  const find = (selector) => root.querySelector(selector);
  const all = (selector) => [...root.querySelectorAll(selector)];
  const form = find("form");
  const { t: slider, miss, alarm, w, follow } = form.elements;
  const picture = find(".distributions");
  const line = find(".threshold");
  const table = find("details");
  const names = ["tn", "fp", "fn", "tp"];
  let model = models[0];

  const whole = (n) => n.toLocaleString("en");
  const ratio = (part, of) => (of ? (part / of).toFixed(4) : "undefined");
  const amount = (input) => Math.max(0, input.valueAsNumber || 0);
  const x = (t) => Number(line.dataset.width) * Math.min(1, t / top);

  // The place among the thresholds that is nearest to one.
  function nearest(t) {
    let best = 0;
    model.t.forEach((at, i) => {
      if (Math.abs(at - t) < Math.abs(model.t[best] - t)) best = i;
    });
    return best;
  }

  // Of a hundred rows: first the classes, then those called in each, as
  // people.people. So the classes keep their size.
  function hundred([tn, fp, fn, tp]) {
    const nearest = (part, of) => (of ? Math.floor((2 * part + of) / (2 * of)) : 0);
    const positives = nearest(100 * (fn + tp), tn + fp + fn + tp);
    const found = nearest(positives * tp, fn + tp);
    const alarms = nearest((100 - positives) * fp, tn + fp);
    return [100 - positives - alarms, alarms, positives - found, found];
  }

  // What is at the threshold's place, and what costs say: the lowest of all thresholds,
  // and what a calibrated model would do.
  function look() {
    const at = Number(slider.value);
    const four = names.map((name) => model[name][at]);
    const [tn, fp, fn, tp] = four;
    const rows = tn + fp + fn + tp;
    const cost = (i) => amount(miss) * model.fn[i] + amount(alarm) * model.fp[i];
    let best = model.t.length - 1; // of equally good ones the highest, as in Python
    for (let i = best - 1; i >= 0; i--) {
      if (cost(i) < cost(best) * (1 - 1e-12)) best = i;
    }
    const weighted = model.w * amount(alarm);
    const values = {
      t: model.t[at],
      tn: whole(tn),
      fp: whole(fp),
      fn: whole(fn),
      tp: whole(tp),
      accuracy: ratio(tn + tp, rows),
      precision: ratio(tp, tp + fp),
      recall: ratio(tp, tp + fn),
      f1: ratio(2 * tp, 2 * tp + fp + fn),
      false_positive_rate: ratio(fp, fp + tn),
      cost: ratio(cost(at), rows),
      best: model.t[best],
      best_cost: ratio(cost(best), rows),
      cut: ratio(weighted, weighted + amount(miss)),
    };
    return { at, four, rows, values };
  }

  function update() {
    const { at, four, rows, values } = look();
    const [tn, fp, fn, tp] = four;
    for (const place of all("[data-show]")) {
      const value = values[place.dataset.show];
      if (place.textContent !== value) place.textContent = value;
    }
    slider.setAttribute("aria-valuetext", values.t);

    const left = Number(line.dataset.left);
    const width = Number(line.dataset.width);
    const here = x(Number(values.t));
    line.setAttribute("transform", `translate(${here} 0)`);
    for (const [side, from, to] of [["below", 0, here], ["above", here, width]]) {
      const half = find(`svg.${side}`);
      const [, y, , height] = half.getAttribute("viewBox").split(" ");
      half.setAttribute("x", left + from);
      half.setAttribute("width", to - from);
      half.setAttribute("viewBox", `${from} ${y} ${to - from} ${height}`);
      half.setAttribute("visibility", to > from ? "visible" : "hidden");
    }
    for (const mark of all("[data-mark]")) {
      const t = Number(values[mark.dataset.mark]);
      const to = Number.isNaN(t) ? width : x(t);
      const [, y] = mark.getAttribute("transform").match(/ (\S+)\)/);
      mark.setAttribute("transform", `translate(${left + to} ${y})`);
    }
    const now = find(".now");
    const side = Number(now.dataset.side);
    now.setAttribute("cx", (side * fp) / (fp + tn || 1));
    now.setAttribute("cy", side * (1 - tp / (tp + fn || 1)));

    const n = hundred(four);
    const kinds = [3, 2, 1, 0].flatMap((k) => Array(n[k]).fill(names[k]));
    const { positive, negative } = find(".people").dataset;
    all(".people path").forEach((mark, k) => {
      mark.setAttribute("class", kinds[k]);
      mark.setAttribute("d", /tp|fn/.test(kinds[k]) ? positive : negative);
    });
    for (const button of all("[data-rule]")) {
      const to = model.rules[button.dataset.rule];
      button.querySelector("b").textContent = model.t[to];
      button.setAttribute("aria-pressed", to === at);
    }
    return values;
  }

  function go(to) {
    slider.value = to;
    update();
  }

  // Another class weight: the same threshold, or that which decides alike.
  function change() {
    const t = Number(model.t[slider.value]);
    const before = model.w;
    model = models[w.value];
    const odds = (t / (1 - t)) * (model.w / before);
    const moved = t < 1 ? odds / (1 + odds) : 1;
    slider.max = model.t.length - 1;
    for (const kind of ["negative", "positive"]) {
      for (const path of all(`path.${kind}`)) path.setAttribute("d", model[kind]);
    }
    find(".curve").setAttribute("points", model.roc);
    go(nearest(follow.checked ? moved : t));
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  for (const input of [slider, miss, alarm]) input.addEventListener("input", update);
  for (const input of all("[name=w]")) input.addEventListener("change", change);
  for (const button of all("button")) {
    button.addEventListener("click", () => {
      const { rule, to } = button.dataset;
      go(to ? nearest(Number(look().values[to])) : model.rules[rule]);
    });
  }
  // The line can be taken hold of, anywhere in the picture.
  function drag(event) {
    if (event.type === "pointermove" && !event.buttons) return;
    const at = new DOMPoint(event.clientX, event.clientY);
    const inside = at.matrixTransform(picture.getScreenCTM().inverse());
    const share = (inside.x - line.dataset.left) / line.dataset.width;
    go(nearest(top * Math.min(1, Math.max(0, share))));
  }
  picture.addEventListener("pointerdown", drag);
  picture.addEventListener("pointermove", drag);

  form.hidden = false;
  table.open = false; // without this script it stays open
  addEventListener("beforeprint", () => (table.open = true));
  form.reset(); // a browser may remember where the controls stood
  update();
}
