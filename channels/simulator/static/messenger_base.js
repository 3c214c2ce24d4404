// What the messenger's script stands on: its words, its calls to /control, and the making of elements.

export const at = (id) => document.getElementById(id);
export const words = JSON.parse(at("messenger").dataset.words);
export const say = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
export const asTime = new Intl.DateTimeFormat(document.documentElement.lang, {
  timeZone: "Asia/Shanghai", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false,
});

export async function ask(method, path, fields) {
  const options = { method };
  if (method !== "GET") {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(fields ?? {});
  }
  const answer = await fetch(`/control/${path}`, options);
  return { status: answer.status, ok: answer.ok, fields: await answer.json() };
}

export function tell(id, sentence) {
  if (at(id).textContent !== sentence) at(id).textContent = sentence;
}

export function made(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}

// Whatever is tried, a box that does not answer is told in one place.
export const trying = (act) => Promise.resolve().then(act).catch(() => tell("chat-said", words.lost));

export function key(text, act, className = "") {
  const button = made("button", className, text);
  button.type = "button";
  button.addEventListener("click", () => trying(() => act(button)));
  return button;
}

export const whenClicked = (id, act) => at(id).addEventListener("click", () => trying(act));
export const whenAsked = (id, act) => at(id).addEventListener("submit", (event) => {
  event.preventDefault();
  trying(act);
});
