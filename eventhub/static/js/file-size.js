// A file that is too large is said at once, before a slow line has carried it; the server looks again. Whoever presses on
// is stopped once, so that nobody goes on without a paper and does not know it. A photograph is made smaller there.
(() => {
  for (const input of document.querySelectorAll("input[type=file][data-most]")) {
    const said = document.createElement("p");
    said.className = "problem";
    said.setAttribute("role", "alert");
    let warned = true;
    input.addEventListener("change", () => {
      const { most, mostPhoto = most } = input.dataset;
      const large = [...input.files].some((file) => file.size > (file.type.startsWith("image/") ? mostPhoto : most));
      for (const old of input.parentElement.querySelectorAll(".problem")) if (old !== said) old.remove();
      said.textContent = large ? input.dataset.tooLarge : "";
      if (large) input.value = "";
      warned = !large;
      input.before(said);
    });
    input.form?.addEventListener("submit", (event) => {
      if (warned) return;
      warned = true;
      event.preventDefault();
      said.textContent = [input.dataset.tooLarge, input.dataset.goOn].filter(Boolean).join(" ");
      input.focus();
    });
  }
})();
