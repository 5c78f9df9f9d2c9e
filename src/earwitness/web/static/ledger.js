// The dossier by keyboard: J and K go from one to the next. Of statements, A accepts, R rejects, E edits
// and U undoes; of names, M merges and S keeps them apart.

import { isTyping, post, say, word } from "./common.js";

const rows = [...document.querySelectorAll(".ledger .statement, .pair")];
let live = -1;

function go(index, moves = true) {
  if (!rows.length) return;
  live = Math.max(0, Math.min(rows.length - 1, index));
  for (const row of rows) row.classList.toggle("live", row === rows[live]);
  showWording(rows[live].dataset.id);
  if (moves) {
    rows[live].focus({ preventScroll: true });
    rows[live].scrollIntoView({ block: "nearest" });
  }
}

function showWording(id) {
  let first = null;
  for (const mark of document.querySelectorAll(".text mark")) {
    const isMine = mark.dataset.ids.split(" ").includes(id);
    mark.classList.toggle("live", isMine);
    if (isMine && !first) first = mark;
  }
  if (first) first.scrollIntoView({ block: "nearest" });
}

async function act(form) {
  try {
    const states = await (await post(form.action, new FormData(form))).json();
    for (const row of rows) show(row, states[row.dataset.id]);
  } catch (error) {
    say(word("failed_act", { why: error.message }));
  }
}

function show(row, state) {
  const tag = row.querySelector("[data-state]");
  if (!state || tag.classList.contains(state)) return;
  for (const thing of [row, tag]) {
    thing.classList.remove("draft", "accepted", "rejected", "replaced", "withdrawn");
    thing.classList.add(state);
  }
  tag.textContent = word(state in { draft: 1, accepted: 1, rejected: 1 } ? state : "draft");
  say(`${tag.textContent}: ${row.getAttribute("aria-label")}`);
}

for (const [index, row] of rows.entries()) {
  row.addEventListener("click", () => go(index, false));
  row.addEventListener("focusin", () => index !== live && go(index, false));
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches(".statement form, #undo")) return;
  event.preventDefault();
  act(event.target);
});

document.addEventListener("click", (event) => {
  const mark = event.target.closest(".text mark");
  if (mark) go(rows.findIndex((row) => mark.dataset.ids.split(" ").includes(row.dataset.id)));
});

const keys = {
  j: () => go(live + 1),
  k: () => go(live - 1),
  a: () => press("form[data-act=accept]", 1),
  r: () => press("form[data-act=reject]", 1),
  e: () => rows[live]?.querySelector("[data-edit]")?.click(),
  u: () => document.getElementById("undo") && act(document.getElementById("undo")),
  m: () => rows[live]?.querySelector("form[data-act=merge]")?.requestSubmit(),
  s: () => rows[live]?.querySelector("form[data-act=split]")?.requestSubmit(),
};

async function press(selector, by) {
  const form = rows[live]?.querySelector(selector);
  if (!form) return;
  await act(form);
  go(live + by);
}

document.addEventListener("keydown", (event) => {
  const key = keys[event.key.toLowerCase()];
  if (isTyping(event) || !key) return;
  event.preventDefault();
  key();
});

if (location.hash.startsWith("#s-")) {
  const asked = rows.findIndex((row) => row.id.startsWith(location.hash.slice(1)));
  if (asked >= 0) go(asked);
}
