// Opens the browser's own print dialogue.

export default function print(button) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
