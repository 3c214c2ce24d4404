// The phones of the training carrier: everything here is a call to /control of the same address.
"use strict";

const POLL_MS = 1000;
const MMS_LIMIT = 5 * 1024 * 1024;
const words = JSON.parse(document.body.dataset.words);
const language = document.documentElement.lang;
const at = (id) => document.getElementById(id);
const say = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const day = { timeZone: "Asia/Shanghai", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false };
const asTime = new Intl.DateTimeFormat(language, day);
const asFullTime = new Intl.DateTimeFormat(language, { ...day, year: "numeric", weekday: "long" });

let phone = null; // the one in hand
let phones = [];
let revision = 0; // of the talk as it is shown
let picture = null; // { name, content_type, bytes_base64 }
const seen = new Map(); // number -> id of the last text that was looked at
const drafts = new Map(); // number -> words not sent yet

async function ask(method, path, fields) {
  const options = { method };
  if (method !== "GET") {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(fields ?? {});
  }
  const answer = await fetch(`/control/${path}`, options);
  return { status: answer.status, ok: answer.ok, fields: await answer.json() };
}

function tell(id, sentence, isWell = false) {
  const place = at(id);
  if (place.textContent !== sentence) place.textContent = sentence;
  place.classList.toggle("well", isWell);
}

function made(tag, className, text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}

// While an account of the messenger is in hand, no phone is.
const isPutDown = () => document.body.dataset.inHand === "messenger";

// The row of phones

function drawPhones() {
  const list = at("phones");
  phones.forEach((one, place) => {
    const button = list.children[place]?.firstChild ?? newPhoneButton(list);
    button.onclick = () => pickUp(one.number);
    button.children[0].textContent = one.label;
    button.children[1].textContent = words[one.kind];
    const isShown = one.number === phone?.number && !isPutDown();
    button.children[2].hidden = isShown || one.last_id <= (seen.get(one.number) ?? 0);
    if (isShown) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  });
}

function newPhoneButton(list) {
  const button = made("button", "");
  button.type = "button";
  button.append(made("span", "label"), made("span", "hint"), made("span", "unread", words.unread));
  const item = made("li", "");
  item.append(button);
  list.append(item);
  return button;
}

function pickUp(number) {
  if (phone) drafts.set(phone.number, at("body").value);
  document.body.dataset.inHand = "phone";
  phone = phones.find((one) => one.number === number);
  revision = 0;
  at("talk").replaceChildren();
  at("who").textContent = phone.label;
  at("who-number").textContent = phone.number;
  const isLandline = phone.kind === "landline";
  for (const key of at("composer").querySelectorAll("textarea, button, input")) key.disabled = isLandline;
  at("body").value = drafts.get(number) ?? "";
  detach();
  tell("said", isLandline ? words.no_texts_landline : "");
  drawPhones();
  return refreshTalk();
}

// The talk

async function refreshTalk() {
  const number = phone.number;
  const { fields } = await ask("GET", `phones/${encodeURIComponent(number)}/texts?changed_after=${revision}`);
  if (number !== phone.number) return; // another phone was picked up meanwhile
  at("talk").hidden = false;
  for (const text of fields.texts) {
    drawText(text);
    revision = Math.max(revision, text.revision);
    seen.set(number, Math.max(seen.get(number) ?? 0, text.id));
  }
  at("talk").hidden = at("talk").children.length === 0;
  at("empty").hidden = !at("talk").hidden || phone.kind === "landline";
}

function drawText(text) {
  const talk = at("talk");
  const id = `text-${text.id}`;
  const isAtEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 80;
  let item = at(id);
  if (!item) {
    item = made("li", "");
    item.id = id;
    item.append(newBubble(text), made("p", "state"));
    talk.append(item);
  }
  item.className = [text.direction === "inbound" ? "mine" : "theirs", text.direction, isFailed(text) ? "failed" : ""].join(" ").trim();
  item.querySelector(".state").textContent = stateOf(text);
  if (isAtEnd) showNewest();
}

