// The way in. Streamlit runs this file from a blob, which has no address, so the rest is asked for by its own.

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".gallery");
  const call = (root.calls = (root.calls ?? 0) + 1);
  root.code ??= import(`${location.origin}/unipic/gallery/main.js`);
  root.code.then(
    ({ Gallery }) => {
      if (root.calls !== call) return;
      root.room ??= new Gallery(root, data.token);
      root.room.show((run) => setTriggerValue("export", run));
    },
    () => {
      root.code = null;
      root.textContent = "This part of Unipic could not be loaded. Please reload the page.";
    },
  );
  // Streamlit also cleans up after a call that a newer one has overtaken, or just before a new one: hence the pause.
  return () =>
    setTimeout(() => {
      if (root.calls !== call) return;
      root.room?.close();
      root.room = null;
    });
}
