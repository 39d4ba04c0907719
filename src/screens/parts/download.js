// A plain link; followed once by itself, so that one click on "Save" is enough.
const followed = new Set();

export default function ({ parentElement, data }) {
  const link = parentElement.querySelector("a.download");
  link.href = data.url;
  link.textContent = data.label;
  if (!followed.has(data.once)) {
    followed.add(data.once);
    link.click();
  }
}
