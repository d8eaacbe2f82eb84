"""`ttt sql` at a terminal: what is typed, key by key, and what is to be seen.

    python prompt.py FOLDER PROGRAM ARGUMENT…

The folder holds the history that stays, and files to read.
"""

import os
import pty
import re
import select
import sys
import time

FOLDER, COMMAND = sys.argv[1], sys.argv[2:]
ENDED = b"ttt> "


class Prompt:
    def __init__(self):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm", XDG_STATE_HOME=FOLDER, COLUMNS="200")
            os.execv(COMMAND[0], COMMAND)
        self.seen = b""
        self.until(ENDED)

    def until(self, part, seconds=60):
        """Reads until something is to be seen; what came until then."""
        end = time.monotonic() + seconds
        while part not in self.seen:
            if time.monotonic() > end:
                sys.exit(f"{part!r} was not seen, but {self.seen.decode(errors='replace')}")
            if select.select([self.terminal], [], [], 0.1)[0]:
                self.seen += os.read(self.terminal, 65536)
        # What is typed next is answered after this.
        time.sleep(0.05)
        while select.select([self.terminal], [], [], 0.05)[0]:
            self.seen += os.read(self.terminal, 65536)
        seen, self.seen = self.seen, b""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode(errors="replace"))

    def type(self, keys, *parts):
        os.write(self.terminal, keys.encode())
        seen = ""
        for part in parts:
            if part not in seen:
                seen += self.until(part.encode())
        return seen

    def end(self):
        os.write(self.terminal, b"\x04")
        _, status = os.waitpid(self.pid, 0)
        os.close(self.terminal)
        if os.waitstatus_to_exitcode(status) != 0:
            sys.exit(f"it ended with {status}")


prompt = Prompt()
# Several lines are one query.
prompt.type("SELECT 6 *\r7 AS many\r;\r", "many", "42", "ttt> ")
prompt.type("\\d\r", "silver.breaks", "ttt> ")
prompt.type("\\d silver.breaks\r", "money at stake", "ttt> ")
# Tab goes on with a table, and with a column of a table that is named.
prompt.type("SELECT count(*) AS rows FROM silver.break_t\t;\r", "silver.break_totals", "rows", "ttt> ")
prompt.type("SELECT sum(clos\x1b[D\x1b[C", "sum(clos")
prompt.type("\x15\r", "ttt> ")
prompt.type("\\timing\r", "timing is on", "ttt> ")
prompt.type("SELECT 1;\r", " ms", "ttt> ")
prompt.type("\\format json\r", "ttt> ")
prompt.type("SELECT 'é' AS word;\r", '"word":"é"', "ttt> ")
prompt.type("\\format table\r", "ttt> ")
prompt.type("\\x\r", "expanded display is on", "ttt> ")
prompt.type("\\x\r", "expanded display is off", "ttt> ")
with open(os.path.join(FOLDER, "read.sql"), "w") as file:
    file.write("SELECT 'from a file' AS said;\nSELECT 2 AS two;\n")
prompt.type(f".read {FOLDER}/read.sql\r", "from a file", "two", "ttt> ")
prompt.type("\\plot SELECT 'bar ' || value AS word, value AS bar FROM generate_series(1, 3)\r", "█", "ttt> ")
# What was probably meant.
prompt.type("SELECT * FROM silver.brekas;\r", "silver.breaks", "ttt> ")
prompt.type("SELECT amuont FROM silver.breaks;\r", "amount", "ttt> ")
# Ctrl-C stops a query, and the prompt stays.
os.write(prompt.terminal, b"SELECT count(*) FROM generate_series(1, 100000000) a, generate_series(1, 100000000) b;\r")
time.sleep(1)
begin = time.monotonic()
prompt.type("\x03", "interrupted", "ttt> ")
if time.monotonic() - begin > 5:
    sys.exit("a query was not stopped in time")
prompt.type("SELECT 'the last one' AS said;\r", "the last one", "ttt> ")
prompt.end()

# The history is there the next time: the arrow up brings back what was asked last.
again = Prompt()
again.type("\x1b[A", "the last one")
again.type("\r", "said", "ttt> ")
again.end()
print("a prompt to live in")
