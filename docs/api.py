"""Tries the API of docs/api.md with the official Python client: python docs/api.py PUSHBACK"""

import subprocess
import sys
import tempfile

import openai

FIRST = {"role": "user", "content": "You'd rather be anywhere else this morning."}
SECOND = {"role": "user", "content": "It's up to you what we talk about."}


def check(what, holds):
    print("ok  " if holds else "FAIL", what)
    if not holds:
        raise SystemExit(1)


def try_all(client):
    models = [model.id for model in client.models.list()]
    check(f"{len(models)} clients are listed", "ray" in models)
    check("one is retrieved", client.models.retrieve("ray").owned_by == "pushback")

    whole = client.chat.completions.create(model="ray", messages=[FIRST], seed=7)
    text = whole.choices[0].message.content
    check(f"an answer: {text}", text and whole.choices[0].finish_reason == "stop")
    check("with its usage", whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens)

    options = {"include_usage": True}
    chunks = list(client.chat.completions.create(
        model="ray", messages=[FIRST], seed=7, stream=True, stream_options=options))
    said = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    check("the same, streamed", said == text and chunks[-1].usage == whole.usage)

    talk = [FIRST, {"role": "assistant", "content": text}, SECOND]
    on = client.chat.completions.create(model="ray", messages=talk, seed=7).choices[0].message.content
    check(f"the next turn: {on}", on and on != text)
    short = client.chat.completions.create(model="ray", messages=talk, seed=7, max_tokens=2).choices[0]
    check("cut to two words", short.finish_reason == "length" and len(short.message.content.split()) == 2)

    for what, kind, ask in [
        ("a client that there is not", openai.NotFoundError, {"model": "nobody", "messages": [FIRST]}),
        ("two answers at once", openai.BadRequestError, {"model": "ray", "messages": [FIRST], "n": 2}),
        ("the client's own words last", openai.BadRequestError, {"model": "ray", "messages": talk[:2]}),
    ]:
        try:
            client.chat.completions.create(**ask)
            check(f"{what} is refused", False)
        except kind as error:
            check(f"{what} is refused: {error.body['message']}", True)
    try:
        client.with_options(api_key="wrong").models.list()
        check("a wrong key is refused", False)
    except openai.AuthenticationError as error:
        check(f"a wrong key is refused: {error.body['message']}", True)


def main():
    with tempfile.TemporaryDirectory() as home:
        command = [sys.argv[1], "serve", "--api", "--port", "0", "--data", home]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as served:
            url, token = served.stdout.readline().strip().split("/#token=")
            try:
                try_all(openai.OpenAI(base_url=f"{url}/v1", api_key=token, max_retries=0))
            finally:
                served.kill()


main()
