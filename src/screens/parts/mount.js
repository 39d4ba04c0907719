// The way in of a component. Streamlit runs this file from a blob, which has no address, so the rest is asked for by its
// own. Python puts before it: MODULE, its address; ROOM, the class it exports; TOLD, the trigger it tells Streamlit.

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".darkroom");
  const call = (root.calls = (root.calls ?? 0) + 1);
  root.code ??= import(location.origin + MODULE);
  root.code.then(
    (module) => {
      if (root.calls !== call) return;
      if (root.room?.token !== data.token) {
        root.room?.close();
        root.room = new module[ROOM](root, data.token);
      }
      root.room.show(data, (value = true) => setTriggerValue(TOLD, value));
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
