// A copy is saved and the page stays as it was: the code that was sent works no second time, so it does not stay in its field.
(() => {
  for (const form of document.querySelectorAll("form[data-spends]")) {
    form.addEventListener("submit", () => {
      const field = form.elements[form.dataset.spends];
      setTimeout(() => { field.value = ""; });
    });
  }
})();
