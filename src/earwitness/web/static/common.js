// What the desk's scripts share: words, forms with their token, and answers that a screen reader speaks.

const table = JSON.parse(document.getElementById("words").textContent);
export const token = document.querySelector("meta[name=csrf]").content;

export function word(key, values = {}) {
  return table[key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export function say(text) {
  document.getElementById("said").textContent = text;
}

export function clock(seconds) {
  const whole = Math.max(0, seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = (whole % 60).toFixed(2).padStart(5, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

// Sends a form; gives the answer, or throws with what the desk says.
export async function post(address, fields) {
  const body = new URLSearchParams(fields);
  const answer = await fetch(address, {
    method: "POST",
    body,
    headers: { "x-csrf-token": token, accept: "application/json" },
  });
  if (!answer.ok) throw new Error(await trouble(answer));
  return answer;
}

async function trouble(answer) {
  const text = await answer.text();
  try {
    const said = JSON.parse(text);
    return [said.what, said.got, said.do].filter(Boolean).join("; ");
  } catch {
    return text.slice(0, 300);
  }
}

// Fetches this page anew and puts the named parts of it in place of those that are shown; what it no longer has goes.
// Throws where the desk answers with another page, such as a refusal: what is shown then stays.
export async function refresh(...ids) {
  const answer = await fetch(location.pathname + location.search, { headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) throw new Error(`the desk answered ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of ids) {
    const now = document.getElementById(id);
    const then = fresh.getElementById(id);
    if (now && then) now.replaceWith(document.importNode(then, true));
    else if (now) now.remove();
  }
}

// Whether a key was meant for a field that is being filled in.
export function isTyping(event) {
  return event.ctrlKey || event.metaKey || event.altKey
    || event.target.matches("input:not([type=range]), textarea, select, [contenteditable]");
}
