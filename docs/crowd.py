"""Twenty sessions at once, measured: python3 docs/crowd.py PUSHBACK [SESSIONS [REPLIES]]

Starts `pushback serve` with folders of its own, opens the sessions over HTTP, says the same lines in all of them at once, and
prints how long it took from sending a line to the end of the reply, and the most memory that the server held. Clients speak
without a pause, so this is the time of the program, not of their speech.
"""

import http.client
import json
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

LINES = [
    "You don't want to be here.",
    "What would you want from today?",
    "You got up at five and came anyway.",
    "It's up to you what we talk about.",
    "You need to stop drinking.",
    "That was pushy of me. You've heard enough of that.",
    "Part of you says it's just beer, and part of you isn't so sure.",
    "How has it been at home lately?",
    "You want people to see what you do right, too.",
    "What would have to happen for you to think about it?",
]


def call(port, token, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    headers = {"Authorization": f"Bearer {token}"}
    if body is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(body)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"{method} {path}: {answer.status} {text}")
    return text


def talk(port, token, session, replies, start, times):
    """One trainee: says a line, hears the reply to its end, says the next."""
    path = f"/api/sessions/{session['id']}"
    start.wait()
    for n in range(replies):
        begun = time.monotonic()
        said = {"text": LINES[n % len(LINES)], "head": session["head"], "key": f"{session['id']}-{n}"}
        session = json.loads(call(port, token, "POST", f"{path}/say", said))
        while session["speaking"]:
            # The stream ends with the reply.
            call(port, token, "GET", f"{path}/live")
            session = json.loads(call(port, token, "GET", path))
        if not session["turns"][-1]["reply"]:
            raise SystemExit(f"session {session['id']}: no reply {n + 1}")
        times.append(time.monotonic() - begun)
        if session["left"]:
            return


def peak_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1])


def measure(program, sessions, replies):
    with tempfile.TemporaryDirectory() as data:
        command = [program, "serve", "--port", "0", "--pace", "0", "--data", data]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
            try:
                port, token = re.search(r":(\d+)/#token=(\w+)", server.stdout.readline()).groups()
                port = int(port)
                idle = peak_kib(server.pid)
                clients = [client["id"] for client in json.loads(call(port, token, "GET", "/api/clients")) if client["main"]]
                begun = [
                    json.loads(call(port, token, "POST", "/api/sessions", {"persona": clients[n % len(clients)], "seed": n}))
                    for n in range(sessions)
                ]
                start, times = threading.Event(), []
                crowd = [threading.Thread(target=talk, args=(port, token, one, replies, start, times)) for one in begun]
                for one in crowd:
                    one.start()
                clock = time.monotonic()
                start.set()
                for one in crowd:
                    one.join()
                whole = time.monotonic() - clock
                peak = peak_kib(server.pid)
            finally:
                server.terminate()
    # A client may leave before all replies are given; none is lost without that.
    print(f"{sessions} sessions, {len(times)} replies in {whole:.1f} s")
    print(f"to the reply's end: median {statistics.median(times):.2f} s, "
          f"95th percentile {statistics.quantiles(times, n=20)[-1]:.2f} s, longest {max(times):.2f} s")
    print(f"peak memory: {peak / 1024:.0f} MiB ({idle / 1024:.0f} MiB after the start)")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    numbers = [int(number) for number in sys.argv[2:4]]
    measure(sys.argv[1], *numbers, *[20, 10][len(numbers):])
