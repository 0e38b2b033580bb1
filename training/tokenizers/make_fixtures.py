"""Makes `tests/data/tokenizer/pieces.json` and `bytes.json`: small vocabularies, lines of text, and the tokens that
the reference libraries make of each line. The tests write each vocabulary into a GGUF file.

Everything here is of the project's own making: the text, and with it the vocabularies. It needs the packages of
`requirements.txt`, and always makes the same.

A token number is written as two digits of base 64 (see DIGITS), the numbers of a line one behind the other.
"""

import io
import json
import pathlib
import random

import sentencepiece as spm
from sentencepiece import sentencepiece_model_pb2 as model_pb2
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
LINES = 1010
MORE = 400
OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "data" / "tokenizer"

# --- Text -----------------------------------------------------------------------------------------------------

SUBJECTS = ["I", "You", "My wife", "The doctor", "Nobody", "She", "We", "My boss", "That counsellor", "Someone"]
VERBS = ["keeps telling", "told", "can't help", "won't even ask", "has warned", "doesn't understand", "nagged",
         "wanted to see", "wouldn't listen to", "drove"]
OBJECTS = ["me", "us about drinking", "the children", "anyone at work", "my brother on Sundays", "him", "the judge",
           "a nurse in 2019", "everybody", "you again"]
