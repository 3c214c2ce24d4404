// The messenger of the box: everything here is a call to /control of the same address.

import { asTime, ask, at, key, made, say, tell, trying, whenAsked, whenClicked, words } from "./messenger_base.js";

const POLL_MS = 1000;
const TOAST_MS = 8000;
const FILE_LIMIT = 50 * 1024 * 1024;
const PLAIN = new Set(["message_id", "from", "chat", "date", "edit_date", "reply_to_message", "revision", "from_bot", "update_id", "at", "is_edited", "file"]);

let accounts = [];
let account = null; // the one in hand
let bot = {};
let revision = 0; // of the chat as it is shown
let editing = null; // the id of the own words that are being changed
let usedKeys = 0; // the entry that brought keys which go away once one of them was pressed
const seen = new Map(); // account -> id of the last entry that was looked at
const drafts = new Map(); // account -> words not sent yet
const answered = new Set(); // pressed buttons whose answer was shown

// Which is in hand

const isInHand = () => document.body.dataset.inHand === "messenger";

function show() {
  at("messenger").hidden = !isInHand();
  at("chat-troubles").hidden = !isInHand();
  document.querySelector(".skip").setAttribute("href", isInHand() ? "#chat-body" : "#body");
  drawAccounts();
}

async function pickUp(id) {
  if (account) drafts.set(account.id, at("chat-body").value);
  account = accounts.find((one) => one.id === id);
  document.body.dataset.inHand = "messenger";
  revision = 0;
  at("chat").replaceChildren();
  tell("chat-said", "");
  tell("toast", "");
  stopEditing();
  at("chat-body").value = drafts.get(id) ?? "";
  await refreshChat();
  showNewest();
  if (matchMedia("(max-width: 60rem)").matches) at("messenger").scrollIntoView({ block: "start" });
}

function drawAccounts() {
  accounts.forEach((one, place) => {
    const button = at("accounts").children[place]?.firstChild ?? newAccountButton();
    const isShown = isInHand() && one.id === account?.id;
    button.dataset.id = one.id;
    button.children[0].textContent = one.label;
    button.children[1].textContent = one.is_blocked ? words.blocked_mark : one.phone;
    button.children[2].hidden = isShown || one.last_id <= (seen.get(one.id) ?? 0);
    if (isShown) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  });
}

function newAccountButton() {
  const button = key("", () => pickUp(Number(button.dataset.id)));
  button.append(made("span", "label"), made("span", "hint"), made("span", "unread", words.unread));
  const item = made("li");
  item.append(button);
  at("accounts").append(item);
  return button;
}

// The chat

async function refreshChat() {
  const id = account.id;
  const { fields } = await ask("GET", `accounts/${id}/messages?changed_after=${revision}`);
  if (id !== account.id) return; // another account was picked up meanwhile
  const isFirstLook = revision === 0; // what was answered before is not told again
  for (const { query_id: query } of isFirstLook ? fields.answers : []) answered.add(query);
  for (const post of fields.messages) {
    draw(post);
    revision = Math.max(revision, post.revision);
    seen.set(id, Math.max(seen.get(id) ?? 0, post.message_id));
  }
  const waiting = new Set(fields.waiting);
  for (const state of at("chat").querySelectorAll("[data-told]")) {
    state.textContent = waiting.has(Number(state.dataset.told)) ? words.waiting : words.taken;
  }
  at("chat").hidden = at("chat").children.length === 0;
  at("chat-empty").hidden = !at("chat").hidden;
  tell("chat-action", fields.action ? words.typing : "");
  fields.answers.forEach(showAnswer);
  drawKeys(fields.keyboard, fields.keyboard_from);
  drawCommands(fields.commands);
  drawAccount();
}

