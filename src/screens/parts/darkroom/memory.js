// How the groups are listed, kept in this tab: after a reload group 7 is still group 7.

const key = (token) => `unipic-listing-${token}`;

export function keepListing(token, { sort, filter, order }) {
  safely(() => sessionStorage.setItem(key(token), JSON.stringify({ sort, filter, order })));
}

/** { sort, filter, order }, or null. */
export function keptListing(token) {
  return safely(() => JSON.parse(sessionStorage.getItem(key(token))));
}

/** Storage may be full or forbidden; then nothing is remembered. */
export function safely(act) {
  try {
    return act();
  } catch {
    return null;
  }
}