function showNewest() {
  at("talk").scrollTop = at("talk").scrollHeight;
}

function newBubble(text) {
  const bubble = made("div", "bubble");
  const whose = { inbound: words.from_phone, carrier: words.from_carrier }[text.direction] ?? words.from_service;
  bubble.append(made("span", "unseen", `${whose}: `));
  for (const media of text.media) {
    if (!media.url.startsWith("/")) { // the service's picture lies elsewhere, and nothing is fetched from there
      bubble.append(made("span", "hint", `${words.picture}: ${media.url}\n`));
      continue;
    }
    const image = made("img", "");
    image.src = media.url;
    image.alt = words.picture_alt;
    image.onload = showNewest;
    bubble.append(image);
  }
  bubble.append(made("span", "words", text.body));
  return bubble;
}

const isTaken = (text) => text.hook_status >= 200 && text.hook_status < 300 && !text.error_code;
const isWaiting = (text) => text.hook_status === null && text.error_code === null;
const isFailed = (text) => (text.direction === "inbound" ? !isWaiting(text) && !isTaken(text) : !text.arrived);

function stateOf(text) {
  const parts = [asTime.format(new Date(text.at)), say("segments", { n: text.segments })];
  if (text.direction === "carrier") parts[1] = words.from_carrier;
  else if (text.direction !== "inbound") parts.push(text.arrived ? words.delivered : say("undelivered", { code: text.error_code }));
  else if (isWaiting(text)) parts.push(words.handing_over);
  else parts.push(isTaken(text) ? words.handed_over : say("not_taken", { code: text.hook_status ?? words.no_answer }));
  return parts.join(" · ");
}

async function send() {
  const body = at("body").value.trim();
  if (!phone || phone.kind === "landline" || (!body && !picture)) return;
  const from = phone.number;
  const media = picture ? [{ content_type: picture.content_type, bytes_base64: picture.bytes_base64 }] : [];
  at("body").value = "";
  detach();
  tell("said", "");
  const answer = await ask("POST", "texts", { from, body, media });
  if (answer.status === 409) tell("said", words.cannot_send);
  else if (!answer.ok) tell("said", answer.fields.error);
  if (!answer.ok && phone.number === from) at("body").value ||= body;
  if (phone.number === from) await refreshTalk();
}

// Pictures

async function attach(blob, name) {
  if (blob.size > MMS_LIMIT) return tell("said", words.picture_too_big);
  const url = await new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsDataURL(blob);
  });
  picture = { name, content_type: blob.type || "application/octet-stream", bytes_base64: url.slice(url.indexOf(",") + 1) };
  at("attached-name").textContent = say("picture_ready", { name });
  at("attached").hidden = false;
  at("body").focus();
}

function detach() {
  picture = null;
  at("file").value = "";
  at("attached").hidden = true;
}

// A wet wall, drawn on the spot, so that a picture is at hand on any machine.
function samplePicture() {
  const canvas = made("canvas", "");
  [canvas.width, canvas.height] = [480, 320];
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#cfc7b8";
  pen.fillRect(0, 0, 480, 320);
  pen.strokeStyle = "#b3a993";
  for (let y = 0; y <= 320; y += 40) for (let x = (y / 40) % 2 ? -40 : 0; x < 480; x += 80) pen.strokeRect(x, y, 80, 40);
  pen.fillStyle = "rgba(46, 84, 107, 0.55)";
  pen.beginPath();
  pen.ellipse(260, 90, 130, 70, 0.3, 0, 2 * Math.PI);
  pen.fill();
  for (const x of [190, 240, 300, 340]) pen.fillRect(x, 120, 9, 80 + (x % 90));
  canvas.toBlob((blob) => attach(blob, words.sample_picture), "image/png");
}

// Troubles and the clock