function drawAccount() {
  account = accounts.find((one) => one.id === account.id);
  tell("chat-who", account.label);
  tell("chat-with", `@${bot.username}`);
  tell("block", account.is_blocked ? words.unblock : words.block);
  tell("start", account.is_blocked ? words.restart : words.start);
  at("start").hidden = account.has_started && !account.is_blocked;
  at("own-card").hidden = !account.phone;
  for (const one of at("chat-composer").querySelectorAll("textarea, button, input")) one.disabled = account.is_blocked;
  if (account.is_blocked) tell("chat-said", words.is_blocked);
  else if (at("chat-said").textContent === words.is_blocked) tell("chat-said", "");
  show();
}

function draw(post) {
  const chat = at("chat");
  const id = `post-${post.message_id}`;
  const isAtEnd = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 80;
  const item = made("li", post.from_bot ? "theirs" : "mine");
  item.id = id;
  item.append(bubbleOf(post), ...buttonsOf(post), stateOf(post));
  const isHeld = at(id)?.contains(document.activeElement);
  if (at(id)) at(id).replaceWith(item);
  else chat.append(item);
  if (isHeld) chat.focus(); // whoever uses a keyboard stays in the chat
  if (isAtEnd) showNewest();
}

const showNewest = () => { at("chat").scrollTop = at("chat").scrollHeight; };

function bubbleOf(post) {
  const bubble = made("div", "bubble");
  bubble.append(made("span", "unseen", `${post.from_bot ? words.from_bot : words.from_account}: `));
  if (post.reply_to_message) bubble.append(made("span", "quote", textOf(post.reply_to_message)));
  if (post.photo) {
    const image = made("img");
    image.src = post.file.url;
    image.alt = words.photo_alt;
    image.onload = showNewest;
    bubble.append(image);
  }
  bubble.append(made("span", "words", post.photo ? post.caption ?? "" : textOf(post)));
  return bubble;
}

function textOf(post) {
  if (post.text) return post.text;
  if (post.sticker) return post.sticker.emoji ?? "";
  if (post.voice) return say("voice_note", { n: post.voice.duration });
  if (post.location) return say("location_at", post.location);
  if (post.contact) return say("contact_card", { name: post.contact.first_name, number: post.contact.phone_number });
  if (post.document ?? post.video ?? post.audio) return say("file", { name: (post.document ?? post.video ?? post.audio).file_name ?? post.file.content_type });
  return post.caption ?? (post.photo ? words.picture : say("other_kind", { kind: Object.keys(post).find((name) => !PLAIN.has(name)) ?? "" }));
}

function buttonsOf(post) {
  if (!post.reply_markup) return [];
  const box = made("div", "buttons");
  for (const row of post.reply_markup.inline_keyboard) {
    const line = made("div", "row");
    line.append(...row.map((one) => (one.callback_data
      ? key(one.text, (button) => press(post.message_id, one.callback_data, button))
      : made("span", "key hint", one.url ? say("link_not_opened", { url: `${one.text} ${one.url}` }) : one.text))));
    box.append(line);
  }
  return [box];
}

function stateOf(post) {
  const line = made("p", "state");
  line.append(made("span", "", asTime.format(new Date(post.at))));
  if (post.is_edited) line.append(made("span", "", words.edited));
  if (post.has_protected_content) line.append(made("span", "", words.protected));
  if (post.from_bot) return line;
  const told = made("span");
  if (post.update_id !== null) told.dataset.told = post.message_id;
  line.append(told);
  if (post.text) line.append(key(words.edit, () => beginEditing(post)));
  return line;
}

async function press(post, data, button) {
  button.classList.add("pressed");
  const { ok, fields } = await ask("POST", `accounts/${account.id}/press`, { message_id: post, data });
  if (!ok) tell("chat-said", say("failed", { why: fields.error }));
}

function showAnswer({ query_id: query, text, show_alert: isAlert, revision: its }) {
  revision = Math.max(revision, its);
  if (answered.has(query)) return;
  answered.add(query);
  for (const button of at("chat").querySelectorAll(".pressed")) button.classList.remove("pressed");
  if (!text) return;
  if (isAlert) {
    tell("alert-text", text);
    if (!at("alert").open) at("alert").showModal();
    return;
  }
  tell("toast", text);
  setTimeout(() => { if (at("toast").textContent === text) tell("toast", ""); }, TOAST_MS);
}

