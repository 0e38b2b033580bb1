// Words and figures as a person reads them.

/** The name of a code, technique or action, as the program has it. @param {{code: string, name?: string}} named */
export function nameOf({ code, name }) {
  // Files put the noun of a question first; nobody says it so.
  return capital(name ?? String(code).replace(/^question_(.+)$/, "$1_question").replaceAll("_", " "));
}

/** With a capital letter at its head. @param {string} words */
export const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);

/** All of them in one line. @param {Array<{code: string, name?: string}>} all */
export const namesOf = (all) => all.map(nameOf).join(", ") || "Not coded";

/** `1 reply`, `2 replies`. @param {number} n @param {string} one @param {string} many */
export const count = (n, one, many) => `${n} ${n === 1 ? one : many}`;

/** `YYYY-MM-DD HH:MM` of UTC, seconds or none, as the time of day where the page is read, which it names. @param {string} utc */
export function when(utc) {
  const date = new Date(`${utc.replace(" ", "T")}Z`);
  return Number.isNaN(date.getTime()) ? utc : date.toLocaleString(undefined, { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
}

/** A change of a level: `+0.05`, `−0.10`. @param {number} by */
export const signed = (by) => `${by < 0 ? "−" : "+"}${Math.abs(by).toFixed(2)}`;
