// Moves the line, the counts and the measures of an explorer together. The counts come
// from Python (see explorer.py); nothing is fetched, and nothing is kept.
for (const root of document.querySelectorAll(".lopsided-explorer:not([data-ready])")) {
  root.dataset.ready = "";
  const counts = JSON.parse(root.dataset.counts); // t (as text), tn, fp, fn, tp
  const top = Number(root.dataset.top); // where the horizontal axis ends
  const w = Number(root.dataset.w); // the weight of positives in training
  const [threshold, miss, alarm] = root.querySelectorAll("input");
  const line = root.querySelector(".threshold");
  const table = root.querySelector("details");

  const whole = (n) => n.toLocaleString("en");
  const ratio = (part, of) => (of ? (part / of).toFixed(4) : "undefined");
  const amount = (input) => Math.max(0, input.valueAsNumber || 0);

  function update() {
    const at = Number(threshold.value);
    const [tn, fp, fn, tp] = ["tn", "fp", "fn", "tp"].map((key) => counts[key][at]);
    const rows = tn + fp + fn + tp;

    // Costs: here, the lowest of all thresholds, and what a calibrated model would do.
    const cost = (i) => amount(miss) * counts.fn[i] + amount(alarm) * counts.fp[i];
    let best = counts.t.length - 1; // of equally good ones the highest, as in Python
    for (let i = best - 1; i >= 0; i--) {
      if (cost(i) < cost(best) * (1 - 1e-12)) best = i;
    }
    const weighted = w * amount(alarm);

    const values = {
      t: counts.t[at],
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
      best: counts.t[best],
      best_cost: ratio(cost(best), rows),
      cut: ratio(weighted, weighted + amount(miss)),
    };
    for (const place of root.querySelectorAll("[data-show]")) {
      const value = values[place.dataset.show];
      if (place.textContent !== value) place.textContent = value;
    }
    threshold.setAttribute("aria-valuetext", values.t);
    const share = Math.min(1, Number(values.t) / top);
    line.setAttribute("transform", `translate(${line.dataset.width * share} 0)`);
  }

  for (const input of [threshold, miss, alarm]) input.addEventListener("input", update);
  root.querySelector("fieldset").hidden = false;
  table.open = false; // without this script it stays open
  addEventListener("beforeprint", () => (table.open = true));
  update(); // a browser may remember where the controls stood
}