// Keys and commands that the bot offers

function drawKeys(keyboard, from) {
  const wanted = `${from} ${account.id}`;
  const box = at("chat-keys");
  const isHeld = box.contains(document.activeElement);
  box.hidden = !keyboard || usedKeys === from || account.is_blocked;
  if (isHeld && (box.hidden || box.dataset.drawn !== wanted)) at("chat-body").focus();
  if (box.dataset.drawn === wanted) return;
  box.dataset.drawn = wanted;
  box.replaceChildren(...(keyboard?.keyboard ?? []).map((row) => {
    const line = made("div", "row");
    line.append(...row.map((one) => key(one.text, () => {
      if (keyboard.one_time_keyboard) usedKeys = from;
      return send(one.request_contact ? { contact: "own" } : one.request_location ? place() : { text: one.text });
    })));
    return line;
  }));
  at("chat-body").placeholder = keyboard?.input_field_placeholder ?? words.placeholder;
}

function drawCommands(commands) {
  const wanted = JSON.stringify(commands);
  if (at("commands").dataset.drawn === wanted) return;
  at("commands").dataset.drawn = wanted;
  at("commands").replaceChildren(...commands.map(({ command, description }) => {
    const item = made("li");
    item.append(key(`/${command} ${description}`, () => send({ text: `/${command}` })));
    return item;
  }));
}

// Sending

async function send(fields) {
  const from = account.id;
  const { ok, fields: told } = await ask("POST", `accounts/${from}/send`, fields);
  tell("chat-said", ok ? "" : say("failed", { why: told.error }));
  if (account.id === from) await refresh();
  return ok;
}

async function sendWords() {
  const text = at("chat-body").value.trim();
  if (!text) return;
  const from = account.id;
  const fields = editing ? { edit: { message_id: editing, text } } : { text };
  at("chat-body").value = "";
  stopEditing();
  if (!(await send(fields)) && account.id === from) at("chat-body").value ||= text;
}

function beginEditing(post) {
  editing = post.message_id;
  at("chat-body").value = post.text;
  tell("editing-text", say("editing", { text: post.text }));
  at("editing").hidden = false;
  at("chat-body").focus();
}

function stopEditing() {
  if (editing) at("chat-body").value = "";
  editing = null;
  at("editing").hidden = true;
}

const place = () => ({ location: { latitude: Number(at("latitude").value), longitude: Number(at("longitude").value) } });

async function sendPhoto(blob, width, height) {
  if (blob.size > FILE_LIMIT) return tell("chat-said", words.too_big);
  const url = await new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsDataURL(blob);
  });
  const caption = at("chat-body").value.trim();
  const photo = { content_type: blob.type || "image/jpeg", bytes_base64: url.slice(url.indexOf(",") + 1), width, height };
  at("chat-body").value = "";
  return send({ photo, caption });
}

// A lift door that stands half open, drawn on the spot, so that a picture is at hand on any machine.
function samplePhoto() {
  const canvas = made("canvas");
  [canvas.width, canvas.height] = [480, 360];
  const pen = canvas.getContext("2d");
  const fill = (colour, ...box) => { pen.fillStyle = colour; pen.fillRect(...box); };
  fill("#d9d2c3", 0, 0, 480, 360);
  fill("#6f7780", 120, 40, 240, 300);
  fill("#2a2e33", 210, 40, 60, 300);
  fill("#98a1aa", 126, 46, 84, 288);
  fill("#98a1aa", 270, 46, 84, 288);
  fill("#b5452c", 390, 170, 26, 26);
  canvas.toBlob((blob) => trying(() => sendPhoto(blob, 480, 360)), "image/png");
}

async function sendFile() {
  const [file] = at("chat-file").files;
  if (!file) return;
  const size = await createImageBitmap(file).catch(() => ({ width: 0, height: 0 }));
  at("chat-file").value = "";
  await sendPhoto(file, size.width || 1280, size.height || 960);
}

async function deed(name, fields) {
  const { ok, fields: told } = await ask("POST", `accounts/${account.id}/${name}`, fields);
  tell("chat-said", ok ? "" : say("failed", { why: told.error }));
  await refresh();
}

