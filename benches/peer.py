"""What the peers' processes share: which task to run, and what to say when it is done."""

import json
import os
import sys
import time


def run(arguments: list[str], tasks: tuple, version: str) -> None:
    """Runs `TASK key=value…` and prints one line of JSON.

    By now the interpreter has started and the library is imported: the moment and the processor time until
    here are printed too, so that the work alone can be told.
    """
    begin = {"ready": time.monotonic(), "startup_cpu_s": time.process_time(), "version": version}
    task = {task.__name__: task for task in tasks}[arguments[1]]
    result = task(**dict(argument.split("=", 1) for argument in arguments[2:]))
    print(json.dumps(begin | result), flush=True)
    # Ends without tearing down what the system frees anyway.
    sys.stdout.close()
    os._exit(0)
