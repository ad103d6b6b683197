// A file that is too large is said at once, before a slow line has carried it; the server looks again.
(() => {
  for (const input of document.querySelectorAll("input[type=file][data-most]")) {
    const said = document.createElement("p");
    said.className = "problem";
    said.setAttribute("role", "alert");
    input.addEventListener("change", () => {
      const large = [...input.files].some((file) => file.size > Number(input.dataset.most));
      said.textContent = large ? input.dataset.tooLarge : "";
      if (large) input.value = "";
      input.before(said);
    });
  }
})();
