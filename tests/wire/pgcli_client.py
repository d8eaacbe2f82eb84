"""pgcli: what its completion asks in the background, what it then offers, its own commands, and a query."""

import threading

from pgcli.completion_refresher import CompletionRefresher
from pgcli.packages.sqlcompletion import suggest_type
from pgcli.pgexecute import PGExecute
from pgspecial.main import PGSpecial
from prompt_toolkit.document import Document

import pgcli
from wire import HOST, PASSWORD, PORT, same

executor = PGExecute("ttt", "analyst", PASSWORD, HOST, PORT)
special = PGSpecial()


def refreshed():
    """The completer as pgcli makes it at its start."""
    made, ready = [], threading.Event()

    def done(completer):
        made.append(completer)
        ready.set()

    CompletionRefresher().refresh(executor, special, done, settings={"generate_casing_file": False})
    same(ready.wait(60), True, "completion is refreshed")
    return made[0]


completer = refreshed()


def offered(text):
    return {completion.text for completion in completer.get_completions(Document(text, len(text)), None)}


same({"silver", "gold"} <= offered("SELECT * FROM "), True, "schemas are offered")
same({"breaks", "break_totals"} <= offered("SELECT * FROM silver.b"), True, "tables are offered")
same({"break_id", "amount"} <= offered("SELECT * FROM silver.breaks b WHERE b."), True, "columns are offered")
same("ttt" in completer.databases, True, "databases are offered")


def run(statement):
    """Each result as its rows, headers and status."""
    found = []
    for _, rows, headers, status, _, success, _ in executor.run(statement, special):
        same(success, True, f"{statement}: {status}")
        found.append((list(rows or []), list(headers or []), str(status)))
    return found


same(run("SELECT 1 AS one; SELECT 'é' AS two"), [([(1,)], ["one"], "SELECT 1"), ([("é",)], ["two"], "SELECT 1")], "queries")
for command, part in [("\\dt silver.*", "breaks"), ("\\d silver.breaks", "amount"), ("\\d+ silver.breaks", "money at stake"),
                      ("\\dn", "gold"), ("\\l", "ttt"), ("\\dv gold.*", ""), ("\\du", ""), ("\\df", ""), ("\\dT", "")]:
    same(part in str(run(command)), True, command)
same("public" in executor.search_path(), True, "search path")
print("pgcli", pgcli.__version__)
