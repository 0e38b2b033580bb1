"""Takes the chat templates of the catalog's families out of packages that bring them along, and lays each down as
`tests/data/templates/FAMILY/template.jinja`. What is in git already comes out the same. SmolLM2's, which stands in
its model files alone, is only in git.

    pip download --no-deps -d WHEELS trl==1.16.0 guidance==0.3.1 xinference==4.1.0
    python collect.py WHEELS

Nothing of the packages is run. `tests/data/templates/README.md` says whose each template is, and why two stay out
of git.
"""

import ast
import json
import pathlib
import sys
import zipfile

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "data" / "templates"

# Where templates are files of their own.
TRL = {
    "qwen2.5": "qwen2_5",
    "qwen3": "qwen3",
    "qwen3-2507": "qwen3_instruct_2507",
    "llama-3.2": "llama3_2",
    "gemma-3": "gemma3",
}
# Where they are strings in a module.
GUIDANCE = {
    "qwen3-gguf": "qwen3_gguf_template",
    "phi-4-mini": "phi_4_mini_template",
    "mistral-v0.3-first": "mistral_7b_instruct_llamacpp_template",
}


def wheel(folder, name):
    (path,) = folder.glob(f"{name}-*.whl")
    return zipfile.ZipFile(path)


def from_trl(folder):
    with wheel(folder, "trl") as files:
        return {family: files.read(f"trl/chat_templates/{name}.jinja").decode() for family, name in TRL.items()}


def from_guidance(folder):
    with wheel(folder, "guidance") as files:
        module = ast.parse(files.read("guidance/chat.py"))
    strings = {
        node.targets[0].id: node.value.value
        for node in module.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }
    return {family: strings[name] for family, name in GUIDANCE.items()}


def from_xinference(folder):
    """Mistral's, in which the package wrote the tokens out by name and lost the backslashes of line breaks."""
    with wheel(folder, "xinference") as files:
        model = json.loads(files.read("xinference/model/llm/models/mistral-instruct-v0.3.json"))
    model = model[0] if isinstance(model, list) else model
    text = model["chat_template"]
    for changed, original in [("'<s>'", "bos_token"), ("'</s>'", "eos_token"), ('"\n\n"', r'"\n\n"')]:
        assert changed in text, changed
        text = text.replace(changed, original)
    return {"mistral-v0.3": text}


def main():
    folder = pathlib.Path(sys.argv[1])
    for take in (from_trl, from_guidance, from_xinference):
        for family, text in take(folder).items():
            path = OUT / family / "template.jinja"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
            print(family, len(text))


if __name__ == "__main__":
    main()
