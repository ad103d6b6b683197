// The page of a door: scans with the camera or types, asks the server where it can, decides by the signed list where it
// cannot, and sends later what it decided. Without this script the form is sent and answered like any other.
const page = document.querySelector("[data-door]");
const door = JSON.parse(page.dataset.door);
const words = door.words;
const at = (name) => page.querySelector(name);
const [result, typed, listForm, button, stage] =
  ["#result", "[data-typed]", "[data-list]", "[data-camera]", ".camera"].map(at);
const PATIENCE = 2500, AT_ONCE = 50, MINUTE = 60_000;
let list = null, people = new Map(), connected = null, message = "";

// What must outlive the page: lists by event, scans not yet sent, and who is in as far as this phone knows.
const open = new Promise((resolve, reject) => {
  const asked = indexedDB.open("check-in", 1);
  asked.onupgradeneeded = () => ["lists", "queue", "seen"].forEach((name) => asked.result.createObjectStore(name));
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => reject(asked.error);
});
async function store(name, mode, work) {
  const transaction = (await open).transaction(name, mode);
  const asked = work(transaction.objectStore(name));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(asked && asked.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}
const read = (name, key) => store(name, "readonly", (rows) => rows.get(key));
const all = (name) => store(name, "readonly", (rows) => rows.getAll());
const write = (name, key, value) => store(name, "readwrite", (rows) => rows.put(value, key));
const remove = (name, key) => store(name, "readwrite", (rows) => rows.delete(key));

// A reference as people type it and codes hold it: registration/reference.py says the same.
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
function readReference(text) {
  const signs = text.replace(/[\s\u2010-\u2015_/.-]+/g, "").toUpperCase();
  if (!/^EH[A-Z0-9]+$/.test(signs) || signs.length > 60) return null;
  const code = signs.slice(2, -8);
  const tail = signs.slice(-8).replace(/O/g, "0").replace(/[IL]/g, "1");
  if (!code || [...tail].some((sign) => !ALPHABET.includes(sign))) return null;
  const sum = [...tail.slice(0, 6) + code].reduce((sum, sign, i) => sum + (i + 2) ** 2 * (sign.charCodeAt(0) - 32), 0) % 1021;
  if (tail.slice(6) !== ALPHABET[Math.floor(sum / 32)] + ALPHABET[sum % 32]) return null;
  return { code, reference: `EH-${code}-${tail.slice(0, 4)}-${tail.slice(4)}` };
}

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
async function digestOf(reference) {
  const raw = Uint8Array.from(list.known.key.match(/../g), (pair) => parseInt(pair, 16));
  const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return hex(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(reference))).slice(0, 24);
}

const clock = () => Date.now() + (list ? list.known.offset : 0);
const dayAt = (time) => new Intl.DateTimeFormat("en-CA", { timeZone: door.zone }).format(new Date(time));
const timeAt = (time) =>
  new Intl.DateTimeFormat("en-GB", { timeZone: door.zone, hour: "2-digit", minute: "2-digit" }).format(new Date(time));
const holds = () => Boolean(list && list.people && clock() < list.known.until);

async function takeUp(found) {
  list = found ? { ...found, known: JSON.parse(found.head) } : null;
  people = new Map();
  if (!list) return;
  if (!holds()) {
    // After midnight nobody stands on it any more; the head stays for scans that wait.
    if (list.people) await forgetPeople();
    return;
  }
  const sum = hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(list.people)));
  if (sum !== list.known.people) return forgetPeople();
  const body = JSON.parse(list.people);
  list.gates = body.gates;
  for (const [digest, name, category, gates] of body.people) people.set(digest, { name, category, gates });
}

async function forgetPeople() {
  people = new Map();
  if (list) list = { ...list, people: null, categories: {} };
  if (result.childElementCount) show({ kind: "" });
  await forgetNames(() => true);
  await store("seen", "readwrite", (rows) => rows.clear());
  tell();
}

