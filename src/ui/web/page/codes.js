// The judge's codes, for a trainer who overrules it. The program refuses any that it does not know.

export const CODES = [
  ["confront", "Confront"],
  ["persuade", "Persuade"],
  ["persuade_with_permission", "Persuade with permission"],
  ["give_information", "Give information"],
  ["question_closed", "Closed question"],
  ["question_open", "Open question"],
  ["simple_reflection", "Simple reflection"],
  ["complex_reflection", "Complex reflection"],
  ["affirm", "Affirm"],
  ["seek_collaboration", "Seek collaboration"],
  ["emphasise_autonomy", "Emphasise autonomy"],
  ["support", "Support"],
  ["not_coded", "Not coded"],
];
