// The way in. Streamlit runs this file from a blob, which has no address, so the rest is asked for by its own.

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".darkroom");
  const call = (root.calls = (root.calls ?? 0) + 1);
  root.code ??= import(`${location.origin}/unipic/darkroom/main.js`);
  root.code.then(
    ({ Darkroom }) => {
      if (root.calls !== call) return;
      if (root.room?.token !== data.token) {
        root.room?.close();
        root.room = new Darkroom(root, data.token);
      }
      root.room.show(data, () => setTriggerValue("done", true));
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
