"""What the drivers of the Python frameworks share. A driver keeps one client of one framework open over one session and
lets the framework's own agent loop do what it is ordered, line by line: its model is a script that calls the ordered tool
and then says what it was answered. Nothing but what the framework shows its model reaches the test."""

import asyncio
import json
import os
import sys

URL, TOKEN = os.environ["LEEWAY_AGENT_URL"], os.environ["LEEWAY_AGENT_TOKEN"]
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
ANSWERS = os.fdopen(int(os.environ["ANSWERS_FD"]), "w")

# The names of the tools that the model was offered, last.
offered = []


def offer(names):
    offered[:] = sorted(names)


def ordered(text):
    """The tool and the arguments that a prompt orders."""
    order = json.loads(text[text.index('{"tool"'):text.rindex("}") + 1])
    return order["tool"], order["arguments"]


def text_of(value):
    """A message's content, in whatever parts a framework keeps it."""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        return "\n".join(text_of(part) for part in value)
    if isinstance(value, dict):
        return value["text"] if isinstance(value.get("text"), str) else json.dumps(value)
    return getattr(value, "text", None) or str(value)


def why(error):
    """An error with those it stands for."""
    inner = [why(one) for one in getattr(error, "exceptions", [])]
    cause = [why(error.__cause__)] if error.__cause__ else []
    return " | ".join([f"{type(error).__name__}: {error}", *inner, *cause])


def answer(**said):
    ANSWERS.write(json.dumps(said) + "\n")
    ANSWERS.flush()


async def serve(act):
    """Does what is ordered until nothing more is: `act` runs the agent on a prompt and returns what it says."""
    answer(ready=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        try:
            said = await act(line.strip())
        except Exception as error:
            answer(raised=why(error), offered=offered)
        else:
            answer(saw=text_of(said), offered=offered)


def serve_blocking(act):
    """The same for frameworks that know no `async`."""

    async def in_thread(prompt):
        return await asyncio.to_thread(act, prompt)

    asyncio.run(serve(in_thread))