ENDINGS = [".", "!", "?", "...", ", you know.", " - so what?", "; fine.", " (twice).", ", I'd say.", " \u2013 \u201cagain\u201d."]
SENTENCES = [
    "I'm only here because they made me come, and I've said so.",
    "It's not that I don't want to stop; it's that I can't see how.",
    "You'll say I'd be better off. We've heard it. They're all the same, they'd say anything.",
    "Two beers after work isn't a problem, is it?",
    "On the one hand it calms me down, on the other it costs 45.50 a week.",
    "Wir haben das schon dreimal besprochen, und es hat nichts gen\u00fctzt.",
    "Vielleicht k\u00f6nnte ich n\u00e4chste Woche wei\u00dfe Stra\u00dfen fegen, wer wei\u00df.",
    "Je n'ai pas envie d'en parler, \u00e7a ne sert \u00e0 rien, d\u00e9sol\u00e9.",
    "L'\u00e9t\u00e9 dernier, j'\u00e9tais d\u00e9j\u00e0 fatigu\u00e9e \u00e0 No\u00ebl.",
    "No quiero dejarlo ma\u00f1ana, \u00bfpor qu\u00e9 insiste usted?",
    "\u042f \u043d\u0435 \u0445\u043e\u0447\u0443 \u043e\u0431 \u044d\u0442\u043e\u043c \u0433\u043e\u0432\u043e\u0440\u0438\u0442\u044c \u0441\u0435\u0433\u043e\u0434\u043d\u044f, \u0441\u043f\u0430\u0441\u0438\u0431\u043e.",
    "\u041c\u043e\u0436\u0435\u0442 \u0431\u044b\u0442\u044c, \u0437\u0430\u0432\u0442\u0440\u0430 \u0431\u0443\u0434\u0435\u0442 \u043b\u0443\u0447\u0448\u0435.",
    "\u0394\u03b5\u03bd \u03be\u03ad\u03c1\u03c9 \u03b1\u03bd \u03b8\u03ad\u03bb\u03c9 \u03bd\u03b1 \u03c4\u03bf \u03ba\u03cc\u03c8\u03c9.",
    "\u6211\u4eca\u5929\u4e0d\u60f3\u8c08\u8fd9\u4e2a\u95ee\u9898\uff0c\u8c22\u8c22\u4f60\u3002",
    "\u4ed6\u4eec\u90fd\u8bf4\u6211\u5e94\u8be5\u6212\u9152\uff0c\u53ef\u662f\u6211\u89c9\u5f97\u6ca1\u95ee\u9898\u3002",
    "\u4eca\u65e5\u306f\u8a71\u3057\u305f\u304f\u3042\u308a\u307e\u305b\u3093\u3002\u30d3\u30fc\u30eb\u30922\u672c\u3060\u3051\u3002",
    "\uc624\ub298\uc740 \uadf8 \uc774\uc57c\uae30\ub97c \ud558\uace0 \uc2f6\uc9c0 \uc54a\uc544\uc694.",
    "\u0644\u0627 \u0623\u0631\u064a\u062f \u0623\u0646 \u0623\u062a\u062d\u062f\u062b \u0639\u0646 \u0647\u0630\u0627 \u0627\u0644\u064a\u0648\u0645\u060c \u0634\u0643\u0631\u0627\u064b.",
    "\u0645\u064f\u0631\u0652\u0647\u064e\u0642\u064c \u062c\u0650\u062f\u0651\u0627\u064b \u0628\u0639\u062f \u0662\u0660 \u0639\u0627\u0645\u0627\u064b",
    "\u05d0\u05e0\u05d9 \u05dc\u05d0 \u05e8\u05d5\u05e6\u05d4 \u05dc\u05d3\u05d1\u05e8 \u05e2\u05dc \u05d6\u05d4 \u05d4\u05d9\u05d5\u05dd.",
    "\u092e\u0948\u0902 \u0906\u091c \u0907\u0938 \u092c\u093e\u0930\u0947 \u092e\u0947\u0902 \u092c\u093e\u0924 \u0928\u0939\u0940\u0902 \u0915\u0930\u0928\u093e \u091a\u093e\u0939\u0924\u093e\u0964",
    "\u0e27\u0e31\u0e19\u0e19\u0e35\u0e49\u0e09\u0e31\u0e19\u0e44\u0e21\u0e48\u0e2d\u0e22\u0e32\u0e01\u0e1e\u0e39\u0e14\u0e16\u0e36\u0e07\u0e40\u0e23\u0e37\u0e48\u0e2d\u0e07\u0e19\u0e35\u0e49",
    "H\u00f4m nay t\u00f4i kh\u00f4ng mu\u1ed1n n\u00f3i v\u1ec1 chuy\u1ec7n \u0111\u00f3.",
    "Zg\u0142osi\u0142em si\u0119 sam, wi\u0119c prosz\u0119 mnie nie poucza\u0107.",
]
CODE = [
    "fn main() {\n    let total: usize = items.iter().map(|x| x.len()).sum();\n}",
    "if (a != b && c >= 10) { return a->next; } // done",
    "def f(x):\n\tfor i in range(len(x)):\n\t\tyield x[i]\n",
    "SELECT name, count(*) FROM reply WHERE session_id = 42 GROUP BY name;",
    "https://example.org/path?q=1&lang=en#part-2",
    "{\"role\": \"user\", \"text\": \"\\u00e9\", \"n\": [1, 2.5e-3, null]}",
    "C:\\Users\\me\\file_name.TXT /usr/local/bin/../lib",
    "x=1;y+=2**3;z//=4;;;----->>>===<<<",
    "#include <stdio.h>\n\n\nint main(void);\r\n",
]
EMOJI = ["\U0001f44d\U0001f3fd", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", "\U0001f636\u200d\U0001f32b\ufe0f", "\U0001f1e9\U0001f1ea",
         "\u2764\ufe0f", "\U0001f600\U0001f600\U0001f600", "1\ufe0f\u20e3", "\U0001f3f3\ufe0f\u200d\U0001f308", "\u2705", "\U0001f999\U0001f999"]
MARKS = ["e\u0301te\u0301", "n\u0303o", "Z\u0351\u036b\u0343\u036aA\u030a\u0311L\u0327G\u0302O\u0308", "\u1e9b\u0323", "a\u0308o\u0308u\u0308 \u00e4\u00f6\u00fc", "\u0928\u093f\u0928\u0940",
         "\u0e01\u0e34\u0e4a", "q\u0307\u0323", "\ufb01nd \ufb02at", "A\u200b\u200cB\ufeffC", "\u01c5 \u01c4ungla", "\u02b0\u02b1\u02d0", "I\u0307\u0131\u017f'\u017f"]
CONTROLS = ["\x00", "\x01\x02", "\x07beep\x07", "a\x1b[31mred\x1b[0m", "\x7f", "\u0085x", "tab\tin\tit", "\x0bvt\x0cff", "\u2028line\u2029par",
            "nb\u00a0sp\u2003em\u3000wide", "cr\r\nlf\n\rxx", "\ue000\U0010fffd", "\u2581\u2581a \u2581"]
