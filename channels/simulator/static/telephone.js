// The telephone of the phone in hand: everything here is a call to /control/calls of the same address.
"use strict";

{ // names of its own beside those of phones.js
const calls = new Map(); // sid -> the call as last seen
let callRevision = 0;
let drawn = { sid: "", heard: 0 }; // what the list of words shows

const isCurrent = (call) => call.state !== "ended";
const callsOf = (number) => [...calls.values()].filter((call) => call.phone === number).sort((one, other) => other.id - one.id);
const inHand = () => (isPutDown() ? null : phone);
const callInHand = () => {
  const mine = inHand() ? callsOf(phone.number) : [];
  return mine.find(isCurrent) ?? mine[0] ?? null;
};
const nameOf = (number) => {
  const label = phones.find((one) => one.number === number)?.label;
  return label ?? (number === document.body.dataset.number ? `${words.who_service} ${number}` : number);
};

async function refreshCalls() {
  const { fields } = await ask("GET", `calls?changed_after=${callRevision}`);
  for (const call of fields.calls) take(call);
  drawTelephone();
}

function take(call) {
  if ((calls.get(call.sid)?.revision ?? 0) > call.revision) return; // an answer that was overtaken
  calls.set(call.sid, call);
  callRevision = Math.max(callRevision, call.revision);
}

// What is shown

function drawTelephone() {
  const call = callInHand();
  const state = call?.state ?? "ended";
  const isListening = ["gathering", "recording", "bridged"].includes(state);
  const isRinging = state === "ringing";
  show("incoming", isRinging);
  show("speech", isListening);
  show("keypad", isListening);
  show("in-call", Boolean(call) && isCurrent(call) && !isRinging);
  show("silence", ["gathering", "recording", "saying", "dialling"].includes(state));
  show("ring", state === "ended");
  at("silence").textContent = state === "dialling" ? words.wait_on : words.stay_silent;
  at("speech-label").textContent = state === "recording" ? words.say_recorded : words.say_label;
  at("ring").textContent = call ? words.ring_again : words.ring;
  at("telephone").classList.toggle("is-ringing", isRinging);
  write("call-state", stateOfCall(call));
  drawHeard(call);
  drawWarnings(call);
  drawRinging();
}

function show(id, isShown) {
  const element = at(id);
  if (element.hidden !== isShown) return;
  const held = !isShown && element.contains(document.activeElement);
  element.hidden = !isShown;
  if (held) at("telephone").focus(); // whoever uses a keyboard stays where they were
}

function write(id, sentence) {
  if (at(id).textContent !== sentence) at(id).textContent = sentence;
}

function stateOfCall(call) {
  if (!call) return words.no_call;
  const wait = call.waiting ?? {};
  const who = (wait.legs ?? []).map((leg) => nameOf(leg.phone)).join("、");
  switch (call.state) {
    case "ended": return words[`ended_${call.status}`] ?? words.ended_completed;
    case "connecting": return words.connecting;
    case "ringing": return say("rings_here", { from: nameOf(call.from) });
    case "gathering": return say(wait.takes_speech ? (wait.takes_digits ? "listens_both" : "listens_speech") : "listens_keys", { n: wait.timeout });
    case "recording": return words.records;
    case "dialling": return say("dials", { who });
    case "bridged": return say("is_bridged", { who: call.direction === "outbound-dial" ? nameOf(call.from) : who });
    default: return words.is_saying;
  }
}

function drawHeard(call) {
  const list = at("heard");
  if (drawn.sid !== (call?.sid ?? "")) {
    list.replaceChildren();
    drawn = { sid: call?.sid ?? "", heard: 0 };
  }
  const heard = call?.heard ?? [];
  const last = list.lastElementChild;
  if (last && drawn.heard) last.lastElementChild.textContent = textOf(heard[drawn.heard - 1]); // keys are added to those before
  for (const entry of heard.slice(drawn.heard)) list.append(newEntry(entry));
  if (heard.length > drawn.heard) list.scrollTop = list.scrollHeight;
  drawn.heard = heard.length;
  list.hidden = heard.length === 0;
}

function newEntry(entry) {
  const item = made("li", `${entry.who} ${entry.what}`);
  const spoken = made("p", "spoken", textOf(entry));
  if (entry.language) spoken.lang = entry.language;
  item.append(made("span", "who-speaks", words[`who_${entry.who}`]), spoken);
  return item;
}

function textOf(entry) {
  if (["say", "speech"].includes(entry.what)) return entry.words;
  const n = entry.what === "dial" ? entry.words.split(", ").map(nameOf).join("、") : entry.words;
  return say(`heard_${entry.what}`, { n });
}

function drawWarnings(call) {
  const lines = (call?.warnings ?? []).map((one) => say("call_warning", { code: one.code }));
  const list = at("call-warnings");
  if (list.children.length !== lines.length || drawn.warned !== call?.sid) list.replaceChildren(...lines.map((line) => made("li", "", line)));
  drawn.warned = call?.sid;
  list.hidden = lines.length === 0;
}

// Phones that ring while another one is in hand; the buttons stay, so that a click is never lost to a redraw.
function drawRinging() {
  const numbers = [...new Set([...calls.values()].filter((call) => call.state === "ringing").map((call) => call.phone))];
  const wanted = numbers.filter((number) => number !== inHand()?.number && phones.some((one) => one.number === number));
  const strip = at("ringing");
  for (const button of [...strip.children]) if (!wanted.includes(button.dataset.number)) button.remove();
  for (const number of wanted) {
    if ([...strip.children].some((button) => button.dataset.number === number)) continue;
    const button = made("button", "", say("rings_elsewhere", { label: nameOf(number) }));
    button.type = "button";
    button.dataset.number = number;
    button.onclick = () => { pickUp(number); drawTelephone(); at("telephone").scrollIntoView(); at("telephone").focus(); };
    strip.append(button);
  }
}

// What is done

async function act(path, fields) {
  const answer = await ask("POST", path, fields);
  if (answer.ok) take(answer.fields);
  await refreshCalls();
  if (answer.ok && !at("speech").hidden && path.endsWith("/speak")) at("speech-words").focus();
}

const tried = (work) => work.catch(() => tell("said", words.lost));
const doing = (deed, fields = {}) => {
  const call = callInHand();
  return call && isCurrent(call) ? tried(act(`calls/${call.sid}/${deed}`, fields)) : Promise.resolve();
};

function speak() {
  const spoken = at("speech-words").value.trim();
  if (!spoken) return;
  at("speech-words").value = "";
  doing("speak", { words: spoken });
}

function hangUp() {
  const spoken = at("speech-words").value.trim();
  at("speech-words").value = "";
  // Words that stand in the box while it records were said before the receiver went down.
  if (callInHand()?.state === "recording" && spoken) doing("record", { words: spoken, key: "hangup" });
  else doing("hangup");
}

at("ring").addEventListener("click", () => inHand() && tried(act("calls", { from: phone.number })));
at("hang-up").addEventListener("click", hangUp);
at("speech").addEventListener("submit", (event) => { event.preventDefault(); speak(); });
at("speech-words").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  at("speech").requestSubmit();
});
for (const button of document.querySelectorAll("#telephone [data-deed]")) button.addEventListener("click", () => doing(button.dataset.deed));
for (const button of document.querySelectorAll("#keypad [data-key]")) button.addEventListener("click", () => doing("press", { digits: button.dataset.key }));
at("telephone").addEventListener("keydown", (event) => {
  const isTyping = event.target.id === "speech-words" || event.ctrlKey || event.metaKey || event.altKey;
  if (isTyping || at("keypad").hidden || !/^[0-9*#]$/.test(event.key)) return;
  event.preventDefault();
  doing("press", { digits: event.key });
});
at("phones").addEventListener("click", drawTelephone);

async function callRound() {
  try {
    await refreshCalls();
  } catch {
    // The round of phones.js says that the carrier does not answer.
  }
  setTimeout(callRound, POLL_MS);
}
callRound();
}