// Troubles and accounts

function drawFaults({ faults, pending, webhook, is_polled: isPolled }) {
  const lines = faults.map((one) => {
    const whose = one.chat_id ? accounts.find((other) => other.id === one.chat_id)?.label ?? one.chat_id : words.everyone;
    return [words[one.kind], one.method || whose, one.left === null ? words.until_cleared : say("times_left", { n: one.left })].join(" · ");
  });
  if (pending && !webhook && !isPolled) lines.push(say("listening_not", { n: pending }));
  const wanted = lines.length ? lines : [words.no_troubles];
  const shown = [...at("chat-faults").children].map((item) => item.textContent);
  if (shown.join("\n") === wanted.join("\n")) return;
  at("chat-faults").replaceChildren(...wanted.map((line) => made("li", lines.length ? "in-force" : "hint", line)));
}

async function addFault() {
  const count = at("chat-trouble-count").value;
  const { fields } = await ask("POST", "messenger/faults", {
    kind: at("chat-trouble-kind").value,
    chat_id: at("chat-trouble-for").value ? account.id : null,
    count: count ? Number(count) : null,
    seconds: Number(at("chat-trouble-seconds").value) || 20,
  });
  drawFaults(fields);
}

async function addAccount() {
  const id = 710_000_000 + Math.floor(Math.random() * 1e8);
  const name = at("account-name").value;
  const { ok } = await ask("POST", "accounts", {
    id, first_name: name, label: name, phone: at("account-phone").value.replace(/[\s-]/g, ""), language_code: at("account-language").value,
  });
  tell("account-said", ok ? "" : words.add_failed);
  if (!ok) return;
  at("add-account").reset();
  at("add-account").parentElement.open = false;
  await refresh();
  await pickUp(id);
  at("chat-body").focus();
}

// Polling: one round after the other, never two at once.

async function refresh() {
  const { fields } = await ask("GET", "messenger");
  if (!accounts.length) for (const one of fields.accounts) seen.set(one.id, one.last_id);
  ({ accounts, bot } = fields);
  drawFaults(fields);
  if (isInHand()) await refreshChat();
  else show();
}

async function round() {
  try {
    await refresh();
    if (at("chat-said").textContent === words.lost) tell("chat-said", "");
  } catch {
    tell("chat-said", words.lost);
  }
  setTimeout(round, POLL_MS);
}

whenAsked("chat-composer", sendWords);
whenAsked("send-place", () => send(place()));
whenAsked("send-card", () => send({ contact: { first_name: at("card-name").value, phone_number: at("card-number").value } }));
whenAsked("follow-link", () => deed("start", { payload: at("payload").value }));
whenAsked("chat-trouble", addFault);
whenAsked("add-account", addAccount);
whenClicked("start", async () => {
  await deed("start");
  at("chat-body").focus();
});
whenClicked("block", () => deed(account.is_blocked ? "unblock" : "block"));
whenClicked("own-card", () => send({ contact: "own" }));
whenClicked("chat-sample", samplePhoto);
whenClicked("chat-voice", () => send({ voice: { duration: 4 } }));
whenClicked("cancel-edit", stopEditing);
whenClicked("chat-clear", async () => drawFaults((await ask("DELETE", "messenger/faults")).fields));
at("chat-file").addEventListener("change", () => trying(sendFile));
at("chat-body").addEventListener("keydown", (event) => {
  // While an input method is composing, Enter chooses the characters and must not send.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  at("chat-composer").requestSubmit();
});
at("chat-trouble-kind").addEventListener("change", () => {
  at("chat-trouble-time").hidden = !["timeout", "throttled"].includes(at("chat-trouble-kind").value);
});
at("chat-trouble-kind").dispatchEvent(new Event("change"));
new MutationObserver(show).observe(document.body, { attributeFilter: ["data-in-hand"] });
new ResizeObserver(showNewest).observe(at("chat")); // a keyboard that slides in must not hide the last words
round();
