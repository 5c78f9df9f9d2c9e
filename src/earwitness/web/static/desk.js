// Adding exhibits by dropping files, and watching examinations.

import { refresh, say, token, word } from "./common.js";

for (const drop of document.querySelectorAll(".drop")) {
  drop.hidden = false;
  const list = drop.parentElement.querySelector(".uploads");
  const files = drop.querySelector("input[type=file]");
  const take = (chosen) => add(drop, list, [...chosen]);
  files.addEventListener("change", () => take(files.files));
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    take(event.dataTransfer.files);
  });
  const role = drop.querySelector("[name=role]");
  if (role) {
    const show = () => {
      for (const part of drop.querySelectorAll("[data-for]")) {
        part.hidden = !part.dataset.for.split(" ").includes(role.value);
      }
    };
    role.addEventListener("change", show);
    show();
  }
}

// One file after the other: the desk keeps each before it is told of the next.
async function add(drop, list, files) {
  let address = drop.dataset.add;
  const fields = {};
  for (const field of drop.querySelectorAll("[name]")) {
    if (!field.closest("[hidden]")) fields[field.name] = field.value;
  }
  if (!address && files.length) {
    address = await newCase(files[0].name);
    fields.role = "questioned";
    if (!address) return;
  }
  let added = 0;
  for (const file of files) added += await send(address, { ...fields, file: file.name }, file, list);
  if (added === files.length && files.length) location.assign(address.replace(/\/exhibits$/, ""));
}

async function newCase(name) {
  const title = document.getElementById("new-title").value || name;
  const answer = await fetch("/cases", {
    method: "POST",
    body: new URLSearchParams({ title }),
    headers: { "x-csrf-token": token, accept: "text/html" },
  });
  if (answer.ok && answer.redirected) return `${new URL(answer.url).pathname}/exhibits`;
  say(word("refused"));
  return null;
}

function send(address, fields, file, list) {
  const row = document.createElement("li");
  const name = document.createElement("bdi");
  const bar = document.createElement("progress");
  const state = document.createElement("span");
  name.textContent = file.name;
  bar.max = 1;
  bar.setAttribute("aria-label", file.name);
  row.append(name, bar, state);
  list.append(row);
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${address}?${new URLSearchParams(fields)}`);
    request.setRequestHeader("x-csrf-token", token);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      const share = event.loaded / event.total;
      bar.value = share;
      state.textContent = share < 1 ? word("uploading", { percent: Math.floor(100 * share) }) : word("keeping");
    });
    const end = (text, good) => {
      state.textContent = text;
      row.classList.add(good ? "added" : "warning");
      say(`${file.name}: ${text}`);
      done(good ? 1 : 0);
    };
    request.addEventListener("load", () => {
      const said = request.response ?? {};
      if (request.status !== 200) {
        end([word("refused"), said.what, said.got, said.do].filter(Boolean).join("; "), false);
      } else {
        bar.value = 1;
        const text = said.is_new ? word("added", { facts: said.facts || said.sha256.slice(0, 12) }) : word("known");
        end(said.note ? `${text} (${said.note})` : text, !said.note);
      }
    });
    request.addEventListener("error", () => end(word("broke"), false));
    request.send(file);
  });
}

const panel = document.querySelector("[data-watch]");
if (panel && panel.dataset.going === "yes") watch(panel);

function watch(panel) {
  const list = panel.querySelector(".tasks");
  const lost = panel.querySelector(".lost");
  const idle = panel.querySelector(".idle");
  const trouble = panel.querySelector(".trouble");
  let ended = -1;
  let shown = Promise.resolve();
  // One after the other, so that an answer that comes late never takes the place of a newer one. The page is not
  // loaded anew when all is over: that would call off the link that somebody follows at that moment.
  const show = (...ids) => {
    shown = shown.then(() => refresh(...ids)).catch(() => {
      lost.hidden = false;
    });
  };
  const events = new EventSource(panel.dataset.watch);
  events.addEventListener("state", (event) => {
    lost.hidden = true;
    const state = JSON.parse(event.data);
    list.replaceChildren(...state.tasks.map(taskRow));
    idle.hidden = !state.is_idle;
    trouble.hidden = !state.trouble;
    trouble.querySelector("bdi").textContent = state.trouble;
    const now = state.tasks.filter((task) => task.ended_in).length;
    if (ended >= 0 && now > ended && !state.is_over) show("outcomes");
    ended = now;
  });
  events.addEventListener("over", () => {
    events.close();
    show("interrupted", "outcomes", "examining");
  });
  events.addEventListener("error", () => {
    lost.hidden = false;
  });
}

function taskRow(task) {
  const row = document.createElement("li");
  const name = document.createElement("span");
  const bar = document.createElement("progress");
  const state = document.createElement("span");
  name.textContent = `${task.method} `;
  const exhibit = document.createElement("bdi");
  exhibit.textContent = task.exhibit;
  exhibit.className = "soft";
  name.append(exhibit);
  bar.max = 1;
  bar.value = task.fraction;
  bar.setAttribute("aria-label", `${task.method} ${task.exhibit}`);
  state.textContent = [stateOf(task), task.why].filter(Boolean).join(": ");
  row.append(name, bar, state);
  return row;
}

function stateOf(task) {
  if (task.ended_in) return word(task.ended_in);
  if (task.state !== "going") return word(task.state, task);
  const at = task.worker ? word("at", task) : "";
  return [task.doing || word("reading"), at].filter(Boolean).join(" ");
}
