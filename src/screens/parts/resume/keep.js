// Streamlit runs this file from a blob, which has no address, so the rest is asked for by its own.

export default function ({ data: { token } }) {
  const page = location.pathname;
  const remember = ({ keep }) => (keep(token), name(token, page));
  import(`${location.origin}/unipic/resume/storage.js`).then(remember, () => {}); // else the address still opens the run
}

/** Not by Streamlit, which would add an entry to the history, and Back would lead to the same page. */
function name(token, page) {
  const address = new URL(location.href);
  if (address.searchParams.get("run") === token || address.pathname !== page) return;
  address.searchParams.set("run", token);
  history.replaceState(history.state, "", address);
}