// The names of all lists of this phone for which it is time, of other events too; their heads stay.
const forgetNames = (due) => store("lists", "readwrite", (rows) => {
  rows.openCursor().onsuccess = ({ target: { result: row } }) => {
    if (!row) return;
    if (row.value.people && due(JSON.parse(row.value.head))) row.update({ ...row.value, people: null, categories: {} });
    row.continue();
  };
});

// A list ends at its midnight, also on a page that nobody touches: a timer, and a look whenever the phone wakes, since
// timers sleep with it. Names that another page forgot (somebody signed out) are forgotten here too.
let bell = 0;
async function look() {
  clearTimeout(bell);
  if (list && list.people) {
    const left = list.known.until - clock();
    const kept = left > 0 && await read("lists", door.event);
    if (kept && kept.people) bell = setTimeout(look, Math.min(left + 50, MINUTE));
    else await forgetPeople();
  }
  await forgetNames((head) => Date.now() + head.offset >= head.until);
}

// A form as the page would send it, with a key of its own. Throws when there is no connection.
async function send(address, fields, patience) {
  const body = new URLSearchParams(new FormData(listForm));
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  body.set("form_key", crypto.randomUUID());
  let answer;
  try {
    answer = await fetch(address, { method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(patience) });
    // Of a fault of its own (500) the server speaks; others mean that nobody is there.
    if (answer.status > 500) throw new Error(answer.status);
  } catch (reason) {
    connected = false;
    throw reason;
  }
  connected = true;
  message = "";
  if (answer.ok) return answer.json();
  const refusal = new Error(answer.status);
  refusal.status = answer.status;
  if (answer.type === "opaqueredirect") await leave(words.signed_out);
  else if (answer.status === 404) await leave(words.taken, true);
  else if (answer.status === 422) refusal.problem = (await answer.json().catch(() => ({}))).problem;
  if (refusal.problem === "form" && !sessionStorage.getItem("again")) {
    // The page is older than the session: a new one has a new token.
    sessionStorage.setItem("again", "1");
    location.reload();
  }
  throw refusal;
}

async function leave(why, forever) {
  message = why;
  await forgetPeople();
  if (forever) (await navigator.serviceWorker?.getRegistration())?.active?.postMessage({ forget: true });
}

async function refreshList() {
  try {
    const given = await send(door.list, { device: list ? list.known.device : "", clock: Date.now() }, 20_000);
    sessionStorage.removeItem("again");
    await write("lists", door.event, given);
    await takeUp(given);
  } catch { /* what there is stays */ }
  await look();
  tell();
}

let flushing = false;
const asking = new Set();
async function flush() {
  if (flushing) return;
  flushing = true;
  try {
    const tried = new Set();
    for (;;) {
      const waiting = (await all("queue")).filter(
        ({ event, scan, aside }) => event === door.event && !aside && !asking.has(scan.nonce) && !tried.has(scan.nonce),
      );
      if (!waiting.length) break;
      const some = waiting.filter((one) => one.signature === waiting[0].signature).slice(0, AT_ONCE);
      await portion(some, tried);
    }
  } catch { /* later */ } finally {
    flushing = false;
    tell();
  }
}
// One portion. What is refused for good is looked for by halves and set aside: it stays on the phone and is told, and the
// others go on. A sign-in that is missing, a limit or a lost connection end the round; a fault of the server's own
// leaves the scans it belongs to for the next round.
async function portion(some, tried) {
  try {
    const told = await upload(some[0], some.map((one) => one.scan), 30_000);
    for (const { nonce } of told.results) await remove("queue", nonce);
    // The server knows no such gate any more.
    for (const one of some) if (told.gone.includes(one.scan.nonce)) await setAside(one, "gate");
    for (const one of some) tried.add(one.scan.nonce);
  } catch (reason) {
    const { status, problem } = reason;
    if (!status || problem === "form" || [401, 403, 404, 408, 425, 429].includes(status)) throw reason;
    if (some.length > 1 && problem !== "list") {
      const half = Math.ceil(some.length / 2);
      await portion(some.slice(0, half), tried);
      return portion(some.slice(half), tried);
    }
    for (const one of some) {
      tried.add(one.scan.nonce);
      if (status < 500) await setAside(one, problem || String(status));
    }
  }
}
const setAside = (one, aside) => write("queue", one.scan.nonce, { ...one, aside });

