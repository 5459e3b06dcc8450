// Keeps the sentence that says on which mornings the two questions come in step with what is being typed.

const PAUSE_MS = 300;

export default function mornings(form) {
  const sentence = form.querySelector("[data-mornings]");
  let pause, asked;

  async function ask() {
    asked?.abort();
    asked = new AbortController();
    const typed = new URLSearchParams(new FormData(form));
    typed.delete("csrf_token");
    if (form.dataset.event) typed.set("event", form.dataset.event);
    const answer = await fetch(`${form.dataset.mornings}?${typed}`, {
      headers: { Accept: "application/json" }, redirect: "error", signal: asked.signal,
    });
    if (answer.ok) sentence.textContent = (await answer.json()).sentence;
  }

  form.addEventListener("input", () => {
    clearTimeout(pause);
    // Without a network the sentence stays as it was, and saving says the same.
    pause = setTimeout(() => ask().catch(() => {}), PAUSE_MS);
  });
}
