// Streamlit's page has no manifest of its own. Behind the door, the manifest is fetched with the cookie.

export default function ({ data }) {
  if (document.querySelector('link[rel="manifest"]')) return;
  const link = (rel, name) => {
    const made = document.createElement("link");
    made.rel = rel;
    if (rel === "manifest") made.crossOrigin = "use-credentials";
    made.href = data.place + name;
    document.head.append(made);
  };
  link("manifest", "manifest.webmanifest");
  link("apple-touch-icon", "icon-192.png");
  navigator.serviceWorker?.register(data.place + "worker.js").catch(() => {}); // only over https and on localhost
}