const upload = ({ head, signature }, scans, patience) =>
  send(door.scans, { head, signature, clock: Date.now(), scans: JSON.stringify(scans) }, patience);

// One badge: kept on the phone before anything else, then asked about, else decided here.
async function scan(text, source) {
  const known = readReference(text);
  const reason = !known ? "unreadable" : known.code !== door.code ? "other_event" : undefined;
  const nonce = crypto.randomUUID();
  const digest = reason ? undefined : await digestOf(known.reference);
  const { head, signature } = list;
  const kept = { event: door.event, head, signature };
  kept.scan = { nonce, gate: door.gate, source, at: Date.now(), digest, reason };
  const seen = `${door.event} ${door.gate} ${digest}`;
  const own = await decide(digest, reason, seen);
  const later = { ...kept };
  later.scan = { ...kept.scan, offline: true, shown: own.kind === "stop" ? "refused" : "accepted", reason: own.reason };
  asking.add(nonce);
  await write("queue", nonce, later);
  try {
    if (connected === false && !navigator.onLine) throw 0;
    const now = { ...kept.scan, digest: undefined, reference: reason ? undefined : known.reference };
    const told = (await upload(kept, [now], PATIENCE)).results[0];
    await remove("queue", nonce);
    if (told.verdict === "accepted" && digest) await noteSeen(seen);
    show(told);
  } catch {
    if (own.kind === "ok") await noteSeen(seen);
    show(own);
  } finally {
    asking.delete(nonce);
  }
  tell();
}
const noteSeen = async (seen) => (await read("seen", seen)) ?? write("seen", seen, clock());

async function decide(digest, reason, seen) {
  const stop = (why, one) => ({ kind: "stop", word: words.stop, detail: words.reasons[why], reason: why, ...one });
  if (reason) return stop(reason);
  if (!holds()) return stop("no_list");
  const person = people.get(digest);
  if (!person) return stop("unknown");
  const one = { name: person.name, category: list.categories[person.category] || "" };
  const place = list.gates.findIndex((gate) => gate.key === door.gate);
  const gate = list.gates[place];
  if (!gate || gate.closed || !gate.days.includes(dayAt(clock()))) return stop("closed", one);
  if (!person.gates.includes(place)) return stop("category", one);
  const since = await read("seen", seen);
  if (since) return { kind: "warn", word: words.already, detail: words.since.replace("{time}", timeAt(since)), ...one };
  return { kind: "ok", word: words.ok, detail: "", ...one };
}

function show({ kind, word, name, category, detail }) {
  result.className = `verdict ${kind}`;
  result.replaceChildren();
  const line = (text, look, element) => {
    if (!text) return;
    const paragraph = document.createElement("p");
    if (look) paragraph.className = look;
    const inner = element ? document.createElement(element) : paragraph;
    inner.textContent = text;
    if (element) paragraph.append(inner);
    result.append(paragraph);
  };
  line(word, "word");
  line(name, "who", "bdi");
  line(category);
  line(detail);
  result.scrollIntoView({ block: "nearest" });
}

async function tell() {
  const mine = (await all("queue")).filter((one) => one.event === door.event);
  const stuck = mine.filter((one) => one.aside).length, waiting = mine.length - stuck;
  at("[data-net]").textContent = message || (connected === null ? "" : connected ? words.online : words.offline);
  at("[data-waiting]").textContent = waiting ? words.waiting.replace("{number}", waiting) : words.sent;
  at("[data-listed]").textContent = holds() ? words.list.replace("{number}", people.size) : words.no_list;
  at("[data-aside]").hidden = !stuck;
  at("[data-aside-words]").textContent = stuck ? words.aside.replace("{number}", stuck) : "";
  page.dataset.state = `${connected ? "online" : "offline"} ${holds() ? "listed" : "empty"} ${waiting}`;
}

