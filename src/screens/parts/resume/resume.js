// The way in. Streamlit runs this file from a blob, which has no address, so the rest is asked for by its own.

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".resume");
  const call = (root.calls = (root.calls ?? 0) + 1);
  const load = (name) => import(`${location.origin}/unipic/resume/${name}.js`);
  if (data.token) {
    const page = location.pathname;
    const remember = ({ keep }) => (keep(data.token), name(data.token, page));
    load("storage").then(remember, () => {}); // without it the address still opens the run
  } else {
    root.code ??= load("main");
    root.code.then(
      ({ Cards }) => {
        if (root.calls !== call) return;
        root.cards ??= new Cards(root, data.shown);
        root.cards.onOpen = (token) => setTriggerValue("open", token);
      },
      () => (root.code = null), // what it would show can be reached by its addresses
    );
  }
  // Streamlit also cleans up after a call that a newer one has overtaken, or just before a new one: hence the pause.
  return () =>
    setTimeout(() => {
      if (root.calls !== call) return;
      root.cards?.close();
      root.cards = null;
    });
}

/** Not by Streamlit, which would add an entry to the history, and Back would lead to the same page. */
function name(token, page) {
  const address = new URL(location.href);
  if (address.searchParams.get("run") === token || address.pathname !== page) return;
  address.searchParams.set("run", token);
  history.replaceState(history.state, "", address);
}
