// Adds the reader's own time beside <time datetime="2026-11-26T10:00+01:00" data-local="{when} ({offset})">.
// The pattern may hold {when}, {place} and {offset}; data-until is the end of a range. Silent where the clocks agree.
(() => {
  const lang = document.documentElement.lang || "en";
  const words = (options, date) => new Intl.DateTimeFormat(`${lang}-u-nu-latn`, options).format(date);
  const clock = (date) => [date.getHours(), date.getMinutes()].map((n) => String(n).padStart(2, "0")).join(":");
  const minutes = (zone) => {
    const [, sign, hours, rest] = /([+-])(\d\d):?(\d\d)$/.exec(zone) || ["", "+", 0, 0];
    return (sign === "-" ? -1 : 1) * (60 * hours + Number(rest));
  };
  for (const time of document.querySelectorAll("time[data-local]")) {
    const start = new Date(time.dateTime);
    const own = -start.getTimezoneOffset();
    if (Number.isNaN(own) || own === minutes(time.dateTime)) continue;
    const hours = Math.floor(Math.abs(own) / 60);
    const rest = Math.abs(own) % 60;
    const offset = `UTC${own < 0 ? "−" : "+"}${hours}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
    const until = time.dataset.until ? `–${clock(new Date(time.dataset.until))}` : "";
    const here = start.toLocaleDateString("sv");
    const day = here === time.dateTime.slice(0, 10) ? "" : `${words({ weekday: "long" }, start)} `;
    const parts = { when: `${day}${clock(start)}${until}`, offset };
    if (time.dataset.local.includes("{place}")) {
      const named = new Intl.DateTimeFormat(lang, { timeZoneName: "longGeneric" }).formatToParts(start);
      parts.place = named.find((part) => part.type === "timeZoneName").value;
    }
    const own_time = document.createElement("span");
    own_time.className = "local";
    for (const piece of time.dataset.local.split(/\{(\w+)\}/).entries()) {
      const [index, text] = piece;
      if (index % 2 === 0) { own_time.append(text); continue; }
      const bdi = document.createElement("bdi");
      if (text === "offset") bdi.dir = "ltr";
      bdi.textContent = parts[text] ?? "";
      own_time.append(bdi);
    }
    time.after(own_time);
  }
})();