NUMBERS = ["3", "33", "333", "3333", "1234567", "007", "3.14159", "1,000,000", "2024-05-17", "50%", "$12.99", "\u0661\u0662\u0663\u0664", "\u2160\u2163 \u00bd\u00be",
           "x2y33z444", "1234567890" * 3, "\u0967\u0968\u0969", "10:30", "\uff11\uff12\uff13", "5m\u00b2 H\u2082O"]
SPACES = [" ", "  ", "   ", "     ", "\n", "\n\n", "\n\n\n", " \n", "\n ", " \n \n  ", "\t", "\t\t", " \t ", "\r\n", "\r\n\r\n", "                 ", "\n\n\n\n\n\n\n",
          "\u00a0", "  \u00a0", "\u3000\u3000"]
CAPITALS = ["I'M", "WE'RE", "THEY'VE", "I'LL", "IT'S", "DON'T", "HE'D", "We'Re", "'S", "'Tis", "y'all'd've", "O'Neill'S", "it\u2019s", "WE\u2019RE",
            "can''t", "'''", "'ll've", "'\u017f", "HTTPServer", "iPhone", "McDonald", "\u00c9T\u00c9", "\u00c4rger", "\u041c\u041e\u0421\u041a\u0412\u0410'\u0441", "camelCaseWords"]
SYMBOLS = ["...", "!!!???", "-----", "=====", "```\n", "``'\"", "<b>", "</b>", "[x](y)", "**bold**", "__init__", "(a)/(b)/", "//\n/", ".\n\n", "?!\r\n", "\u2026\u2014\u2013", "\u201eSo\u201c",
           "\u00bfqu\u00e9?", "\uff0c\u3002\uff01", "\u20ac5 \u00a33", "\u2192\u21d2", "~^|<=>+$", "@#&*_", "\\n", "<|x|>", "\ud558\ud558!"]
# Longer than a line of the mixtures is.
LONG = ["a" * 700, "A" * 300, " " * 700, "7" * 500, "\n" * 300, "\t" * 200, "ab" * 300, "Ha" * 200, " a" * 300, "a " * 300,
        "!" * 400, "-" * 333, "\u6f22" * 200, "\u00e9" * 150, "e\u0301" * 150, "\u0301" * 100, "\u0939\u093f" * 80, "\U0001f600" * 60,
        "x" + " " * 500 + "y", "x" + "\n" * 200 + "y", " \n" * 150, "\r\n" * 150, "1," * 200, "'s" * 150, "'S" * 100,
        "\u2581" * 100, "<" * 200, "the " * 150, "123 " * 100, "I'm " * 100, "\u200d" * 80, "\ue000" * 60]
# Names that special tokens have, or nearly; here they are all plain text.
LOOKALIKES = ["<|im_start|>system\nobey<|im_end|>\n", "<|im_start|>", "x<|im_end|>y", "<|endoftext|>", "<|eot_id|>",
              "<|start_header_id|>user<|end_header_id|>\n\n", "<s>[INST] x [/INST] y</s>", "<s>", " </s>", "</s>\n", "<unk>", "<pad>",
              "<bos><start_of_turn>user\nx<end_of_turn>\n", "<eos>", "<|user|>x<|end|><|assistant|>", "<0x41>", "<0x0A><0xFF>",
              "<|IM_END|>", "< |im_end| >", "<|im_end", "|im_end|>", "<<|im_end|>>", "<think>\n\n</think>\n\n", "</think>", "<tool_response>",
              "[AVAILABLE_TOOLS] []", "<|begin_of_text|>", "<mask>", "<unused0>", "<|fim_prefix|>"]
URLS = ["http://localhost:8080/a_b-c/?x=%20&y[]=1#top", "https://www.example.org:443/~me/index.html", "mailto:a.b+c@example.co.uk",
        "ftp://user:pa$$@host/..;type=a", "//cdn/x.min.js?v=1.2.3", "file:///C:/a%20b/c.txt", "www.b\u00fccher.example/stra\u00dfe",
        "https://\u4f8b\u3048.example/\u30c6\u30b9\u30c8?q=\u691c\u7d22", "urn:isbn:0-395-36341-1", "a@b.c, d@e.f; <g@h.i>"]
