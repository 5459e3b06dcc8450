// Makes a chosen picture small and square before it is sent. What the browser can't read goes as it is.

const SIDE = 1024;

async function square(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const side = Math.min(picture.width, picture.height);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.min(side, SIDE);
  canvas.getContext("2d").drawImage(
    picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, canvas.width, canvas.height,
  );
  picture.close();
  return canvas;
}

function packed(canvas) {
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.86));
}

async function prepare(input, preview) {
  const canvas = await square(input.files[0]);
  const blob = await packed(canvas);
  const files = new DataTransfer();
  files.items.add(new File([blob], "photo.jpg", { type: "image/jpeg" }));
  input.files = files.files;
  canvas.className = "avatar avatar-large";
  preview.replaceChildren(canvas);
}

export default function photo(form) {
  const input = form.querySelector("input[type=file]");
  input.addEventListener("change", () => {
    if (input.files.length) prepare(input, form.querySelector("[data-preview]")).catch(() => {});
  });
}
