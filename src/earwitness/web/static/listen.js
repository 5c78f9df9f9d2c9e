// Listening: the plots, what is marked on them, the sound of a recording and of a passage's twin.

import { clock, isTyping, post, refresh, say, word } from "./common.js";
import { Plot, fit } from "./plot.js";

const $ = (id) => document.getElementById(id);
const player = $("player");
const sound = $("sound");
const twinSound = $("twin-sound");
const found = JSON.parse($("found").textContent);
const style = getComputedStyle(document.documentElement);
const colours = ["#e0a100", "#5aa9e6", "#d1495b", "#5fb49c", "#9b72cf", "#c0803e"];
const LANE_PIXELS = 18;
const methods = [...new Set(found.places.map((place) => place.method))];

const view = { start: 0, end: 1, loop: false, selection: null, twin: null, hearsTwin: false };
let isAsked = false;
const plot = new Plot(player.dataset.here, $("wave"), $("spectrogram"), redraw);
let twinPlot = null;

start();

async function start() {
  try {
    const facts = await plot.open((fraction) => {
      $("waiting").querySelector("progress").value = fraction;
    }, found.facts);
    $("waiting").hidden = true;
    $("whole").textContent = `/ ${clock(facts.duration_s)}`;
    $("position").max = facts.duration_s;
    sound.src = `${player.dataset.here}/sound.wav`;
    view.end = facts.duration_s;
    fromAddress();
    $("twin").hidden = !found.twins.some((twin) => twin.is_exhibit);
    player.dataset.ready = "yes";
    redraw();
  } catch (error) {
    $("waiting").hidden = true;
    $("trouble").textContent = error.message;
    $("trouble").hidden = false;
  }
}

