// Small pieces of DOM.

export const byID = (id) => document.getElementById(id);

/** An element with attributes and children; text children are text, never markup. */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A lamp's tone and its word. */
export function setState(node, tone, word) {
  node.dataset.tone = tone;
  setText(node.lastElementChild, word);
}

/** A sentence of the platform as a person writes it. */
export const asSentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

export function showSentence(node, sentence) {
  setText(node, sentence ? asSentence(sentence) : "");
  node.hidden = !sentence;
}

/** A button that acts at the second press, so that no device is let go by a slip. */
export function twice(button, question, act) {
  const word = button.textContent;
  let timer = 0;
  const rest = () => {
    clearTimeout(timer);
    timer = 0;
    setText(button, word);
    button.classList.remove("is-asking");
  };
  button.addEventListener("click", () => {
    if (timer) {
      rest();
      act();
    } else {
      setText(button, question);
      button.classList.add("is-asking");
      timer = setTimeout(rest, 4000);
    }
  });
  button.addEventListener("blur", rest);
}

/** Makes a select offer exactly these values, or say that there are none yet; keeps its choice where that is possible. */
export function offer(select, values, label = (value) => value, preferred = null) {
  select.disabled = values.length === 0;
  const offered = values.length > 0 ? values : [""];
  const present = [...select.options].map((option) => option.value);
  if (present.length === offered.length && present.every((value, index) => value === offered[index])) return;
  const chosen = select.value;
  select.replaceChildren(...offered.map((value) => element("option", { value }, values.length > 0 ? label(value) : "none yet")));
  if (values.includes(chosen)) select.value = chosen;
  else if (preferred !== null && values.includes(preferred)) select.value = preferred;
}

/** A number for a person: 1 234, 12.3 k, 4.5 M. */
export function compact(value) {
  const size = Math.abs(value);
  if (size >= 1e6) return `${(value / 1e6).toFixed(1)} M`;
  if (size >= 1e4) return `${(value / 1e3).toFixed(1)} k`;
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toString();
  return value.toFixed(1);
}

/** A count in full, its digits in groups of three. */
export const grouped = (value) => Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, "\u202f");

export function bytes(value) {
  if (value >= 1 << 30) return `${(value / (1 << 30)).toFixed(1)} GiB`;
  if (value >= 1 << 20) return `${(value / (1 << 20)).toFixed(1)} MiB`;
  if (value >= 1 << 10) return `${(value / (1 << 10)).toFixed(0)} KiB`;
  return `${value} B`;
}

/** How long ago, in one unit. */
export function age(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
