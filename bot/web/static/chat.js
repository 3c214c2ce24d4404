"use strict";
// The page works without this. With it nothing is loaded anew: words are sent in their order, kept until they have arrived, and what is
// new is asked for again and again by the browser's own event stream.

const page = document.body;
const told = page.dataset;
const byId = (id) => document.getElementById(id);
const log = byId("log"), newest = byId("newest"), form = byId("say"), text = byId("text"), photo = byId("photo");
const KEPT = "anlin-unsent";
const LARGEST_SIDE = 1600; // pixels
const PATIENCE = 60000; // milliseconds for one post, a photo on a slow line included
const AWAY = 5000; // milliseconds until we are asked again after the stream broke off

let hasBegun = told.begun === "yes";
let lastSeen = Number(told.after) || 0;
let stream = null;
let knocking = 0;
let line = Promise.resolve(); // posts leave one after the other: the first brings the cookie that the others need
const late = new Map(); // what has not arrived, by its id

page.classList.add("scripted");

// What is shown

function isAtEnd() {
  return log.scrollHeight - log.scrollTop - log.clientHeight < 120;
}

function toEnd() {
  newest.scrollIntoView({ block: "end" });
  log.scrollTop = log.scrollHeight;
}

function say(place, words) {
  place.hidden = !words;
  if (place.textContent !== words) place.textContent = words;
}

function paragraph(words, className) {
  const made = document.createElement("p");
  made.textContent = words;
  if (className) made.className = className;
  return made;
}

function showOwn(words, picture) {
  const shown = document.createElement("article");
  shown.className = "said theirs";
  shown.append(paragraph(told.you, "who"));
  for (const each of words.split("\n").filter(Boolean)) shown.append(paragraph(each));
  if (picture) {
    const image = document.createElement("img");
    image.alt = told.photo;
    image.src = URL.createObjectURL(picture);
    shown.append(image);
  }
  newest.before(shown);
  toEnd();
  return shown;
}

function showOurs(event) {
  const said = JSON.parse(event.data);
  lastSeen = Math.max(lastSeen, said.id);
  if (byId("d" + said.id)) return;
  const wasAtEnd = isAtEnd();
  const made = document.createElement("template");
  made.innerHTML = said.shown; // made by our own server, every word in it escaped
  newest.before(made.content);
  if (wasAtEnd) toEnd();
}

// What is new

function listen() {
  if (!hasBegun || document.hidden || (stream && stream.readyState !== EventSource.CLOSED)) return;
  clearTimeout(knocking);
  stream = new EventSource("/chat/events?after=" + lastSeen);
  stream.onopen = () => say(byId("state"), navigator.onLine ? "" : told.offline);
  stream.onmessage = showOurs;
  const own = stream;
  stream.onerror = () => {
    if (own !== stream || own.readyState !== EventSource.CLOSED) return; // it ended as it should, and the browser asks again
    say(byId("state"), navigator.onLine ? told.away : told.offline);
    knocking = setTimeout(listen, AWAY);
  };
}

function listenNow() {
  if (stream) stream.close();
  stream = null;
  listen();
}

// What nobody looks at is not fetched: it goes to the person's other address, or waits here.
document.addEventListener("visibilitychange", () => (document.hidden ? stream && stream.close() : listenNow()));

// What is sent

function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function keep() {
  const words = [...late.values()].filter((one) => one.fields.text && !one.picture).map((one) => one.fields);
  try {
    if (words.length) sessionStorage.setItem(KEPT, JSON.stringify(words));
    else sessionStorage.removeItem(KEPT);
  } catch {
    // a browser that keeps nothing: the words still stand on the page
  }
}

function send(one) {
  late.set(one.fields.id, one);
  keep();
  mark(one, told.sending);
  line = line.then(() => post(one));
}

async function post(one) {
  if (!late.has(one.fields.id)) return;
  const body = new FormData();
  for (const [name, value] of Object.entries(one.fields)) body.append(name, value);
  const token = form.elements.token;
  if (token) body.set("token", token.value);
  if (one.picture) body.append("photo", one.picture, one.picture.name || "photo.jpg");
  let answer = null;
  try {
    answer = await fetch("/chat/say", { method: "POST", body, headers: { Accept: "application/json" }, signal: within(PATIENCE) });
  } catch {
    // no line, or nobody there
  }
  const note = answer ? await noteOf(answer) : "";
  say(byId("note"), note);
  if (answer && (answer.ok || answer.status === 413)) arrived(one, answer.ok);
  else mark(one, "", true);
}

