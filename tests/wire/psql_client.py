"""psql: its own commands, COPY to a file, watching, completion's queries, and how it ends."""

import os
import pty
import select
import subprocess
import sys
import tempfile
import time

from wire import HOST, PASSWORD, PORT, same, url

ENVIRONMENT = dict(os.environ, PGPASSWORD=PASSWORD, PGCONNECT_TIMEOUT="10")


def psql(user, *commands, expect=0):
    arguments = ["psql", "-X", "-h", HOST, "-p", str(PORT), "-U", user, "-d", "ttt", "-v", "ON_ERROR_STOP=1"]
    for command in commands:
        arguments += ["-c", command]
    ended = subprocess.run(arguments, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
    if (ended.returncode == 0) != (expect == 0):
        sys.exit(f"psql {commands}: {ended.returncode}\n{ended.stdout}\n{ended.stderr}")
    return ended.stdout + ended.stderr


def holds(text, *parts):
    for part in parts:
        if part not in text:
            sys.exit(f"{part!r} is not in\n{text}")


holds(psql("analyst", "\\dt silver.*"), "reconciliation", "breaks")
holds(psql("analyst", "\\d silver.breaks"), "break_id", "numeric", "date")
holds(psql("analyst", "\\d+ silver.breaks"), "money at stake", "break_id")
holds(psql("analyst", "\\dn"), "silver", "gold")
holds(psql("analyst", "\\l"), "ttt")
holds(psql("analyst", "\\conninfo"), "ttt")
for command in ("\\d", "\\dt", "\\dv", "\\di", "\\ds", "\\du", "\\df", "\\dT", "\\dx", "\\dp silver.breaks", "\\dd", "\\db", "\\do", "\\da", "\\dO"):
    psql("analyst", command)
holds(psql("analyst", "SELECT 1 AS one; SELECT 2 AS two"), "one", "two")
holds(psql("analyst", "SELECT current_user"), "analyst")
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "breaks.csv")
    psql("analyst", f"\\copy (SELECT class, amount FROM silver.breaks ORDER BY 1, 2) to '{path}' csv header")
    with open(path) as file:
        same(file.readline(), "class,amount\n", "the header of a copy")
        same(len(file.readlines()) > 0, True, "rows of a copy")
watching = subprocess.Popen(
    ["psql", "-X", "-h", HOST, "-p", str(PORT), "-U", "analyst", "-d", "ttt"],
    env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
)
try:
    watching.communicate("SELECT 7 AS seven\n\\watch 0.2\n", timeout=3)
    sys.exit("\\watch ended by itself")
except subprocess.TimeoutExpired:
    watching.kill()
    same(watching.communicate()[0].count("seven") > 1, True, "watched more than once")


def typed(text, *parts):
    """What a person sees who types into psql at a terminal, until all parts are there; tab is a key like others."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(ENVIRONMENT, TERM="dumb", PAGER="cat", INPUTRC="/dev/null")
        os.execvp("psql", ["psql", "-X", "-h", HOST, "-p", str(PORT), "-U", "analyst", "-d", "ttt", "-P", "pager=off"])
    seen, end, sent = b"", time.monotonic() + 30, False
    while time.monotonic() < end and not (sent and all(part in seen.decode(errors="replace") for part in parts)):
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                seen += os.read(terminal, 65536)
            except OSError:
                break
        if not sent and b"ttt=" in seen:
            os.write(terminal, text.encode())
            sent, seen = True, b""
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    os.close(terminal)
    holds(seen.decode(errors="replace"), *parts)


# Completed where one name is left, listed where there are several.
typed("SELECT count(*) FROM silver.recon\t;\n", "silver.reconciliation", "(1 row)")
typed("SELECT count(*) FROM silver.break_t\t;\n", "silver.break_totals", "(1 row)")
typed("\\d silver.break_\t\t", "break_events", "break_totals")
typed("SELECT * FROM silver.breaks WHERE amou\t", "amount")
typed("SET statement_tim\t", "statement_timeout")
holds(psql("analyst", "SELECT * FROM nowhere", expect=1), "relation \"nowhere\" does not exist")
holds(psql("analyst", "COPY (SELECT 1) TO '/tmp/x'", expect=1), "STDOUT")
ENVIRONMENT["PGPASSWORD"] = "wrong password"
holds(psql("analyst", "SELECT 1", expect=1), "password authentication failed for user \"analyst\"")
holds(psql("nobody", "SELECT 1", expect=1), "password authentication failed for user \"nobody\"")
print(subprocess.run(["psql", "--version"], capture_output=True, text=True).stdout.strip())