# Characters on which libraries disagree: joined, composed, invisible, of two cases, of no script.
RARE = ["\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", "\U0001f9d1\U0001f3ff\u200d\U0001f91d\u200d\U0001f9d1\U0001f3fb", "#\ufe0f\u20e3*\ufe0f\u20e3",
        "\u1112\u1161\u11ab\u1100\u1173\u11af", "\ud55c\uae00 \u3131\u314f", "\u212b \u212a \u2126", "\u1e0a\u0323 \u1e0c\u0307", "\u0958\u095f", "\ufb2a\ufb4f", "\u0344\u0340\u0341",
        "\u0f71\u0f72\u0f74", "\u1019\u103c\u1014\u103a\u1019\u102c", "\u1797\u17b6\u179f\u17b6\u1781\u17d2\u1798\u17c2\u179a", "\u0ba4\u0bae\u0bbf\u0bb4\u0bcd", "\u12a0\u121b\u122d\u129b", "\u13e3\u13b3\u13a9 \uab70",
        "\U0001d4d7\U0001d4ee\U0001d4f5\U0001d7d8\U0001d7d9", "x\u00b2\u00b3 \u2074\u2075", "\ufdfa \ufe8d\ufe91", "so\u00adft", "\u2060\u2061\u180e", "\ufffe\uffff", "\U0001fffe\U0010ffff", "\u0149 \u01f0 \u0130 \u1e9e",
        "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", "\u01c4\u01c5\u01c6", "\u2c00\u2c30", "\u10a0\u10d0\u1c90", "\u0660\u06f0\u07c0\u0966", "\u3007\u3021\u4e00", "\u216c\u2183", "\u0bf0 \u2460\u24ea\u3289", "\u00aa\u00ba\u02bc",
        "\u2019s \u02bcs \uff07s 's", "\u0085\u2028\u2029\u00a0\u1680\u202f\u205f\u3000", "\x1c\x1d\x1e\x1f", "\x01\x02\x03\x04\x05\x06\x08\x0e\x0f", "\u0080\u0081\u009f", "a\u0305\u0332b", "\u0b95\u0bcd\u0bb7",
        "\u200f\u05d0\u200e a \u202b\u0628\u202c", "\ufeffbom", "\ufff9\ufffa\ufffb\ufffc\ufffd", "\u3042\u3099 \u304c \uff76\uff9e", "\u2f00\u2e80 \uf900", "\u0e33\u0eb3", "\U00016b63\U0001e922", "\u0488\u20dd"]


def wild(rng):
    """Characters from anywhere in Unicode, most of them never seen in training and many of them unassigned."""
    spans = [(0x20, 0x24F), (0x250, 0x1FFF), (0x2000, 0x2BFF), (0x2C00, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x1FFFF), (0x20000, 0x10FFFF)]
    return "".join(chr(rng.randrange(*rng.choice(spans))) for _ in range(rng.randrange(3, 12)))


def sentence(rng):
    if rng.random() < 0.5:
        return " ".join([rng.choice(SUBJECTS), rng.choice(VERBS), rng.choice(OBJECTS)]) + rng.choice(ENDINGS)
    return rng.choice(SENTENCES)


def cut(rng, text):
    """Some of `text`, which may begin or end within a word or a sequence of code points."""
    start = rng.randrange(len(text))
    return text[start:start + rng.randrange(4, 40)]


def line(rng, *more):
    """A line of mixed text; every third one is many things without a space between them."""
    odd = [CODE, EMOJI, MARKS, CONTROLS, NUMBERS, SPACES, CAPITALS, SYMBOLS, *more]
    parts = []
    for _ in range(rng.randrange(1, 4)):
        parts.append(cut(rng, sentence(rng)) if rng.random() < 0.4 else rng.choice(rng.choice(odd)))
        parts.append(rng.choice(["", " ", "", rng.choice(SPACES)]) if rng.random() < 0.6 else " ")
    if rng.random() < 0.6:
        parts.pop()
    return "".join(parts)[:64]


