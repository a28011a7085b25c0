"""Runs a trial that comes whole through stdin, so that the interpreter need not see the files here: a line of JSON with the
texts of modules, the job and the sizes of its files, then the bytes of these, one file after the other."""

import json
import sys
import types

stdin = sys.stdin.buffer
message = json.loads(stdin.readline())
start = sys.modules["start"] = types.ModuleType("start")  # for `import start` in what follows
start.kind, start.job = message["kind"], message["job"]
start.files = {path: bytearray(stdin.read(size)) for path, size in message["files"]}
for name, text in message["modules"]:  # the last one runs the trial
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(text, name + ".py", "exec"), module.__dict__)
