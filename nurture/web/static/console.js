// Keep the progress of campaigns up to date while the page is looked at.
"use strict";

(() => {
  const EVERY_MS = 1500;
  const area = document.querySelector("[data-progress]");
  if (!area) return;
  const number = new Intl.NumberFormat(document.documentElement.lang);

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

  function show(card, now) {
    const one = (name) => card.querySelector(`[data-field="${name}"]`);
    const bar = one("bar");
    bar.max = now.total || 1;
    bar.value = now.done;
    const of = one("of");
    of.textContent = fill(of.dataset.text, { done: number.format(now.done), total: number.format(now.total) });
    for (const cell of card.querySelectorAll("[data-count]")) {
      cell.textContent = number.format(now.counts[cell.dataset.count] ?? 0);
    }
    const state = one("state");
    if (state) {
      state.dataset.state = now.state;
      state.textContent = now.state_name;
    }
    const pace = one("pace");
    const parts = [];
    if (now.state === "running" && now.rate > 0) {
      parts.push(fill(pace.dataset.rate, { rate: number.format(now.rate) }));
      if (now.seconds_left) parts.push(fill(pace.dataset.left, { seconds: number.format(now.seconds_left) }));
    }
    pace.textContent = parts.join(" · ");
  }

  async function update() {
    if (!document.hidden) {
      try {
        const answer = await fetch(area.dataset.progress, { headers: { Accept: "application/json" } });
        if (answer.status === 401) return location.reload();
        for (const now of await answer.json()) {
          const card = area.querySelector(`[data-campaign="${CSS.escape(now.campaign)}"]`);
          if (card) show(card, now);
        }
      } catch {
        // The server is away for a moment; the next round asks again.
      }
    }
    setTimeout(update, EVERY_MS);
  }

  update();
})();
