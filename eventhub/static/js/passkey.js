// A passkey is made or given by the device, and its answer goes with the form like anything typed. The form stands hidden
// until here, since without this script, or in a browser that knows no passkeys, its button would do nothing.
(() => {
  const form = document.querySelector("form[data-passkey]");
  const kind = window.PublicKeyCredential;
  if (!form || !kind || !kind.parseRequestOptionsFromJSON || !kind.parseCreationOptionsFromJSON) return;
  const failed = form.querySelector("[data-failed]");
  // A device that has made one before says so by the name of its error.
  const known = form.querySelector("[data-known]");
  const answer = form.elements.secret;
  const ask = async () => {
    const asked = await fetch(form.dataset.options, {
      method: "POST",
      body: new URLSearchParams({csrf_token: form.elements.csrf_token.value, form_key: crypto.randomUUID()}),
    });
    if (!asked.ok) throw new Error(String(asked.status));
    const options = await asked.json();
    return form.dataset.passkey === "make"
      ? navigator.credentials.create({publicKey: kind.parseCreationOptionsFromJSON(options)})
      : navigator.credentials.get({publicKey: kind.parseRequestOptionsFromJSON(options)});
  };
  for (const words of document.querySelectorAll("[data-without]")) words.hidden = true;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (answer.value) return;
    event.preventDefault();
    for (const words of [failed, known]) if (words) words.hidden = true;
    try {
      answer.value = JSON.stringify(await ask());
      form.requestSubmit(event.submitter);
    } catch (error) {
      const words = known && error.name === "InvalidStateError" ? known : failed;
      answer.value = "";
      words.hidden = false;
      words.focus();
    }
  });
})();
