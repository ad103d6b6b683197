// Live conditions (conditions.py says their form) in [data-show-if]. What does not apply is hidden and disabled, so it
// is not sent; the server decides by itself.
(() => {
  const comma = /^(fr|ru|es)/.test(document.documentElement.lang) ? "." : "";
  const order = { at_least: (a, b) => a >= b, at_most: (a, b) => a <= b, more_than: (a, b) => a > b, less_than: (a, b) => a < b };
  const number = (text) => Number(text.replace(/[٠-٩]/g, (d) => d.charCodeAt(0) & 15).replace(/\s/g, "").replace(/,/g, comma));
  const values = (form, name) => [...form.elements]
    .filter((i) => i.name === name && !i.disabled && (!/^(radio|checkbox)$/.test(i.type) || i.checked))
    .flatMap((i) => (i.multiple && i.options ? [...i.selectedOptions].map((o) => o.value) : [i.value]))
    .filter((value) => value.trim());
  const holds = (form, rule) => {
    if (rule.all) return rule.all.every((part) => holds(form, part));
    if (rule.any) return rule.any.some((part) => holds(form, part));
    if (rule.not) return !holds(form, rule.not);
    const how = Object.keys(order).find((name) => name in rule);
    const limit = rule[how];
    return values(form, rule.question).some((value) => {
      if (how) return order[how](typeof limit === "number" ? number(value) : value, limit);
      return !rule.in || rule.in.map(String).includes(value);
    });
  };
  for (const form of document.forms) {
    const parts = [...form.querySelectorAll("[data-show-if]")].map((box) => ({
      box,
      rule: JSON.parse(box.dataset.showIf),
      inputs: [box, ...box.querySelectorAll("*")].filter((i) => "disabled" in i && !i.disabled),
    }));
    // Conditions only ask what comes before, so one round in page order is enough.
    const show = () => {
      for (const { box, rule, inputs } of parts) {
        box.hidden = !holds(form, rule);
        for (const i of inputs) i.disabled = !!i.closest("[data-show-if][hidden]");
      }
    };
    form.addEventListener("input", show);
    form.addEventListener("change", show);
    show();
  }
})();