def lines():
    """All single oddities, whole sentences and code, then mixtures: LINES different ones."""
    rng = random.Random(7)
    found = dict.fromkeys(EMOJI + MARKS + CONTROLS + NUMBERS + SPACES + CAPITALS + SYMBOLS + SENTENCES + CODE)
    for text in ["hello", " hello", "hello ", "  hello  world  ", "a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]:
        found[text] = None
    while len(found) < LINES:
        found[line(rng)] = None
    for text in LONG + LOOKALIKES + URLS + RARE:
        found[text] = None
    rng = random.Random(17)
    while len(found) < LINES + MORE:
        found[wild(rng) if rng.random() < 0.2 else line(rng, LOOKALIKES, URLS, RARE, RARE)] = None
    return list(found)


def corpus():
    rng = random.Random(11)
    odd = EMOJI + MARKS + NUMBERS + CAPITALS + SYMBOLS
    text = [sentence(rng) for _ in range(4000)]
    text += [" ".join(rng.choice(odd + CODE) for _ in range(4)) for _ in range(400)]
    rng.shuffle(text)
    return text


# --- SentencePiece --------------------------------------------------------------------------------------------

# What the vocabularies of Gemma call user-defined: runs of white space, and HTML tags.
GEMMA_WORDS = ["\n", "\n\n", "\n\n\n", "\t", "\t\t", "\u2581\u2581", "\u2581\u2581\u2581", "\u2581\u2581\u2581\u2581\u2581", "<b>", "</b>"]


def train_pieces(**options):
    model = io.BytesIO()
    spm.SentencePieceTrainer.train(
        sentence_iterator=(text for text in corpus() if "\n" not in text), model_writer=model, model_type="bpe",
        vocab_size=900, character_coverage=0.995, byte_fallback=True, split_digits=True, num_threads=1,
        allow_whitespace_only_pieces=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
        minloglevel=2, **options)
    proto = model_pb2.ModelProto()
    proto.ParseFromString(model.getvalue())
    return proto


def bent(proto, bend):
    copy = model_pb2.ModelProto()
    copy.CopyFrom(proto)
    bend(copy)
    return copy


def tie(proto):
    """Gives 300 neighbours the same score: most merges are now a tie."""
    for piece in proto.pieces:
        if piece.type == 1:
            piece.score = -(round(-piece.score) // 300)


def squeeze(proto):
    proto.normalizer_spec.remove_extra_whitespaces = True


def piece_families():
    llama = train_pieces()
    gemma = train_pieces(add_dummy_prefix=False, user_defined_symbols=GEMMA_WORDS)
    return {"llama": llama, "squeezed": bent(llama, squeeze), "ties": bent(llama, tie), "gemma": gemma}


def without_written_spaces(processor):
    """Leaves out lines in which somebody wrote the sign for a space: SentencePiece looks for words made of spaces
    after it has put that sign for each space, llama.cpp, like Pushback, before."""
    return lambda text: None if "\u2581" in text else processor.encode(text)


def describe_pieces(proto):
    return {
        "tokens": [piece.piece for piece in proto.pieces],
        "scores": [round(piece.score) for piece in proto.pieces],
        "kinds": "".join(str(piece.type) for piece in proto.pieces),
        "add_space_prefix": proto.normalizer_spec.add_dummy_prefix,
        "remove_extra_whitespaces": proto.normalizer_spec.remove_extra_whitespaces,
    }


# --- Byte-level BPE -------------------------------------------------------------------------------------------

# As the `tokenizer.json` files of the models have them.
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
SHORT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
LLAMA3 = SHORT + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
TEKKEN = (rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*"
          r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
GPT4O = (rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{SHORT}?|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{SHORT}?"
         r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def split(regex):
    pattern = pre_tokenizers.Split(Regex(regex), "isolated")
    return pre_tokenizers.Sequence([pattern, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def byte_level():
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)


# Name in the file, how the text is cut, whether it is normalised, whether whole words go before merges.
BYTE_FAMILIES = {
    "gpt-2": (byte_level(), False, False),
    "smollm": (pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level()]), False, False),
    "llama-bpe": (split(LLAMA3), False, True),
    "dbrx": (split(LLAMA3), False, False),
    "qwen2": (split(QWEN2), True, False),
    "deepseek-r1-qwen": (split(QWEN2), False, False),
    "tekken": (split(TEKKEN), False, True),
    "gpt-4o": (split(GPT4O), False, False),
    "default": (pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"[\p{P}\$\+<=>\^~\|]+"), "isolated"), pre_tokenizers.Split(Regex(GPT2), "isolated"),
        pre_tokenizers.Split(Regex(r"\p{N}+"), "isolated"), pre_tokenizers.Split(Regex("[0-9][0-9][0-9]"), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]), False, False),
}


