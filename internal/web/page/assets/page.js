"use strict";
// Replaces the content with a new one, and keeps open details open.
(() => {
  const every = 30000;

  async function refresh() {
    const reading = !getSelection().isCollapsed; // keep a selection, which the user may want to copy
    if (document.hidden || reading) return;
    const now = document.getElementById("content");
    try {
      const answer = await fetch(location.pathname + location.search, {cache: "no-store"});
      if (!answer.ok) throw new Error(answer.statusText);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = document.adoptNode(page.getElementById("content"));
      for (const was of now.querySelectorAll("details[id]")) {
        const is = fresh.querySelector("#" + was.id);
        if (is) is.open = was.open;
      }
      const held = document.activeElement?.closest?.("details[id]")?.id;
      now.replaceWith(fresh);
      if (held) document.querySelector("#" + held + " > summary")?.focus({preventScroll: true});
    } catch {
      document.getElementById("stale").hidden = false;
    }
  }

  setInterval(refresh, every);
  document.addEventListener("visibilitychange", refresh);
})();
