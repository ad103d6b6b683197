// Tables with rows to choose: a box in th[data-choose-all] chooses the whole page; [data-chosen] counts live.
(() => {
  for (const head of document.querySelectorAll("th[data-choose-all]")) {
    const table = head.closest("table");
    const count = (table.closest("form") || document).querySelector("[data-chosen]");
    const boxes = [...table.querySelectorAll("td.check input[type=checkbox]")];
    const all = document.createElement("input");
    all.type = "checkbox";
    all.setAttribute("aria-label", head.dataset.chooseAll);
    head.replaceChildren(all);
    const update = () => {
      const chosen = boxes.filter((box) => box.checked).length;
      for (const box of boxes) box.closest("tr").classList.toggle("on", box.checked);
      all.checked = chosen > 0 && chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
      if (count) count.textContent = count.dataset.chosen.replace("{number}", chosen);
    };
    all.addEventListener("change", () => { for (const box of boxes) box.checked = all.checked; update(); });
    table.addEventListener("change", (event) => { if (boxes.includes(event.target)) update(); });
    // The browser may bring ticks back after a reload or the back button.
    addEventListener("pageshow", update);
    update();
  }
})();
