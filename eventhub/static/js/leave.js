// Whoever signs out leaves nothing behind: the answer clears what this browser kept. Scans of a door that were not sent yet
// are no names and must not be lost: then this page forgets everything else first, and asks the answer to spare them.
(() => {
  const done = (asked) => new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = asked.onblocked = () => reject(asked.error);
    asked.onupgradeneeded = () => asked.transaction.abort();
  });
  const scansWait = async () => {
    let base;
    try {
      base = await done(indexedDB.open("check-in"));
    } catch {
      return false;
    }
    try {
      const work = base.transaction(["queue", "lists", "seen"], "readwrite");
      const waiting = await done(work.objectStore("queue").count());
      if (!waiting) return false;
      for (const name of ["lists", "seen"]) work.objectStore(name).clear();
      await new Promise((resolve, reject) => { work.oncomplete = resolve; work.onerror = work.onabort = reject; });
      return true;
    } finally {
      base.close();
    }
  };
  const forgetTheRest = () => Promise.allSettled([
    (async () => { for (const name of await caches.keys()) await caches.delete(name); })(),
    (async () => { for (const one of await navigator.serviceWorker.getRegistrations()) await one.unregister(); })(),
    (async () => { localStorage.clear(); sessionStorage.clear(); })(),
  ]);
  for (const form of document.querySelectorAll("form[data-leave]")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        if (await scansWait()) {
          await forgetTheRest();
          const keep = document.createElement("input");
          [keep.type, keep.name, keep.value] = ["hidden", "keep", "scans"];
          form.append(keep);
        }
      } catch { /* then the answer clears everything */ }
      form.submit();
    });
  }
})();
