// What is new appears by itself: an event stream that ends each time and comes back. Urgent cases go on top at once, the rest waits for a press.
"use strict";
(() => {
  const live = document.getElementById("live");
  if (!live || !window.EventSource) return;
  const words = live.dataset;
  const known = new Set(words.known.split(" ").filter(Boolean));
  const list = document.querySelector('[data-section="waiting"]');
  const fresh = document.getElementById("fresh");
  const lost = document.getElementById("lost");
  const title = document.title.replace(/^\(\d+\) /, "");
  const PATIENCE = 20000; // milliseconds without an answer until the page says that it may be old
  const ahead = Number(words.now) - Date.now(); // in training the clock of the service goes ahead
  let heardAt = Date.now();
  let waits = 0; // new cases that are not shown yet
  let touching = null;

  const filled = (template, value) => template.replace(/\{\w+\}/, value);
  const say = (where, sentence) => { document.getElementById(where).textContent = sentence; };

  // Nothing moves under a finger that is down.
  let lift;
  document.addEventListener("pointerdown", () => { touching = new Promise((done) => { lift = done; }); });
  for (const ended of ["pointerup", "pointercancel"]) document.addEventListener(ended, () => { if (lift) lift(); touching = null; });

  async function page(url) {
    const answer = await fetch(url, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new Error("signed out, or the desk is down");
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  async function showUrgent(numbers) {
    const board = await page(words.home);
    if (touching) await touching;
    const before = document.documentElement.scrollHeight;
    const isBelow = list.getBoundingClientRect().top < 0;
    for (const number of numbers.reverse()) {
      const card = board.querySelector(`[data-number="${number}"]`);
      if (!card || list.querySelector(`[data-number="${number}"]`)) continue;
      card.classList.add("fresh-one");
      list.prepend(document.adoptNode(card));
    }
    if (isBelow) window.scrollBy(0, document.documentElement.scrollHeight - before);
  }

  function offer(sentence) {
    fresh.hidden = false;
    fresh.firstElementChild.textContent = sentence;
  }

  function elsewhere(sentence) {
    const shown = document.getElementById("urgent-elsewhere");
    shown.hidden = false;
    shown.firstElementChild.textContent = sentence;
  }

  // Everything but what is being typed.
  async function showCase() {
    const one = await page(location.pathname);
    for (const part of ["facts", "row", "entries"]) {
      const [old, now] = [document.getElementById(part), one.getElementById(part)];
      if (old && now) old.replaceWith(document.adoptNode(now));
    }
    document.querySelector("#answering [name=seen]").value = one.querySelector("#answering [name=seen]").value;
    words.case = one.getElementById("live").dataset.case;
    fresh.hidden = true;
    document.querySelector("h1").focus();
  }

  async function showAll() {
    const board = await page(location.pathname === words.home ? location.href : words.home);
    document.getElementById("sections").replaceWith(document.adoptNode(board.getElementById("sections")));
    waits = 0;
    fresh.hidden = true;
    const first = document.querySelector("#sections h2");
    if (first) first.focus();
  }

  function gone() { lost.hidden = false; }

  function heard(told) {
    for (const [section, count] of Object.entries(told.counts)) {
      const shown = document.querySelector(`[data-count="${section}"]`);
      if (shown) shown.textContent = count;
    }
    document.title = told.counts.waiting ? `(${told.counts.waiting}) ${title}` : title;
    const unseen = told.named.filter(([number]) => !known.has(number));
    for (const [number] of unseen) known.add(number);
    const urgent = unseen.filter(([, label]) => label === "urgent").map(([number]) => number);
    if (urgent.length) {
      const sentence = urgent.length === 1 ? filled(words.urgentOne, urgent[0]) : filled(words.urgentMany, urgent.length);
      say("say-urgent", sentence);
      ring();
      if (list) showUrgent(urgent).catch(gone);
      else elsewhere(sentence);
    }
    if (told.case !== words.case) {
      offer(words.caseChanged);
      say("say", words.caseChanged);
    }
    if (!list) return;
    waits += unseen.length - urgent.length;
    if (unseen.length > urgent.length) {
      offer(filled(words.new, waits));
      say("say", filled(words.new, waits));
    } else if (!unseen.length && !waits) {
      offer(words.changed);
    }
  }

  function listen() {
    const source = new EventSource(words.live);
    source.onopen = () => { heardAt = Date.now(); lost.hidden = true; };
    source.addEventListener("board", (event) => heard(JSON.parse(event.data)));
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return;
      gone(); // refused: signed out, or the database is down; the stream itself does not ask again
      setTimeout(listen, PATIENCE / 2);
    };
  }
  setInterval(() => { if (Date.now() - heardAt > PATIENCE) gone(); }, 5000);
  fresh.firstElementChild.addEventListener("click", () => (list ? showAll() : showCase()).catch(gone));

  // Whoever leaves with an answer half written is asked first.
  const answer = document.getElementById("answering");
  if (answer) {
    let goes = false;
    answer.addEventListener("submit", () => { goes = true; });
    window.addEventListener("beforeunload", (event) => { if (!goes && answer.elements.words.value.trim()) event.preventDefault(); });
  }

  // Ages go on while the page lies open.
  function ages() {
    for (const shown of document.querySelectorAll("time[data-since]")) {
      const minutes = Math.max(0, Math.floor((Date.now() + ahead - shown.dataset.since * 1000) / 60000));
      if (minutes < 1) shown.textContent = words.ageNow;
      else if (minutes < 60) shown.textContent = filled(words.ageMinutes, minutes);
      else if (minutes < 48 * 60) shown.textContent = filled(words.ageHours, Math.floor(minutes / 60));
      else shown.textContent = filled(words.ageDays, Math.floor(minutes / 1440));
    }
  }
  setInterval(ages, 15000);

  // A sound only after somebody has asked for it. A browser may silence it after a reload; the button then says so.
  const button = document.getElementById("sound");
  let sound = null;
  function ring() {
    if (!sound || sound.state !== "running") return;
    for (const [tone, after] of [[880, 0], [660, 0.25], [880, 0.5]]) {
      const voice = sound.createOscillator();
      const volume = sound.createGain();
      voice.frequency.value = tone;
      volume.gain.value = 0.2;
      voice.connect(volume).connect(sound.destination);
      voice.start(sound.currentTime + after);
      voice.stop(sound.currentTime + after + 0.2);
    }
  }
  function told() {
    const on = Boolean(sound) && sound.state === "running";
    if (!button) return;
    button.setAttribute("aria-pressed", String(on));
    button.textContent = on ? button.dataset.on : button.dataset.off;
  }
  async function switchOn() {
    sound = sound || new AudioContext();
    sound.onstatechange = told;
    await sound.resume();
  }
  if (button && window.AudioContext) {
    button.hidden = false;
    if (sessionStorage.getItem("ring") === "on") switchOn();
    button.addEventListener("click", async () => {
      if (button.getAttribute("aria-pressed") === "true") {
        sessionStorage.removeItem("ring");
        await sound.suspend();
      } else {
        sessionStorage.setItem("ring", "on");
        await switchOn();
        ring();
      }
      told();
    });
    told();
  }
  listen();
})();
