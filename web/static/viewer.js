// Shows the text of a chart's mark as a tooltip; without this script the table below the chart has it.
(() => {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.setAttribute("aria-hidden", "true");
  tip.hidden = true;
  document.body.append(tip);

  const place = (x, y) => {
    const width = tip.offsetWidth;
    const left = Math.min(Math.max(8, x + 12), window.innerWidth - width - 8);
    tip.style.transform = `translate(${left}px, ${y + 16 + tip.offsetHeight > window.innerHeight ? y - tip.offsetHeight - 8 : y + 16}px)`;
  };

  for (const chart of document.querySelectorAll(".chart svg")) {
    chart.addEventListener("pointermove", (event) => {
      const mark = event.target.closest("[role='graphics-symbol'][aria-label]");
      tip.hidden = !mark;
      if (mark) {
        tip.textContent = mark.getAttribute("aria-label");
        place(event.clientX, event.clientY);
      }
    });
    chart.addEventListener("pointerleave", () => {
      tip.hidden = true;
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") tip.hidden = true;
  });
})();
