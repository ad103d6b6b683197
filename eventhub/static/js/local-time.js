// Adds the reader's own time beside <time datetime="2026-11-26T10:00+01:00" data-local="{when} ({offset})">.
// The pattern holds {when}, {place}, {offset}; data-until ends a range. Silent where the clocks agree.
(() => {
  const lang = document.documentElement.lang || "en";
  const two = (number) => String(number).padStart(2, "0");
  const clock = (date) => `${two(date.getHours())}:${two(date.getMinutes())}`;
  const minutes = (iso) => {
    const [, sign, hours, rest] = /([+-])(\d\d):?(\d\d)$/.exec(iso) || ["", "+", 0, 0];
    return (sign === "-" ? -1 : 1) * (60 * hours + Number(rest));
  };
  const named = (options, date) => new Intl.DateTimeFormat(`${lang}-u-nu-latn`, options).formatToParts(date);
  for (const time of document.querySelectorAll("time[data-local]")) {
    const start = new Date(time.dateTime);
    const own = -start.getTimezoneOffset();
    if (Number.isNaN(own) || own === minutes(time.dateTime)) continue;
    const { local, until } = time.dataset;
    const sameDay = start.toLocaleDateString("sv") === time.dateTime.slice(0, 10);
    const day = sameDay ? "" : `${named({ weekday: "long" }, start)[0].value} `;
    const rest = Math.abs(own) % 60;
    const parts = {
      when: `${day}${clock(start)}${until ? `–${clock(new Date(until))}` : ""}`,
      place: named({ timeZoneName: "longGeneric" }, start).find((part) => part.type === "timeZoneName").value,
      offset: `UTC${own < 0 ? "-" : "+"}${Math.floor(Math.abs(own) / 60)}${rest ? `:${two(rest)}` : ""}`,
    };
    const note = document.createElement("span");
    note.className = "local";
    for (const [index, text] of local.split(/\{(\w+)\}/).entries()) {
      const piece = document.createElement(index % 2 ? "bdi" : "span");
      if (text === "offset") piece.dir = "ltr";
      piece.textContent = index % 2 ? parts[text] ?? "" : text;
      note.append(piece);
    }
    time.after(note);
  }
})();
