/* Makes the pages live; every page works without it.

   An element with data-live="plant alert" is read again when one of these events comes: from data-live-url, or else from
   the page itself. With data-live-by="id" only what is on the page is asked for, as ?id=…&id=…; with data-live-id the
   event has to name that id. Every [data-swap] of the answer takes the place of the element with its id. */
"use strict";

const KINDS = ["plant", "device", "alert", "care_plan", "reset"];
const EVERY_MS = 60000; /* what nobody tells: silence grows old, plants come and go */
const GATHER_MS = 40;
const REST_MS = 2000; /* a whole page is read again at most that often, however fast its sensors report */
const RETRY_MS = [5000, 60000]; /* a refused stream: first and longest pause before the next attempt */
const PATIENCE_MS = 3000; /* a connection that comes back within this was never lost */

document.documentElement.classList.add("js");

/* A form that was refused answered under its own address; the page that it stood on has another. */
if (document.documentElement.dataset.address) history.replaceState(null, "", document.documentElement.dataset.address);

/* The server writes times in the zone of the browser once it knows it. */
try {
  const zone = encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone || "");
  if (zone && !document.cookie.includes("plantops_zone=" + zone)) {
    document.cookie = "plantops_zone=" + zone + "; path=/; max-age=31536000; samesite=lax";
  }
} catch { /* the house's zone then */ }

/* The first press changes what is seen, also where the system is dark. */
if (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches) {
  document.querySelector(".themes button")?.setAttribute("value", "light");
}

/* Before something is done that asks first. */
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.ask;
  if (question && !window.confirm(question)) event.preventDefault();
});

/* Pressed twice, done once. Scripts that carry a form out themselves have prevented the event by then. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  else setTimeout(() => { if (!event.defaultPrevented) form.dataset.sent = "yes"; });
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

/* --- reading again ------------------------------------------------------------------------------- */

const waiting = new Map(); /* address -> ids, or null for all of it */
const underWay = new Set();
const readAt = new Map(); /* address -> when it was asked for */

function changed(kind, ids) {
  for (const place of document.querySelectorAll("[data-live]")) {
    const told = kind === "reset" || place.dataset.live.split(" ").includes(kind);
    if (!told) continue;
    if (place.dataset.liveId && kind !== "reset" && !ids.includes(place.dataset.liveId)) continue;
    const url = place.dataset.liveUrl || location.href.split("#")[0];
    if (place.dataset.liveBy !== "id") {
      ask(url, null);
    } else if (kind === "reset") {
      ask(location.href.split("#")[0], null);
    } else {
      const here = ids.filter((id) => place.querySelector("#" + CSS.escape(id)));
      if (here.length) ask(url, here);
    }
  }
}

function ask(url, ids) {
  if (!waiting.size) setTimeout(readAll, GATHER_MS);
  const before = waiting.get(url);
  waiting.set(url, ids === null || before === null ? null : new Set([...(before || []), ...ids]));
}

function readAll() {
  const asked = [...waiting];
  waiting.clear();
  for (const [url, ids] of asked) {
    const rested = ids !== null || performance.now() - (readAt.get(url) ?? -REST_MS) >= REST_MS;
    if (underWay.has(url) || !rested) ask(url, ids);
    else void read(url, ids);
  }
}

async function read(url, ids) {
  underWay.add(url);
  readAt.set(url, performance.now());
  try {
    const query = ids === null ? "" : "?" + [...ids].map((id) => "id=" + encodeURIComponent(id)).join("&");
    const answer = await fetch(url + query, { headers: { "X-Live": "1" } });
    if (answer.redirected && new URL(answer.url).pathname === "/login") location.reload();
    else if (answer.ok) swap(await answer.text());
  } catch {
    /* The server is away; a stream that does not notice, as after a sleep, is opened anew, and the banner tells. */
    if (stream) { hangUp(); listen(); }
  } finally {
    underWay.delete(url);
  }
}

function swap(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  for (const part of fresh.querySelectorAll("[data-swap]")) {
    const old = document.getElementById(part.id);
    if (!old || part.parentElement?.closest("[data-swap]") || busy(old)) continue;
    for (const fold of old.querySelectorAll("details[id][open]")) {
      part.querySelector("#" + CSS.escape(fold.id))?.setAttribute("open", "");
    }
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    old.replaceWith(part);
    window.htmx?.process(part);
    if (focused) again(part, focused)?.focus({ preventScroll: true });
  }
  tellAges();
}

/* Somebody is typing or choosing there, or has yet to correct what was refused. */
function busy(element) {
  if (element.querySelector("#refused")) return true;
  const active = document.activeElement;
  return element.contains(active) && active.matches("input, select, textarea");
}

function again(part, focused) {
  if (focused.id) return part.querySelector("#" + CSS.escape(focused.id));
  const address = focused.getAttribute("href");
  return address ? part.querySelector('a[href="' + CSS.escape(address) + '"]') : null;
}

