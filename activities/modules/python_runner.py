"""Runs one function of one Python module of a project and writes what it returned to a file of its own.

Called by python-runner.ts as `python python_runner.py request.json`, in the project's folder. Works on Python 3.8 and later
with nothing but the standard library.
"""

import importlib
import json
import logging
import os
import signal
import sys
import traceback


class LineHandler(logging.Handler):
    """Marks each line with its level, so that the run's log keeps it."""

    def emit(self, record):
        try:
            for line in self.format(record).splitlines() or [""]:
                sys.stderr.write("\x1e%s\x1e%s\n" % (record.levelname, line))
        except Exception:
            self.handleError(record)


class Refused(Exception):
    """The module cannot be run; the message says why."""


def load(request):
    try:
        module = importlib.import_module(request["module"])
    except BaseException as error:
        traceback.print_exc()
        if isinstance(error, SystemExit):
            raise Refused("it ends Python while it is imported") from error
        raise Refused("it cannot be imported: %s" % describe(error, request["project_dir"])) from error
    place = getattr(module, "__file__", None)
    root = os.path.realpath(request["project_dir"]) + os.sep
    if place is None or not os.path.realpath(place).startswith(root):
        raise Refused("it lies outside the project")
    function = getattr(module, request["function"], None)
    if not callable(function):
        raise Refused('it has no function "%s"' % request["function"])
    return function


def describe(error, project_dir):
    if isinstance(error, (ImportError, SyntaxError)):
        return "%s: %s" % (type(error).__name__, error)
    return place(error, project_dir)


def place(error, project_dir):
    """Kind and place: what the exception says may quote a cell, and this travels through Temporal."""
    root = os.path.realpath(project_dir) + os.sep
    found = None
    for frame in traceback.extract_tb(error.__traceback__):
        path = os.path.realpath(frame.filename)
        if path.startswith(root):
            found = "%s:%d" % (path[len(root):], frame.lineno)
    name = type(error).__name__
    return "%s in %s" % (name, found) if found else name


def exit_call(code):
    """A text is printed, as Python does by itself, and does not travel: it may quote a cell."""
    if code is None or isinstance(code, int):
        return "sys.exit(%s)" % ("" if code is None else code)
    print(code, file=sys.stderr)
    return "sys.exit and a message, which is in the log,"


def is_false(value):
    # numpy's False is another object than Python's.
    return value is False or (type(value).__name__ in ("bool_", "bool") and not value)


def run(request):
    try:
        function = load(request)
    except Refused as error:
        return {"outcome": "refused", "message": str(error)}
    try:
        value = function(request["config"])
    except SystemExit as error:
        return {"outcome": "exited", "message": exit_call(error.code)}
    except MemoryError:
        traceback.print_exc()
        return {"outcome": "memory", "message": ""}
    except Exception as error:
        traceback.print_exc()
        return {"outcome": "failed", "message": place(error, request["project_dir"])}
    return {"outcome": "false" if is_false(value) else "ok", "message": ""}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    # TERM lets `finally` and `with` blocks tidy up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.path[0] = request["project_dir"]
    sys.argv = [request["module"]]
    root = logging.getLogger()
    root.addHandler(LineHandler())
    root.setLevel(logging.INFO)
    result = run(request)
    sys.stdout.flush()
    sys.stderr.flush()
    part = request["result"] + ".part"
    with open(part, "w", encoding="utf-8") as file:
        json.dump(result, file)
    os.replace(part, request["result"])


main()