// The camera: the browser's own reader where it has one, else ours.
let stream = null;
async function reader() {
  const has = "BarcodeDetector" in window && (await BarcodeDetector.getSupportedFormats()).includes("qr_code");
  if (has) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (canvas) => (await detector.detect(canvas))[0]?.rawValue ?? null;
  }
  const { readQr } = await import(page.dataset.decoder);
  return async (canvas, pen) => readQr(pen.getImageData(0, 0, canvas.width, canvas.height));
}
async function film() {
  const video = stage.querySelector("video");
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.srcObject = stream;
    await video.play();
  } catch {
    at("[data-net]").textContent = words.no_camera;
    return unfilm();
  }
  stage.hidden = false;
  button.textContent = words.stop_camera;
  const look = await reader(), canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  let last = "", until = 0;
  while (stream) {
    if (video.videoWidth) {
      const scale = Math.min(1, 720 / video.videoWidth);
      canvas.width = video.videoWidth * scale;
      canvas.height = video.videoHeight * scale;
      pen.drawImage(video, 0, 0, canvas.width, canvas.height);
      const text = await look(canvas, pen);
      // A badge held before the camera is one scan; shown again later it is another.
      if (text && (text !== last || performance.now() > until)) await scan(text, "camera");
      if (text) [last, until] = [text, performance.now() + 3000];
    }
    await new Promise((resolve) => setTimeout(resolve, 120));
  }
}
function unfilm() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  stage.hidden = true;
  button.textContent = words.scan;
}

async function stayWithoutNetwork() {
  if (!navigator.serviceWorker) return;
  const makeUrl = { createScriptURL: (address) => (address === door.worker ? address : "") };
  const policy = window.trustedTypes?.createPolicy("check-in", makeUrl) ?? makeUrl;
  await navigator.serviceWorker.register(policy.createScriptURL(door.worker));
  const ready = await navigator.serviceWorker.ready;
  const assets = [...document.querySelectorAll("link[href], script[src]")].map((one) => one.href || one.src);
  ready.active.postMessage({ keep: [...door.keep, ...assets, page.dataset.decoder] });
}

typed.addEventListener("submit", async (event) => {
  if (!list) return;
  event.preventDefault();
  const field = typed.elements.reference;
  if (!field.value.trim()) return;
  const text = field.value;
  field.value = "";
  await scan(text, "typed");
  field.focus();
});
button.addEventListener("click", () => (stream ? unfilm() : film()));
// Once more, and as a file: times, gates, keyed digests and why, no names.
at("[data-again]").addEventListener("click", async () => {
  for (const { aside, ...one } of await all("queue")) if (aside && one.event === door.event) await write("queue", one.scan.nonce, one);
  await flush();
});
at("[data-save]").addEventListener("click", async () => {
  const kept = (await all("queue")).filter((one) => one.aside && one.event === door.event);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(kept, null, 1)], { type: "application/json" }));
  link.download = `scans-${new Date().toISOString().slice(0, 10)}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), MINUTE);
});
for (const name of ["focus", "pageshow", "resume"]) addEventListener(name, look);
for (const name of ["visibilitychange", "resume"]) document.addEventListener(name, look);
addEventListener("online", () => refreshList().then(flush));
addEventListener("offline", () => { connected = false; tell(); });
addEventListener("pagehide", unfilm);
setInterval(flush, MINUTE / 4);
setInterval(refreshList, 10 * MINUTE);
setInterval(look, MINUTE / 2);

await takeUp(await read("lists", door.event));
if (navigator.mediaDevices) button.hidden = false;
look();
tell();
await refreshList();
flush();
stayWithoutNetwork().catch(() => {});
