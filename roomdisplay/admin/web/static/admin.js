// Live parts of the pages. A page works without this file; with it, every element marked
// data-live is replaced by its newer self whenever the server says that something changed.
"use strict";

(() => {
  const live = document.body.dataset.live;
  let running = false;
  let again = false;

  const busy = (element) => element.contains(document.activeElement)
    && document.activeElement.matches("input, select, textarea");

  // What only the browser knows: copying works here, and what was unfolded stays so.
  const offerCopies = (part) => {
    for (const button of part.querySelectorAll("button[data-copy]")) { button.hidden = false; }
  };
  const keepAsIs = (old, next) => {
    offerCopies(next);
    const unfolded = [...old.querySelectorAll("details")].map((one) => one.open);
    next.querySelectorAll("details").forEach((one, number) => { one.open = unfolded[number] ?? one.open; });
  };

  // What a form on its way changes is news, too; its answer is the next page, which nothing may stop.
  const leaving = () => document.querySelector("form[data-sent]") !== null;

  async function refresh() {
    if (leaving()) { return; }
    if (running) { again = true; return; }
    running = true;
    try {
      do {
        again = false;
        const answer = await fetch(location.href, { headers: { "X-Live": "1" }, credentials: "same-origin" });
        if (leaving()) { return; }
        if (!answer.ok || answer.redirected) { location.reload(); return; }
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const old of document.querySelectorAll("[data-live][id]")) {
          const next = fresh.getElementById(old.id);
          if (next) { keepAsIs(old, next); }
          if (!next || busy(old) || next.outerHTML === old.outerHTML) { continue; }
          const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
          old.replaceWith(document.adoptNode(next));
          if (focused) { document.getElementById(focused)?.focus(); }
        }
      } while (again);
    } catch { /* the network is gone; the stream's return brings the next refresh */ }
    finally { running = false; }
  }

  if (live !== undefined) {
    const stream = new EventSource(document.body.dataset.stream ?? `/live?topics=${encodeURIComponent(live)}`);
    stream.addEventListener("changed", refresh);
    addEventListener("pagehide", () => stream.close());
    // Words such as "2 min ago" age by themselves.
    setInterval(() => { if (!document.hidden) { refresh(); } }, 60000);
  }

  // Searching a list on the page without asking the server.
  for (const field of document.querySelectorAll("input[data-filter]")) {
    const list = document.getElementById(field.dataset.filter);
    field.form?.addEventListener("submit", (event) => { if (list) { event.preventDefault(); } });
    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLocaleLowerCase();
      for (const group of list.querySelectorAll("[data-group]")) {
        let shown = 0;
        for (const item of group.querySelectorAll("[data-text]")) {
          item.hidden = !item.dataset.text.includes(wanted);
          shown += item.hidden ? 0 : 1;
        }
        group.hidden = shown === 0;
      }
    });
  }

  // A list's own box ticks all of its boxes; each can then be taken out by itself.
  for (const all of document.querySelectorAll("input[data-all]")) {
    const boxes = [...all.closest("fieldset").querySelectorAll("input[type=checkbox]:not([data-all])")];
    all.addEventListener("change", () => { for (const box of boxes) { box.checked = all.checked; } });
    for (const box of boxes) { box.addEventListener("change", () => { all.checked = boxes.every((one) => one.checked); }); }
  }

  // Two taps on a slow network are one.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") { return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    }
  });

  // Copying, also where the page is plain http and the browser keeps its clipboard to itself.
  const copy = async (source) => {
    const text = source.textContent.replace(/\n$/, "");
    try { await navigator.clipboard.writeText(text); return true; } catch { /* the older way */ }
    getSelection().selectAllChildren(source);
    return document.execCommand("copy");
  };
  offerCopies(document);
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button[data-copy]");
    if (!button || button.dataset.words || !(await copy(document.getElementById(button.dataset.copy)))) { return; }
    button.dataset.words = button.firstChild.data;
    button.firstChild.data = button.dataset.copied;
    setTimeout(() => { button.firstChild.data = button.dataset.words; delete button.dataset.words; }, 2000);
  });

  for (const button of document.querySelectorAll("button[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
})();