function within(milliseconds) {
  return AbortSignal.timeout ? AbortSignal.timeout(milliseconds) : undefined;
}

async function noteOf(answer) {
  try {
    return (await answer.json()).note || "";
  } catch {
    return "";
  }
}

function arrived(one, wasTaken) {
  late.delete(one.fields.id);
  keep();
  mark(one, "");
  if (!wasTaken) return;
  hasBegun = true;
  if (!navigator.cookieEnabled) say(byId("note"), told.forgets);
  listenNow();
}

function mark(one, words, isLate = false) {
  one.shown.querySelectorAll(".state").forEach((old) => old.remove());
  one.shown.classList.toggle("late", isLate);
  if (words) {
    const state = paragraph(words, "state");
    state.setAttribute("aria-hidden", "true"); // a screen reader is told what failed, not what is under way
    one.shown.append(state);
  }
  if (!isLate) return;
  const again = document.createElement("button");
  again.type = "button";
  again.className = "state";
  again.textContent = told.again;
  again.onclick = () => {
    send(one);
    text.focus();
  };
  one.shown.append(again);
  if (!navigator.onLine) say(byId("state"), told.offline);
  again.scrollIntoView({ block: "nearest" });
}

function begin(fields, shown, picture = null) {
  send({ fields: { id: newId(), ...fields }, shown: showOwn(shown, picture), picture });
}

addEventListener("online", () => {
  say(byId("state"), "");
  [...late.values()].forEach(send);
  listenNow();
});
addEventListener("offline", () => say(byId("state"), told.offline));

// Words

function sendWords() {
  const words = text.value.trim();
  const picture = chosen;
  if (!words && !picture) return text.focus();
  begin({ text: words }, words, picture);
  text.value = "";
  choose(null);
  text.focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  sendWords();
});
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
    event.preventDefault();
    sendWords();
  }
});

// Keys of the menu, and choices beneath a question

document.addEventListener("submit", (event) => {
  const key = event.submitter;
  if (!key || !["key", "pick"].includes(key.name)) return;
  event.preventDefault();
  if (key.name === "key") {
    const typed = key.value === "sos" ? text.value.trim() : "";
    if (typed) text.value = "";
    begin({ key: key.value, text: typed }, [key.textContent.trim(), typed].filter(Boolean).join(" "));
  } else if (key.getAttribute("aria-disabled") !== "true") {
    key.form.querySelectorAll("button").forEach((other) => other.setAttribute("aria-disabled", "true"));
    begin({ pick: key.value }, key.textContent.trim());
  }
  if (!matchMedia("(pointer: coarse)").matches) text.focus(); // on a phone that would bring the keyboard up over the next question
});

// A photo

let chosen = null;

function choose(picture) {
  chosen = picture;
  if (!picture) photo.value = "";
  say(byId("chosen"), picture ? picture.name : "");
}

photo.addEventListener("change", async () => {
  const file = photo.files[0];
  if (!file) return choose(null);
  const smaller = await shrunk(file);
  if (smaller.size > Number(told.limit)) {
    choose(null);
    say(byId("note"), told.large);
    return;
  }
  say(byId("note"), "");
  choose(smaller);
  text.focus();
});

async function shrunk(file) {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LARGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return made ? new File([made], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" }) : file;
  } catch {
    return file; // a kind that this browser cannot draw goes as it is
  }
}

// A place, which is asked for only when the key is pressed

const locate = byId("locate");
locate.hidden = false;
locate.addEventListener("click", () => {
  if (!navigator.geolocation) return say(byId("note"), told.refused);
  say(byId("state"), told.locating);
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      say(byId("state"), "");
      say(byId("note"), "");
      begin({ latitude: coords.latitude.toFixed(6), longitude: coords.longitude.toFixed(6) }, told.place);
    },
    () => {
      say(byId("state"), "");
      say(byId("note"), told.refused);
      text.focus();
    },
    { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
  );
});

// What had not been sent when the page was loaded anew

function restore() {
  let words = [];
  try {
    words = JSON.parse(sessionStorage.getItem(KEPT) || "[]");
  } catch {
    return;
  }
  for (const fields of words) send({ fields, shown: showOwn(fields.text, null), picture: null });
}

if (new URLSearchParams(location.search).has("ended")) {
  try {
    sessionStorage.removeItem(KEPT);
  } catch {
    // nothing was kept
  }
}
restore();
toEnd();
listen();
