// Keeps the answers of form[data-autosave="address"] while they are typed, but for files.
(() => {
  const pause = 1500;
  for (const form of document.querySelectorAll("form[data-autosave]")) {
    const status = form.querySelector("[data-autosave-status]");
    const newer = form.querySelector("[data-autosave-newer]");
    let timer = 0, dirty = false, sending = false;
    const say = (text, kept) => {
      if (!status) return;
      status.textContent = text;
      status.className = kept ? "saved" : text && "saved failed";
    };
    const save = async () => {
      clearTimeout(timer);
      if (!dirty || sending) return;
      dirty = false;
      sending = true;
      const answers = new URLSearchParams();
      for (const [name, value] of new FormData(form)) if (typeof value === "string") answers.append(name, value);
      answers.set("form_key", crypto.randomUUID());
      try {
        const send = { method: "POST", body: answers, keepalive: document.hidden, redirect: "error" };
        const answer = await fetch(form.dataset.autosave || form.action, send);
        const late = newer && answer.status === 409;
        if (newer) newer.hidden = !late;
        if (!answer.ok && !late) throw 0;
        const time = new Date().toTimeString().slice(0, 5);
        const left = answer.headers.get("Not-Kept");
        const words = status?.dataset[left ? "except" : "saved"] ?? "";
        say(late ? "" : words.replace("{time}", time).replace("{number}", left), !late && !left);
      } catch {
        dirty = true;
        say(status?.dataset.failed, false);
      } finally {
        sending = false;
      }
    };
    const later = () => { dirty = true; clearTimeout(timer); timer = setTimeout(save, pause); };
    form.addEventListener("input", later);
    form.addEventListener("change", later);
    form.addEventListener("submit", () => { dirty = false; clearTimeout(timer); });
    document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
  }
})();
