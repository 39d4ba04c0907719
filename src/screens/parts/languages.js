// Links that choose a language and come back to this page.

export default function ({ data, parentElement }) {
  const links = parentElement.querySelector(".languages");
  links.ariaLabel = data.label;
  for (const link of links.children) {
    const address = new URL(link.href);
    address.searchParams.set("to", location.pathname + location.search);
    link.href = address;
    link.ariaCurrent = link.lang === data.language ? "true" : null;
  }
}
