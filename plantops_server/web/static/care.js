/* Tells how far a care plan is while it is being written; without this script the form just waits for it. */
"use strict";

document.addEventListener("submit", (event) => {
  const address = event.target.dataset.analyze;
  if (!address || event.defaultPrevented) return;
  event.preventDefault();
  void write(event.target, address);
});

async function write(form, address) {
  const button = form.querySelector("button");
  const said = form.parentElement.querySelector("[data-progress]");
  button.disabled = true;
  try {
    const answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
      body: JSON.stringify({ force: form.querySelector("[name=force]") !== null }),
    });
    if (!answer.ok || !answer.body) return form.submit(); /* the page then says what is wrong */
    if (await follow(answer.body, said)) return location.assign(form.action);
  } catch {
    said.textContent = "The connection was lost. Load the page again: the plan may be there already.";
  }
  button.disabled = false;
}

/* Until the stream ends; whether a plan came. It is kept by the server, and the page reads it from there. */
async function follow(body, said) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "", written = false;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return written;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      written ||= /^event: plan$/m.test(event);
      const data = /^data: (.*)$/m.exec(event);
      if (data && /^event: (progress|problem)$/m.test(event)) {
        const told = JSON.parse(data[1]);
        said.textContent = told.detail || told.stage || "";
      }
    }
  }
}
