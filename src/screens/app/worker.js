// Shows a page where the installed app begins and the server cannot be reached. Its scope is this folder alone: it never
// sees a photo or a page of the app, and keeps nothing but that page.
const PAGE = new URL("offline.html", location.href).href;

addEventListener("install", (event) => {
  event.waitUntil(caches.open("unipic-offline-1").then((cache) => cache.add(PAGE)));
});
addEventListener("fetch", (event) => {
  if (event.request.mode !== "navigate" || event.request.method !== "GET") return;
  event.respondWith(fetch(event.request).catch(() => caches.match(PAGE)));
});