// #t=12.3,14 in the address: a place that another page points to.
function fromAddress() {
  const asked = location.hash.match(/^#t=([\d.]+),([\d.]+)$/);
  if (asked) choose(Number(asked[1]), Number(asked[2]), false);
}
addEventListener("hashchange", fromAddress);

function redraw() {
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(() => {
    isAsked = false;
    draw();
  });
}

function draw() {
  if (!plot.facts) return;
  const ink = style.getPropertyValue("--sound").trim();
  const isWhole = plot.draw(view.start, view.end, ink);
  if (twinPlot && view.twin) twinPlot.draw(view.start, view.end, ink);
  for (const canvas of [$("wave"), $("spectrogram"), ...(view.twin ? [$("twin-wave"), $("twin-spectrogram")] : [])]) {
    overlay(canvas);
  }
  drawLanes();
  if (isWhole) player.dataset.drawn = "yes";
  $("now").textContent = clock(sound.currentTime);
  $("position").value = sound.currentTime;
}

function overlay(canvas) {
  const { context, width, height, ratio } = fit(canvas);
  const x = (second) => ((second - view.start) / (view.end - view.start)) * width;
  if (view.selection) {
    context.fillStyle = "rgba(240, 184, 74, .28)";
    context.fillRect(x(view.selection[0]), 0, Math.max(1, x(view.selection[1]) - x(view.selection[0])), height);
  }
  context.fillStyle = "#e8590c";
  context.fillRect(x(sound.currentTime) - ratio / 2, 0, 1.5 * ratio, height);
}

function lanesOf() {
  return [...methods.map((method, index) => ({
    name: method,
    colour: colours[index % colours.length],
    places: found.places.filter((place) => place.method === method),
  })), { name: "marks", colour: "#e8590c", places: found.marks }];
}

function drawLanes() {
  const lanes = lanesOf();
  $("lanes").style.blockSize = `${LANE_PIXELS * lanes.length}px`; // each lane's name can be read
  const { context, width, height, ratio } = fit($("lanes"));
  const tall = height / lanes.length;
  context.clearRect(0, 0, width, height);
  context.font = `${12 * ratio}px system-ui`;
  context.lineWidth = 4 * ratio;
  context.lineJoin = "round";
  context.strokeStyle = style.getPropertyValue("--wash");
  lanes.forEach((lane, index) => {
    context.fillStyle = lane.colour;
    for (const place of lane.places) {
      const from = ((place.start_s - view.start) / (view.end - view.start)) * width;
      const to = ((place.end_s - view.start) / (view.end - view.start)) * width;
      if (to >= -2 && from <= width) context.fillRect(from, index * tall + 1, Math.max(2 * ratio, to - from), tall - 2);
    }
    context.fillStyle = style.getPropertyValue("--ink");
    context.strokeText(lane.name, 4 * ratio, (index + 0.72) * tall);
    context.fillText(lane.name, 4 * ratio, (index + 0.72) * tall);
  });
}

// ------------------------------------------------------------------ moving about

function look(start, end) {
  const whole = plot.facts.duration_s;
  const span = Math.min(whole, Math.max(0.02, end - start));
  view.start = Math.max(0, Math.min(whole - span, start));
  view.end = view.start + span;
  redraw();
}

function zoom(by, around = sound.currentTime) {
  const inside = around >= view.start && around <= view.end ? around : (view.start + view.end) / 2;
  const share = (inside - view.start) / (view.end - view.start);
  const span = (view.end - view.start) * by;
  look(inside - share * span, inside + (1 - share) * span);
}

function seek(second) {
  const at = Math.max(0, Math.min(plot.facts.duration_s, second));
  sound.currentTime = at;
  if (view.twin) twinSound.currentTime = there(at);
  if (at < view.start || at > view.end) look(at - (view.end - view.start) / 4, at + (3 * (view.end - view.start)) / 4);
  redraw();
}

function choose(start, end, plays = true) {
  view.selection = [start, Math.max(end, start)];
  const span = Math.max(2, (end - start) * 3);
  if (start < view.start || end > view.end || view.end - view.start > 20 * span) {
    look((start + end) / 2 - span / 2, (start + end) / 2 + span / 2);
  }
  seek(start);
  if (plays) play();
}

function nextPlace(direction) {
  const starts = [...found.places, ...found.marks].map((place) => [place.start_s, place.end_s]);
  starts.sort((one, other) => one[0] - other[0]);
  const now = view.selection ? view.selection[0] : sound.currentTime;
  const beyond = direction > 0
    ? starts.find((place) => place[0] > now + 0.001)
    : starts.reverse().find((place) => place[0] < now - 0.001);
  if (beyond) choose(...beyond, !sound.paused);
}

// ------------------------------------------------------------------ playing

async function play() {
  try {
    if (view.twin) {
      twinSound.currentTime = there(sound.currentTime);
      twinSound.playbackRate = view.twin.speed;
      hear();
      await Promise.all([sound.play(), twinSound.play()]);
    } else {
      await sound.play();
    }
  } catch (error) {
    if (error.name !== "AbortError") say(error.message);
  }
}

function pause() {
  sound.pause();
  twinSound.pause();
}

function toggle() {
  if (sound.paused) play();
  else pause();
}

function follow() {
  if (sound.paused) return;
  const now = sound.currentTime;
  if (view.loop && view.selection && view.selection[1] > view.selection[0] && now >= view.selection[1]) seek(view.selection[0]);
  if (now > view.end) look(now, now + view.end - view.start);
  if (view.twin && !twinSound.seeking && Math.abs(twinSound.currentTime - there(now)) > 0.04) twinSound.currentTime = there(now);
  showLive(now);
  redraw();
  requestAnimationFrame(follow);
}

function showLive(now) {
  for (const button of document.querySelectorAll("#segments .place")) {
    button.classList.toggle("live", now >= Number(button.dataset.start) && now < Number(button.dataset.end));
  }
}

sound.addEventListener("play", () => {
  $("play").textContent = word("pause");
  follow();
});
sound.addEventListener("pause", () => {
  $("play").textContent = word("play");
  twinSound.pause();
});
sound.addEventListener("seeked", redraw);
sound.addEventListener("error", () => say(sound.error ? sound.error.message : ""));

// ------------------------------------------------------------------ the twin

function there(second) {
  return view.twin.there_start_s + (second - view.twin.start_s) * view.twin.speed;
}

async function showTwin(twin) {
  view.twin = twin;
  const here = `${player.dataset.case}/listen/${twin.sha256}`;
  $("twin-plots").hidden = false;
  $("twin-name").textContent = `${twin.name} ${clock(twin.there_start_s)}`;
  twinPlot = new Plot(here, $("twin-wave"), $("twin-spectrogram"), redraw);
  twinPlot.shift = twin.there_start_s - twin.start_s * twin.speed;
  twinPlot.speed = twin.speed;
  look(twin.start_s - 1, twin.end_s + 1);
  view.selection = [twin.start_s, twin.end_s];
  await twinPlot.open(() => {});
  twinSound.src = `${here}/sound.wav`;
  view.hearsTwin = false;
  hear();
  seek(twin.start_s);
  play();
}

function hear() {
  sound.muted = view.hearsTwin;
  twinSound.muted = !view.hearsTwin;
  $("twin").setAttribute("aria-pressed", String(view.hearsTwin));
  $("twin").textContent = word(view.hearsTwin ? "hear_here" : "hear_twin");
}

function switchTwin() {
  if (!view.twin) {
    const now = view.selection ? view.selection[0] : sound.currentTime;
    const heard = found.twins.filter((twin) => twin.is_exhibit);
    const near = heard.find((twin) => now >= twin.start_s - 0.5 && now <= twin.end_s) ?? heard[0];
    if (near) showTwin(near);
    return;
  }
  view.hearsTwin = !view.hearsTwin;
  hear();
  say(word(view.hearsTwin ? "twin" : "here"));
}

// ------------------------------------------------------------------ marks

async function mark() {
  const now = sound.currentTime;
  const [start, end] = view.selection && now >= view.selection[0] && now <= view.selection[1] ? view.selection : [now, now];
  try {
    await post(`${player.dataset.here}/marks`, { start_s: start.toFixed(3), end_s: end.toFixed(3), label: $("m-label").value });
  } catch (error) {
    say(word("failed_act", { why: error.message }));
    return;
  }
  say(word("marked", { at: clock(start) })); // whether or not it can be shown
  await refresh("marks", "found");
  found.marks = JSON.parse($("found").textContent).marks;
  redraw();
}

function fillForm() {
  if (!view.selection || !$("m-start")) return;
  $("m-start").value = view.selection[0].toFixed(3);
  $("m-end").value = view.selection[1].toFixed(3);
}

// ------------------------------------------------------------------ keys, clicks, drags

const keys = {
  " ": toggle,
  ArrowLeft: (event) => seek(sound.currentTime - (event.shiftKey ? 10 : 1)),
  ArrowRight: (event) => seek(sound.currentTime + (event.shiftKey ? 10 : 1)),
  ArrowUp: () => zoom(0.5),
  ArrowDown: () => zoom(2),
  Home: () => seek(0),
  End: () => seek(plot.facts.duration_s),
  0: () => look(0, plot.facts.duration_s),
  n: () => nextPlace(1),
  p: () => nextPlace(-1),
  l: () => $("loop").click(),
  m: mark,
  b: switchTwin,
};

document.addEventListener("keydown", (event) => {
  if (isTyping(event) || !plot.facts) return;
  if (event.key === " " && event.target.matches("button, a, summary")) return;
  if (event.target.matches("input[type=range]") && event.key.startsWith("Arrow")) return;
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act(event);
});

const presses = { play: toggle, in: () => zoom(0.5), out: () => zoom(2), all: () => look(0, plot.facts.duration_s), mark, twin: switchTwin };
for (const [id, act] of Object.entries(presses)) $(id).addEventListener("click", () => plot.facts && act());
$("loop").addEventListener("click", () => {
  view.loop = !view.loop;
  $("loop").setAttribute("aria-pressed", String(view.loop));
});
$("position").addEventListener("input", () => plot.facts && seek(Number($("position").value)));
$("source").addEventListener("change", () => {
  const at = sound.currentTime;
  sound.src = $("source").value === "received" ? player.dataset.received : `${player.dataset.here}/sound.wav`;
  sound.addEventListener("loadedmetadata", () => seek(at), { once: true });
  sound.load();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button.place");
  if (!button || !plot.facts) return;
  if (button.dataset.twin) showTwin(found.twins[Number(button.dataset.twin)]);
  else choose(Number(button.dataset.start), Number(button.dataset.end));
  fillForm();
});

let begun = null;
for (const canvas of [$("wave"), $("spectrogram")]) {
  canvas.addEventListener("pointerdown", (event) => {
    if (!plot.facts || event.button) return;
    begun = secondAt(canvas, event);
    view.selection = null;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const at = plot.facts ? secondAt(canvas, event) : 0;
    $("under").textContent = `${clock(at)}${canvas === $("spectrogram") ? ` · ${hertzAt(canvas, event)} Hz` : ""}`;
    if (begun === null) return;
    if (Math.abs(at - begun) > (view.end - view.start) / 200) view.selection = [Math.min(at, begun), Math.max(at, begun)];
    redraw();
  });
  canvas.addEventListener("pointerup", () => {
    if (begun === null) return;
    seek(view.selection ? view.selection[0] : begun);
    fillForm();
    begun = null;
    if (!view.selection) play();
  });
  canvas.addEventListener("wheel", (event) => {
    if (!plot.facts || !(event.ctrlKey || event.shiftKey)) return;
    event.preventDefault();
    zoom(event.deltaY > 0 ? 1.25 : 0.8, secondAt(canvas, event));
  }, { passive: false });
}

$("lanes").addEventListener("pointermove", (event) => {
  const place = placeAt(event);
  $("under").textContent = place ? `${clock(place.start_s)} ${place.label} ${place.method ?? place.who}` : "";
});
$("lanes").addEventListener("click", (event) => {
  const place = placeAt(event);
  if (place) choose(place.start_s, place.end_s);
});

function secondAt(canvas, event) {
  const box = canvas.getBoundingClientRect();
  const share = Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
  return view.start + share * (view.end - view.start);
}

function hertzAt(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return Math.round((1 - (event.clientY - box.top) / box.height) * (plot.facts ? plot.facts.sample_rate_hz / 2 : 0));
}

function placeAt(event) {
  const box = $("lanes").getBoundingClientRect();
  const lanes = lanesOf();
  const lane = lanes[Math.min(lanes.length - 1, Math.floor(((event.clientY - box.top) / box.height) * lanes.length))];
  const second = secondAt($("lanes"), event);
  const near = ((view.end - view.start) / box.width) * 4;
  return lane.places.find((place) => second >= place.start_s - near && second <= place.end_s + near);
}

addEventListener("resize", redraw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
