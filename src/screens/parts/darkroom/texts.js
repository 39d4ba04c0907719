// The language of the page, and the translations of what scripts say. The server sends others, see server/languages.py.

export const LANGUAGE = "en";
export const TEXTS = {};