/* --- the stream ---------------------------------------------------------------------------------- */

let stream = null;
let lostTimer = 0;
let pause = RETRY_MS[0];

function listen() {
  if (stream || document.hidden || !document.querySelector("[data-live]")) return;
  stream = new EventSource("/api/stream");
  for (const kind of KINDS) {
    stream.addEventListener(kind, (event) => changed(kind, JSON.parse(event.data || "{}").ids || []));
  }
  stream.addEventListener("open", () => connection(true));
  stream.addEventListener("error", () => {
    connection(false);
    if (stream && stream.readyState === EventSource.CLOSED) {
      hangUp(); /* refused: the session is over, or the server is busy */
      setTimeout(() => {
        if (document.hidden) return;
        listen();
        changed("reset", []);
      }, pause);
      pause = Math.min(pause * 2, RETRY_MS[1]);
    }
  });
}

function hangUp() {
  document.documentElement.classList.remove("live");
  stream?.close();
  stream = null;
}

function connection(there) {
  const banner = document.getElementById("link");
  document.documentElement.classList.toggle("live", there);
  if (there) {
    settle();
    pause = RETRY_MS[0];
    if (document.documentElement.classList.contains("lost")) changed("reset", []);
    document.documentElement.classList.remove("lost");
    if (banner) banner.hidden = true;
  } else {
    /* Each failed attempt says so anew; patience counts from the first. */
    lostTimer ||= setTimeout(() => {
      document.documentElement.classList.add("lost");
      if (banner) banner.hidden = false;
    }, PATIENCE_MS);
  }
}

function settle() {
  clearTimeout(lostTimer);
  lostTimer = 0;
}

/* A hidden page holds no connection: browsers allow six, and a seventh open tab would wait for ever. */
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    hangUp();
    settle();
  } else {
    listen();
    changed("reset", []);
  }
});
window.addEventListener("pagehide", hangUp);
window.addEventListener("pageshow", listen);

/* --- ages ---------------------------------------------------------------------------------------- */

function ageWords(seconds) {
  if (seconds < 60) return "just now";
  if (seconds < 3600) return Math.floor(seconds / 60) + " min ago";
  if (seconds < 172800) return Math.floor(seconds / 3600) + " h ago";
  return Math.floor(seconds / 86400) + " d ago";
}

function tellAges() {
  for (const moment of document.querySelectorAll("time[data-ago]")) {
    const words = ageWords((Date.now() - Date.parse(moment.dateTime)) / 1000);
    if (moment.textContent !== words) moment.textContent = words;
  }
}

setInterval(() => {
  if (!document.hidden) tellAges();
}, 15000);
setInterval(() => {
  if (!document.hidden && stream) changed("reset", []);
}, EVERY_MS);

/* --- charts: what was measured where the pointer is ------------------------------------------------ */

document.addEventListener("pointermove", (event) => {
  const chart = event.target.closest?.("[data-points]");
  for (const shown of document.querySelectorAll(".chart.pointed")) {
    if (shown !== chart) leave(shown);
  }
  if (chart) point(chart, event.clientX);
});

function leave(chart) {
  chart.classList.remove("pointed");
  const readout = chart.querySelector(".readout");
  if (readout) readout.textContent = readout.dataset.usual;
}

function told(chart, [place, mean, low, high]) {
  const { start, end, unit, zone } = chart.dataset;
  const at = new Date(Number(start) + (place / 1000) * (Number(end) - Number(start)));
  const how = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  let when;
  try { when = at.toLocaleString("en-GB", { ...how, timeZone: zone }); } catch { when = at.toLocaleString("en-GB", how); }
  const digits = Math.abs(mean) < 10 ? 1 : 0;
  const show = (value) => value.toFixed(Number.isInteger(value) ? 0 : digits || (unit === "°C" ? 1 : 0));
  return when + ": " + show(mean) + " " + unit + (low === undefined ? "" : " (" + show(low) + "–" + show(high) + ")");
}

function point(chart, clientX) {
  const plot = chart.querySelector("svg").getBoundingClientRect();
  const at = ((clientX - plot.left) / plot.width) * 1000;
  chart.points ||= JSON.parse(chart.dataset.points);
  let nearest = null;
  for (const known of chart.points) {
    if (!nearest || Math.abs(known[0] - at) < Math.abs(nearest[0] - at)) nearest = known;
  }
  const readout = chart.querySelector(".readout");
  const line = chart.querySelector(".pointer");
  if (!nearest || !readout || !line) return;
  readout.dataset.usual ??= readout.textContent;
  readout.textContent = told(chart, nearest);
  for (const end of ["x1", "x2"]) line.setAttribute(end, nearest[0] / 10 + "%");
  chart.classList.add("pointed");
}

listen();
