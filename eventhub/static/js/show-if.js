// Live conditions: [data-show-if] holds {"question": name, "in": [values]}, {"all": […]} or {"any": […]}.
// What does not apply is hidden and disabled, so it is not sent; the server decides the same by itself.
(() => {
  const values = (form, name) => [...form.elements]
    .filter((input) => input.name === name && !input.disabled && (!/^(radio|checkbox)$/.test(input.type) || input.checked))
    .flatMap((input) => (input.multiple && input.options ? [...input.selectedOptions].map((o) => o.value) : [input.value]));
  const holds = (form, rule) => {
    if (rule.all) return rule.all.every((part) => holds(form, part));
    if (rule.any) return rule.any.some((part) => holds(form, part));
    const allowed = rule.in.map(String);
    return values(form, rule.question).some((value) => allowed.includes(value));
  };
  for (const form of document.forms) {
    const parts = [...form.querySelectorAll("[data-show-if]")].map((box) => ({
      box,
      rule: JSON.parse(box.dataset.showIf),
      inputs: [box, ...box.querySelectorAll("input, select, textarea, button")].filter((input) => "disabled" in input && !input.disabled),
    }));
    if (!parts.length) continue;
    const show = () => {
      // One answer may hide a question on which others hang: repeat until nothing moves.
      for (let round = 0, moved = true; moved && round <= parts.length; round += 1) {
        moved = false;
        for (const { box, rule, inputs } of parts) {
          const hide = !holds(form, rule);
          if (box.hidden === hide) continue;
          moved = true;
          box.hidden = hide;
          for (const input of inputs) input.disabled = input.closest("[data-show-if][hidden]") !== null;
        }
      }
    };
    form.addEventListener("input", show);
    form.addEventListener("change", show);
    show();
  }
})();