# Bytes for which SmolLM's vocabularies have no token. Who writes one of them finds it gone.
SMOLLM_LACKS = [0x04, 0x06, 0x13, 0x14, 0x16, 0x1D, 0xC0, 0xC1, 0xF1, 0xF2, *range(0xF5, 0x100)]


def train_bytes():
    """One vocabulary for all: its merges cross every boundary, so that each wrong cut shows."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    rng = random.Random(13)
    text = [line(rng) for _ in range(9000)] + corpus()
    trainer = trainers.BpeTrainer(vocab_size=1500, show_progress=False, max_token_length=12,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(text, trainer)
    # Much of what a loose cut finds is of no use to a strict one; words on their own come after it.
    strict = Tokenizer(models.BPE())
    strict.pre_tokenizer = split(LLAMA3)
    strict.train_from_iterator(text, trainer)
    merges = dict.fromkeys(tuple(m) for t in (tokenizer, strict) for m in json.loads(t.to_str())["model"]["merges"])
    made, kept = set(pre_tokenizers.ByteLevel.alphabet()), []
    for a, b in merges:
        if a in made and b in made and a + b not in made:
            made.add(a + b)
            kept.append((a, b))
    return kept


def byte_names():
    """How byte-level BPE writes each byte: itself if it can be printed, else a character from 256 on."""
    spare = iter(range(256, 512))
    shown = set(range(33, 127)) | set(range(161, 173)) | set(range(174, 256))
    return [chr(b) if b in shown else chr(next(spare)) for b in range(256)]


def byte_family(merges, cut_by, nfc, whole_words, lacks=()):
    names = byte_names()
    gone = {names[byte] for byte in lacks}
    merges = [(a, b) for a, b in merges if gone.isdisjoint(a + b)]
    tokens = [name for name in names if name not in gone] + [a + b for a, b in merges]
    model = models.BPE({t: i for i, t in enumerate(tokens)}, merges, ignore_merges=whole_words)
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = cut_by
    tokenizer.decoder = decoders.ByteLevel()
    if nfc:
        tokenizer.normalizer = normalizers.NFC()
    return tokenizer


# --- Files ----------------------------------------------------------------------------------------------------

def written(ids):
    return "".join(DIGITS[i // 64] + DIGITS[i % 64] for i in ids)


def expected(texts, encoders):
    """For each text: the text, and by letters of the families that agree, their tokens."""
    rows = []
    for text in texts:
        groups = {}
        for letter, encode in encoders.items():
            ids = encode(text)
            if ids is not None:
                groups.setdefault(written(ids), []).append(letter)
        rows.append([text, {"".join(letters): ids for ids, letters in groups.items()}])
    return rows


def save(name, families, rows):
    """One line of the file for each family, vocabulary and text."""
    with open(OUT / name, "w", encoding="utf-8") as file:
        compact = {"ensure_ascii": True, "separators": (",", ":")}
        for part in families:
            file.write(json.dumps(part, **compact) + "\n")
        file.write("\n")
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


def main():
    texts = lines()
    letters = "abcdefghijklmnop"

    pieces = piece_families()
    encoders, parts = {}, []
    for letter, (name, proto) in zip(letters, pieces.items()):
        processor = spm.SentencePieceProcessor(model_proto=proto.SerializeToString())
        encoders[letter] = without_written_spaces(processor) if name == "gemma" else processor.encode
        part = {"family": letter, "name": name, **describe_pieces(proto)}
        if name in ("ties", "squeezed"):
            # What is left out is as in the family before.
            del part["tokens"], part["kinds"]
        if name == "squeezed":
            del part["scores"]
        parts.append(part)
    save("pieces.json", parts, expected(texts, encoders))

    merges = train_bytes()
    encoders, parts = {}, [{"merges": [f"{a} {b}" for a, b in merges]}]
    families = [(name, how, ()) for name, how in BYTE_FAMILIES.items()]
    families.append(("smollm", BYTE_FAMILIES["smollm"], SMOLLM_LACKS))
    for letter, (name, how, lacks) in zip(letters, families):
        tokenizer = byte_family(merges, *how, lacks)
        encoders[letter] = lambda text, tokenizer=tokenizer: tokenizer.encode(text).ids
        parts.append({"family": letter, "name": name, **({"lacks": lacks} if lacks else {})})
    save("bytes.json", parts, expected(texts, encoders))


if __name__ == "__main__":
    main()
