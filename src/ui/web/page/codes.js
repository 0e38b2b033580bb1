// The judge's codes, for a trainer who overrules it. The program refuses any that it does not know.

export const CODES = [
  "confront",
  "persuade",
  "persuade_with_permission",
  "give_information",
  "question_closed",
  "question_open",
  "simple_reflection",
  "complex_reflection",
  "affirm",
  "seek_collaboration",
  "emphasise_autonomy",
  "support",
  "not_coded",
];
