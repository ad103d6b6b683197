// A file that is too large is said at once, before a slow line has carried it; the server looks again. Whoever presses on
// is stopped once, so that nobody goes on without a paper and does not know it. A photograph is made smaller there.
(() => {
  for (const input of document.querySelectorAll("input[type=file][data-most]")) {
    const said = document.createElement("p");
    said.className = "problem";
    said.setAttribute("role", "alert");
    let warned = true, words;
    input.addEventListener("change", () => {
      const { most, mostPhoto = most, tooLarge, tooLargePhoto = tooLarge } = input.dataset;
      const isPhoto = (file) => file.type.startsWith("image/");
      const large = [...input.files].find((file) => file.size > (isPhoto(file) ? mostPhoto : most));
      words = large && isPhoto(large) ? tooLargePhoto : tooLarge;
      for (const old of input.parentElement.querySelectorAll(".problem")) if (old !== said) old.remove();
      const told = document.querySelector(`.errors a[href="#${input.id}"]`)?.closest("li");
      if (told?.parentElement.children.length === 1) told.closest(".errors").remove();
      told?.remove();
      said.textContent = large ? words : "";
      if (large) input.value = "";
      warned = !large;
      input.before(said);
    });
    input.form?.addEventListener("submit", (event) => {
      if (warned) return;
      warned = true;
      event.preventDefault();
      said.textContent = [words, input.dataset.goOn].filter(Boolean).join(" ");
      input.focus();
    });
  }
})();
