// Copy buttons, rows that open on a click, and fresh figures while a run is running. All works without it.
(() => {
  // While something runs, and else: a run that cron starts is seen without a reload.
  const SECONDS = { live: 2, idle: 20 };
  const parts = ["state", "runs"];

  const prepare = () => {
    for (const button of document.querySelectorAll(".copy")) button.hidden = !navigator.clipboard;
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".copy");
    if (button) {
      await navigator.clipboard.writeText(button.dataset.copy);
      const label = button.textContent;
      button.textContent = "✓";
      setTimeout(() => { button.textContent = label; }, 1500);
      return;
    }
    const row = event.target.closest(".runs tr:not(.more)");
    const more = row?.parentElement.querySelector("details");
    if (more && !String(getSelection())) more.open = !more.open;
  });

  const isLive = () => document.getElementById("state")?.dataset.live === "yes";

  const refresh = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const open = [...document.querySelectorAll(".runs tbody:has(details[open])")].map((one) => one.id);
    for (const id of parts) {
      const part = fresh.getElementById(id);
      if (part) document.getElementById(id).replaceWith(document.adoptNode(part));
    }
    for (const id of open) document.getElementById(id)?.querySelector("details")?.setAttribute("open", "");
    prepare();
  };

  const watch = async () => {
    if (!document.hidden) await refresh().catch(() => {});
    later();
  };

  const later = () => setTimeout(watch, (isLive() ? SECONDS.live : SECONDS.idle) * 1000);

  if (document.getElementById("runs")) {
    prepare();
    later();
    document.addEventListener("visibilitychange", () => document.hidden || refresh().catch(() => {}));
  }
})();
