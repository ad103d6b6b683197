// Leaves at once: a click on a[data-exit], or Shift three times. The page is blanked first, and its entry in the
// history replaced. Escape is left alone: it stops loading, and screen readers use it.
(() => {
  const link = document.querySelector("a[data-exit]");
  if (!link) return;
  const leave = () => {
    document.title = "";
    document.body.hidden = true;
    location.replace(link.href);
  };
  link.addEventListener("click", (event) => { event.preventDefault(); leave(); });
  let pressed = 0;
  let last = 0;
  document.addEventListener("keydown", (event) => {
    if (event.repeat) return;
    if (event.key !== "Shift") { pressed = 0; return; }
    pressed = event.timeStamp - last < 2000 ? pressed + 1 : 1;
    last = event.timeStamp;
    if (pressed === 3) leave();
  });
  // Back from the other page, the browser may show this one as it was left: stay blank and go on.
  addEventListener("pageshow", (event) => { if (event.persisted && document.body.hidden) leave(); });
})();