function drawFaults({ faults, held }) {
  const lines = faults.map((one) => {
    const kind = words[one.kind === "landline" ? "landline_refused" : one.kind];
    const whose = one.number ? phones.find((other) => other.number === one.number)?.label ?? one.number : words.everyone;
    return [kind, whose, one.left === null ? words.until_cleared : say("times_left", { n: one.left })].join(" · ");
  });
  const list = at("faults");
  const shown = [...list.children].map((item) => item.textContent);
  const wanted = lines.length ? lines : [words.no_troubles];
  if (shown.join("\n") !== wanted.join("\n")) list.replaceChildren(...wanted.map((line) => made("li", lines.length ? "in-force" : "hint", line)));
  at("release").hidden = held === 0;
  at("release").textContent = say("release", { n: held });
}

async function addFault() {
  const count = at("trouble-count").value;
  const { fields } = await ask("POST", "faults", {
    kind: at("trouble-kind").value,
    number: at("trouble-for").value && phone.number,
    count: count ? Number(count) : null,
    seconds: Number(at("trouble-seconds").value) || 20,
  });
  drawFaults(fields);
}

async function moveClock(seconds) {
  const { fields } = await ask("POST", "clock", { seconds });
  drawClock(fields);
  const code = fields.hook_status ?? words.no_answer;
  tell("clock-said", fields.accepted ? words.clock_moved : say("clock_refused", { code }), fields.accepted);
}

function drawClock({ now }) {
  at("now").dateTime = now;
  at("now").textContent = asFullTime.format(new Date(now));
}

async function addPhone() {
  const number = at("add-number").value.replace(/[\s-]/g, "");
  const { ok } = await ask("POST", "phones", { number, label: at("add-label").value, kind: at("add-kind").value });
  tell("add-said", ok ? "" : words.add_failed);
  if (!ok) return;
  at("add-label").value = "";
  at("add-number").value = freshNumber();
  at("add").parentElement.open = false;
  await refreshOverview();
  await pickUp(number);
  at("body").focus();
}

const freshNumber = () => `+999139${String(Math.floor(Math.random() * 1e8)).padStart(8, "0")}`;

async function refreshOverview() {
  const { fields } = await ask("GET", "overview");
  const isFirst = phones.length === 0;
  phones = fields.phones;
  if (isFirst) for (const one of phones) seen.set(one.number, one.last_id);
  drawPhones();
  drawFaults(fields);
  drawClock(fields.clock);
}

// Polling: one round after the other, never two at once.

async function round() {
  try {
    await refreshOverview();
    if (phone && !isPutDown()) await refreshTalk();
    else if (!isPutDown() && phones.length) await pickUp(phones[0].number);
    if (at("said").textContent === words.lost) tell("said", "");
  } catch {
    tell("said", words.lost);
  }
  setTimeout(round, POLL_MS);
}

const whenAsked = (id, act) => at(id).addEventListener("submit", (event) => {
  event.preventDefault();
  act().catch(() => tell("said", words.lost));
});

whenAsked("composer", send);
whenAsked("trouble", addFault);
whenAsked("add", addPhone);
at("body").addEventListener("keydown", (event) => {
  // While an input method is composing, Enter chooses the characters and must not send.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  at("composer").requestSubmit();
});
at("file").addEventListener("change", () => at("file").files[0] && attach(at("file").files[0], at("file").files[0].name));
at("sample").addEventListener("click", samplePicture);
at("detach").addEventListener("click", detach);
at("clear").addEventListener("click", async () => drawFaults((await ask("DELETE", "faults")).fields));
at("release").addEventListener("click", async () => { await ask("POST", "release"); await refreshOverview(); });
at("trouble-kind").addEventListener("change", () => {
  at("trouble-time").hidden = !["timeout", "throttled"].includes(at("trouble-kind").value);
});
at("trouble-kind").dispatchEvent(new Event("change"));
for (const button of document.querySelectorAll("[data-seconds]")) {
  button.addEventListener("click", () => moveClock(Number(button.dataset.seconds)).catch(() => tell("said", words.lost)));
}
new MutationObserver(drawPhones).observe(document.body, { attributeFilter: ["data-in-hand"] });
new ResizeObserver(showNewest).observe(at("talk")); // a keyboard that slides in must not hide the last text
at("add-number").value = freshNumber();
round();
