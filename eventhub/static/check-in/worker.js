// The service worker of the doors of one event: their pages open without a network. It keeps the pages and files it is
// told to, no answer of anybody's scan, and forgets them when the role was taken or the session ended.
const CACHE = `check-in ${self.registration.scope}`;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => {
  if (event.data.keep) event.waitUntil(keep(event.data.keep));
  if (event.data.forget) event.waitUntil(forget().then(() => self.registration.unregister()));
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname } = new URL(request.url);
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(open(request));
  else if (pathname.startsWith("/assets/")) event.respondWith(caches.match(pathname).then((kept) => kept || fetch(request)));
});

async function keep(addresses) {
  const cache = await caches.open(CACHE);
  const wanted = new Set(addresses.map((address) => new URL(address, self.location.origin).pathname));
  for (const path of wanted) {
    const answer = await fetch(path, { redirect: "manual" });
    if (answer.ok) await cache.put(path, answer);
  }
  for (const old of await cache.keys()) if (!wanted.has(new URL(old.url).pathname)) await cache.delete(old);
}

async function open(request) {
  const kept = await caches.match(new URL(request.url).pathname);
  let answer;
  try {
    answer = await fetch(request);
  } catch (gone) {
    if (kept) return kept;
    throw gone;
  }
  if (answer.status >= 500 && kept) return kept;
  if (answer.status === 404 || answer.type === "opaqueredirect") await forget();
  return answer;
}

// The pages and the names; scans that wait have no names and stay.
async function forget() {
  await caches.delete(CACHE);
  await new Promise((resolve) => {
    const asked = indexedDB.open("check-in");
    asked.onerror = resolve;
    asked.onupgradeneeded = () => asked.transaction.abort();
    asked.onsuccess = () => {
      const base = asked.result, work = base.transaction(["lists", "seen"], "readwrite");
      work.objectStore("seen").clear();
      const lists = work.objectStore("lists");
      lists.openCursor().onsuccess = ({ target: { result: row } }) => {
        if (!row) return;
        row.update({ ...row.value, people: null, categories: {} });
        row.continue();
      };
      work.oncomplete = () => { base.close(); resolve(); };
    };
  });
}
