// Links that choose a language and come back to the page as it is when they are followed.

export default function ({ data, parentElement }) {
  const links = parentElement.querySelector(".languages");
  links.ariaLabel = data.label;
  for (const link of links.children) {
    link.ariaCurrent = link.lang === data.language ? "true" : null;
    link.onclick = () => {
      const address = new URL(link.href);
      address.searchParams.set("to", location.pathname + location.search);
      link.href = address;
    };
  }
}
